import type { Random } from "@cameo/synth";
import {
  type Camera,
  keepShortTriangles,
  Label,
  type Pose,
  pixelSpacing,
  quaternion,
  quaternionFromAngles,
  rasterize,
  transformToCamera,
  transformToModel,
  triangulateGrid,
} from "cameo";

/** A square picture with all that a turn of its head needs to know. */
export interface PosedPicture {
  readonly size: number;
  /** sRGB, interleaved, 8 bits. */
  readonly image: Uint8Array;
  /** One `Label` per pixel. */
  readonly labels: Uint8Array;
  /** Camera-space z, mm; 0 where it is not known. */
  readonly depth: Float32Array;
  readonly camera: Camera;
  readonly pose: Pose;
}

/** A coarse result of paper section 5.1. */
export interface CoarseView {
  /** sRGB, interleaved, 8 bits; 0 in the holes. */
  readonly image: Uint8Array;
  /** 1 where nothing is known, else 0. */
  readonly holes: Float32Array;
}

/** Turns, radians, and how wide a rim about the old head is taken for missing, pixels of 256. */
const limits = { yaw: Math.PI / 6, pitch: Math.PI / 12, roll: Math.PI / 20, rim: 2 };
/** Edges longer than this many pixels span a gap between layers. */
const LONGEST_EDGE = 20;

/**
 * The head of a picture turned at random about its centre, by its depth, over the rest of the picture, which stays as it
 * is: the unpaired pictures J of the paper.
 */
export function coarseView(picture: PosedPicture, random: Random): CoarseView {
  const { size, camera, pose, labels } = picture;
  const within = (limit: number) => random.range(-limit, limit);
  const turn = quaternionFromAngles({
    yaw: within(limits.yaw),
    pitch: within(limits.pitch),
    roll: within(limits.roll),
  });
  const rim = (random.uniform() * limits.rim * size) / 256;
  const mesh = triangulateGrid(
    { width: size, height: size, data: picture.depth },
    camera,
    labels.map((label) => (label === Label.background ? 0 : 1)),
  );
  const triangles = shortTriangles(mesh.positions, mesh.triangles, camera);
  const turned = { rotation: quaternion.multiply(turn, pose.rotation), translation: pose.translation };
  const positions = transformToCamera(transformToModel(mesh.positions, pose), turned);
  const raster = rasterize(positions, triangles, camera, { width: size, height: size });

  const holes = nearHead(labels, size, rim);
  const image = Uint8Array.from(picture.image);
  for (let p = 0, o = 0; p < holes.length; p++, o += 3) {
    const t = raster.triangle[p];
    if (t < 0) {
      if (holes[p] === 1) image.fill(0, o, o + 3);
      continue;
    }
    holes[p] = 0;
    const [wa, wb] = [raster.barycentrics[2 * p], raster.barycentrics[2 * p + 1]];
    const wc = 1 - wa - wb;
    const a = 3 * mesh.pixels[triangles[3 * t]];
    const b = 3 * mesh.pixels[triangles[3 * t + 1]];
    const c = 3 * mesh.pixels[triangles[3 * t + 2]];
    for (let k = 0; k < 3; k++)
      image[o + k] = Math.round(wa * picture.image[a + k] + wb * picture.image[b + k] + wc * picture.image[c + k]);
  }
  return { image, holes };
}

function shortTriangles(positions: Float32Array, triangles: Uint32Array, camera: Camera): Uint32Array {
  const kept = keepShortTriangles(positions, triangles, pixelSpacing(positions, camera), LONGEST_EDGE);
  const out = new Uint32Array(3 * kept.length);
  for (let i = 0; i < kept.length; i++) for (let k = 0; k < 3; k++) out[3 * i + k] = triangles[3 * kept[i] + k];
  return out;
}

/** 1 within a distance of pixels that show the head, else 0. */
function nearHead(labels: Uint8Array, size: number, distance: number): Float32Array {
  const near = new Float32Array(size * size);
  const reach = Math.floor(distance);
  for (let y = 0, i = 0; y < size; y++)
    for (let x = 0; x < size; x++, i++) {
      if (labels[i] === Label.background) continue;
      const [left, right] = [Math.max(0, x - reach), Math.min(size, x + reach + 1)];
      for (let v = Math.max(0, y - reach); v <= Math.min(size - 1, y + reach); v++)
        near.fill(1, v * size + left, v * size + right);
    }
  return near;
}
