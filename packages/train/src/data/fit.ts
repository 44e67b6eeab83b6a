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
  NormalEquations,
  nearness,
  openNodeBundle,
  type Pose,
  type Quaternion,
  quaternion,
  rasterize,
  synthesizeShape,
  transformToCamera,
  vec3,
} from "cameo";
import { mirroredLabels, mirroredMap } from "./mirror.ts";
import { moved } from "./vary.ts";

/**
 * A portrait as the depth stage gets it: the head crop of a fit of the head model, which is never quite right. Its depth is
 * as large as the fit takes the head for; its truth is that of the portrait.
 */
export interface FittedPortrait extends PortraitSample {
  readonly fit: { readonly pose: Pose; readonly inputs: DepthInputs };
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

/**
 * Loads the head model, and what the depth network is told of a head in a picture: see the library's `depthInputs`.
 * @param models folder of the model bundle; the library's own unless given
 */
export async function openHeadModel(models?: string) {
  const model = await decodeMorphableModel(await (await openNodeBundle(models)).read("head"));
  const modelLabels = labelsOfRegions(model.regions);
  return {
    model,
    /** @param shape model space; @param camera of the picture of size × size pixels */
    inputs(shape: Float32Array, pose: Pose, camera: Camera, labels: Uint8Array, size: number): DepthInputs {
      const posed = transformToCamera(shape, pose);
      const raster = rasterize(posed, model.triangles, camera, { width: size, height: size });
      return depthInputs(raster, { data: labels }, modelLabels, pose.translation[2]);
    },
  };
}

/** Loads what portraits are fitted with. */
export async function openFitter(): Promise<Fitter> {
  const { model, inputs } = await openHeadModel();
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
    return {
      ...crop,
      depth: crop.depth.map((z) => misfit.scale * z),
      fit: { pose, inputs: inputs(shape, pose, crop.truth.camera, crop.labels, size) },
    };
  };
}

/** What a mirror shows of a fitted portrait; of its truth, only the camera is mirrored with it. */
export function mirrored(sample: FittedPortrait): FittedPortrait {
  const { size, image, labels, depth, truth, fit } = sample;
  const { fx, fy, cx, cy } = truth.camera;
  const { face, model, mask } = fit.inputs;
  const [x, y, z, w] = fit.pose.rotation;
  const [right, ...rest] = fit.pose.translation;
  const flipped = <T extends Uint8Array | Float32Array>(map: T) => mirroredMap(map, size);
  return {
    ...sample,
    image: flipped(image),
    labels: mirroredLabels(labels, size),
    depth: flipped(depth),
    truth: { ...truth, camera: { fx, fy, cx: size - cx, cy } },
    fit: {
      pose: { rotation: [x, -y, -z, w], translation: [-right, ...rest] },
      inputs: { face: flipped(face), model: flipped(model), mask: flipped(mask) },
    },
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
 * Nearness of what a portrait shows, plus the plane that brings the true face nearest to the fitted one: so hair and ears go
 * with the face that the head gets. 0 for background.
 */
export function fittedDepth({ size, depth, labels, fit }: FittedPortrait): Float32Array {
  const { face } = fit.inputs;
  const centre = fit.pose.translation[2];
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

/** The motion from the camera space of one pose to that of another: rotation, row-major, and translation (mm). */
export function motionBetween(from: Pose, to: Pose): Float32Array {
  // Rotations of camera space are those of model space with y and z the other way round.
  const m = quaternion.toMatrix(quaternion.multiply(to.rotation, quaternion.conjugate(from.rotation)));
  const rotation = m.map((value, i) => ((i % 3 === 0) === i < 3 ? value : -value));
  const moved = [0, 1, 2].map((row) =>
    from.translation.reduce((sum, value, column) => sum + rotation[3 * row + column] * value, 0),
  );
  return Float32Array.from([...rotation, ...to.translation.map((value, i) => value - moved[i])]);
}
