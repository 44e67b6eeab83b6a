import type { DepthConfig } from "../config.ts";
import type { Tensor } from "../graph/tensor.ts";
import { depthNetwork } from "../networks/depth.ts";
import { abs, add, broadcastTo, cast, concat, div, greater, laplacian, mul, slice, sub, sum } from "../ops/index.ts";
import { pictureInput, plainTask } from "./task.ts";

/** Mean of values where `where` is 1. */
const meanWhere = (values: Tensor, where: Tensor): Tensor => div(sum(mul(values, where)), add(sum(where), 1e-6));

const grey = (map: Tensor): Tensor => broadcastTo(map, [map.shape[0], 3, ...map.shape.slice(2)]);

/**
 * Depth of the head where it is known (supervised): input picture, face depth and mask as in the paper's conditional
 * input; loss |d − target| on face and mask, |d − face depth| on the face (paper Eq. 7) and |Δd| over both (Eq. 8).
 */
export const depthTask = plainTask<DepthConfig>({
  fields: () => ({ image: "picture", face: "map", mask: "map", depth: "map" }),
  inputs: (config, count) => ({
    image: pictureInput("image", config, count, 3),
    face: pictureInput("face", config, count, 1),
    mask: pictureInput("mask", config, count, 1),
    depth: pictureInput("depth", config, count, 1),
  }),
  predict: ({ network }, v, { image, face, mask }) => ({
    depth: depthNetwork(v, concat([image, face, mask], 1), network),
  }),
  score: ({ losses }, { depth }, { face, mask, depth: target }) => {
    const onFace = cast(greater(face, 0));
    const head = add(mask, mul(onFace, sub(1, mask)));
    const error = meanWhere(abs(sub(depth, target)), head);
    const onFaceError = meanWhere(abs(sub(depth, face)), onFace);
    const inner = [2, 3].map((axis) => ({ axis, start: 1, end: head.shape[axis] - 1 }));
    const roughness = meanWhere(abs(laplacian(depth)), slice(head, ...inner));
    const loss = add(add(mul(error, losses.target), mul(onFaceError, losses.face)), mul(roughness, losses.smooth));
    return { loss, metrics: { error, face: onFaceError, roughness } };
  },
  show: (_config, { depth }, { image, mask, face, depth: target }) => [
    image,
    grey(target),
    grey(mul(depth, cast(greater(add(mask, face), 0)))),
  ],
});
