import type { Tensor } from "../graph/tensor.ts";
import { abs, add, cast, greater, imageGradient, laplacian, mul, relu, slice, sub } from "../ops/index.ts";
import { distanceOver, meanOver } from "./region.ts";

// Depths d are nearness (see the library's `nearness`), in decimetres and larger where nearer; maps are [n, 1, h, w].

/**
 * Colour constancy (Eq. 4, one direction): ∫ |I′ − I|₁ over the warped region.
 * @param warped I′, and @param picture I, sRGB-encoded in [0, 1], [n, 3, h, w]
 * @param seen 1 where I′ is known
 */
export const colourError = (warped: Tensor, picture: Tensor, seen: Tensor): Tensor =>
  distanceOver(warped, picture, seen);

/** Gradient discrepancy (Eq. 5, one direction): ∫ |∇I′ − ∇I|₁ over the warped region, of pixels whose neighbours are in it. */
export function gradientError(warped: Tensor, picture: Tensor, seen: Tensor): Tensor {
  const [a, b] = [imageGradient(warped), imageGradient(picture)];
  const { horizontal, vertical } = neighbours(seen);
  return add(distanceOver(a.horizontal, b.horizontal, horizontal), distanceOver(a.vertical, b.vertical, vertical));
}

/**
 * Roughness (Eq. 6 and 8): ∫ |Δd| over the pixels of a region whose four neighbours are in it.
 * @param region 𝓗 for Eq. 6, 𝓢 for Eq. 8
 */
export function roughness(depth: Tensor, region: Tensor): Tensor {
  // The Laplacian of a region is −k at a pixel that lacks k neighbours.
  const [h, w] = region.shape.slice(2);
  const middle = slice(region, { axis: 2, start: 1, end: h - 1 }, { axis: 3, start: 1, end: w - 1 });
  const inner = mul(middle, cast(greater(laplacian(region), -0.5)));
  return meanOver(abs(laplacian(depth)), inner);
}

/**
 * Face depth as target (Eq. 7): ∫ |d − d^f| over 𝓕 − 𝓢ʰ ∩ 𝓕.
 * @param face d^f, 0 beside 𝓕
 * @param hair 𝓢ʰ
 */
export const faceDepthError = (depth: Tensor, face: Tensor, hair: Tensor): Tensor =>
  meanOver(abs(sub(depth, face)), mul(cast(greater(face, 0)), sub(1, hair)));

/** Layer order (Eq. 9): how far hair lies behind the face that it covers, ∫ max(0, d^f − d) over 𝓢ʰ ∩ 𝓕 in terms of nearness. */
export const layerOrderError = (depth: Tensor, face: Tensor, hair: Tensor): Tensor =>
  meanOver(relu(sub(face, depth)), mul(cast(greater(face, 0)), hair));

/**
 * Distance from depth that is known, where there is any: ∫ |d − d*| over a region. Not in the paper.
 * @param truth d*, 0 where it is not known
 */
export const targetError = (depth: Tensor, truth: Tensor, region: Tensor): Tensor =>
  distanceOver(depth, truth, mul(region, cast(greater(truth, 0))));

/** Steps between neighbouring pixels of known depth that are larger than this, dm, are those between layers. */
const layerStep = 0.15;

/** Difference of slopes from those of known depth within layers: ∫ |∇d − ∇d*| over a region. Not in the paper. */
export function slopeError(depth: Tensor, truth: Tensor, region: Tensor): Tensor {
  const [a, b] = [imageGradient(depth), imageGradient(truth)];
  const { horizontal, vertical } = neighbours(mul(region, cast(greater(truth, 0))));
  const within = (steps: Tensor) => cast(greater(layerStep, abs(steps)));
  return add(
    distanceOver(a.horizontal, b.horizontal, mul(horizontal, within(b.horizontal))),
    distanceOver(a.vertical, b.vertical, mul(vertical, within(b.vertical))),
  );
}

/** 1 where a pixel and the next one to the right, or below, are in a region. */
function neighbours(region: Tensor): { readonly horizontal: Tensor; readonly vertical: Tensor } {
  const both = (axis: number) =>
    mul(slice(region, { axis, start: 1 }), slice(region, { axis, end: region.shape.at(axis)! - 1 }));
  return { horizontal: both(-1), vertical: both(-2) };
}
