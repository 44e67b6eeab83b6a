import type { PortraitSample, Random } from "@cameo/synth";
import {
  type Camera,
  type DepthInputs,
  decodeMorphableModel,
  depthInputs,
  FACE_MIDDLE,
  frameToPhoto,
  headFrame,
  Label,
  labelsOfRegions,
  nearness,
  NormalEquations,
  openNodeBundle,
  type Pose,
  type Quaternion,
  quaternion,
  rasterize,
  synthesizeShape,
  transformToCamera,
  vec3,
} from "cameo";
import { moved } from "./vary.ts";

/** A portrait as the depth stage gets it: the head crop of a fit of the head model, which is never quite right. */
export interface FittedPortrait {
  /** The crop. Its depth is that of the fit's world, see {@link Misfit}. */
  readonly portrait: PortraitSample;
  readonly camera: Camera;
  readonly pose: Pose;
  readonly inputs: DepthInputs;
  /** {@link nearness} of what is seen, tilted so that the face lies where the fit has it; 0 for background. */
  readonly depth: Float32Array;
}

/** How a fit is wrong: the same for all pictures of a subject. */
export interface Misfit {
  /** A turn of the head about the middle of the face. */
  readonly turn: Quaternion;
  /** The fit takes the head, and its distance, for so many times what they are: no picture tells. */
  readonly scale: number;
  /** Of the coefficients, in standard deviations, and what is left of their true values. */
  readonly identity: readonly number[];
  readonly expression: readonly number[];
  readonly kept: { readonly identity: number; readonly expression: number };
}

/** Standard deviations: of the turn about each axis (radians), of the scale's logarithm, of coefficients. */
const errors = { turn: (2 * Math.PI) / 180, scale: 0.03, identity: 0.3, expression: 0.15 };

/** Draws an error of a fit. */
export function sampleMisfit(random: Random): Misfit {
  const angle = () => errors.turn * random.normal();
  return {
    turn: quaternion.fromRotationVector([angle(), angle(), angle()]),
    scale: Math.exp(errors.scale * random.normal()),
    kept: { identity: random.range(0.5, 1), expression: random.range(0.7, 1) },
    identity: Array.from({ length: 80 }, () => errors.identity * random.normal()),
    expression: Array.from({ length: 64 }, () => errors.expression * random.normal()),
  };
}

export type Fitter = (portrait: PortraitSample, size: number, misfit: Misfit) => FittedPortrait;

/** Loads the head model. */
export async function openFitter(): Promise<Fitter> {
  const model = await decodeMorphableModel(await (await openNodeBundle()).read("head"));
  const modelLabels = labelsOfRegions(model.regions);
  const shape = new Float32Array(3 * model.vertexCount);
  return (made, size, misfit) => {
    const { truth } = made;
    const wrong = (values: readonly number[], kept: number, noise: readonly number[]) =>
      values.map((value, k) => kept * value + noise[k]);
    synthesizeShape(
      model,
      wrong(truth.identity, misfit.kept.identity, misfit.identity),
      wrong(truth.expression, misfit.kept.expression, misfit.expression),
      shape,
    );
    const pose = scaled(turned(truth.pose, misfit.turn), misfit.scale);
    for (let i = 0; i < shape.length; i++) shape[i] *= misfit.scale;
    const crop = moved(made, size, frameToPhoto(headFrame(truth.camera, pose, size), size));
    const portrait = { ...crop, depth: crop.depth.map((z) => misfit.scale * z) };
    const { camera } = portrait.truth;
    const raster = rasterize(transformToCamera(shape, pose), model.triangles, camera, { width: size, height: size });
    const inputs = depthInputs(raster, { data: portrait.labels }, modelLabels, pose.translation[2]);
    return { portrait, camera, pose, inputs, depth: tilted(portrait, inputs.face, pose.translation[2]) };
  };
}

/** The pose of a head that is turned about the middle of its face first. */
function turned({ rotation, translation }: Pose, turn: Quaternion): Pose {
  const shift = vec3.subtract(FACE_MIDDLE, quaternion.rotate(turn, FACE_MIDDLE));
  const [x, y, z] = quaternion.rotate(rotation, shift);
  return { rotation: quaternion.multiply(rotation, turn), translation: vec3.add(translation, [x, -y, -z]) };
}

const scaled = ({ rotation, translation: [x, y, z] }: Pose, scale: number): Pose => ({
  rotation,
  translation: [scale * x, scale * y, scale * z],
});

/** Fewer pixels of bare face than this share of the picture say nothing about a tilt. */
const leastFace = 0.004;

/**
 * Nearness of what a portrait shows, plus the plane that brings the true face nearest to the fitted one: hair and ears then
 * go with the face that the head gets.
 */
function tilted({ size, depth, labels }: PortraitSample, face: Float32Array, centre: number): Float32Array {
  const near = depth.map((z) => (z > 0 ? nearness(z, centre) : 0));
  const equations = new NormalEquations(3);
  const row: [number, number, number] = [0, 0, 1];
  const at = (p: number) => {
    row[0] = (p % size) / size - 0.5;
    row[1] = Math.floor(p / size) / size - 0.5;
    return row;
  };
  let seen = 0;
  for (let p = 0; p < near.length; p++) {
    if (labels[p] !== Label.face || face[p] === 0 || near[p] === 0) continue;
    equations.addRow(at(p), face[p] - near[p]);
    seen++;
  }
  if (seen < leastFace * near.length) return near;
  const [a, b, c] = equations.solve();
  return near.map((n, p) => {
    if (n === 0) return 0;
    const [u, v] = at(p);
    return Math.max(1e-3, n + a * u + b * v + c);
  });
}
