import type { Camera } from "../../geometry/camera.ts";
import { NormalEquations } from "../../geometry/least-squares.ts";
import { levenbergMarquardt } from "../../geometry/levenberg-marquardt.ts";
import type { Pose } from "../../geometry/pose.ts";
import {
  conjugate,
  fromMatrix,
  fromRotationVector,
  identity as identityRotation,
  type Matrix3,
  multiply,
  normalize,
  type Quaternion,
  rotate,
  toMatrix,
} from "../../geometry/quaternion.ts";
import { huber } from "../../geometry/robust.ts";
import { smoothstep } from "../../geometry/smoothstep.ts";
import { add, cross, dot, normalize as normalizeVector, scale, subtract, type Vec3 } from "../../geometry/vec3.ts";
import type { LandmarkBasis } from "./landmark-basis.ts";

/** The geometry of one face: α and β of paper Eq. 1, the pose p, and the camera they hold for. */
export interface FaceFit {
  readonly camera: Camera;
  readonly pose: Pose;
  /** α, in standard deviations. */
  readonly identity: Float32Array;
  /** β, in standard deviations. */
  readonly expression: Float32Array;
  /** Root mean square distance between the dense landmarks and the model's, photo pixels. */
  readonly residual: number;
}

/** A face that another estimate says to expect. */
export interface ExpectedFace {
  readonly identity: Float32Array;
  readonly expression: Float32Array;
  /** How far its coefficients are off: their standard deviation. */
  readonly deviation: number;
  /** How the head is turned, and how far that is off about each axis: its standard deviation, radians. */
  readonly rotation?: Quaternion;
  readonly rotationDeviation?: number;
}

export interface FitOptions {
  /** What the face is like before the landmarks are seen: the mean face, with deviation 1, unless given. */
  readonly expected?: ExpectedFace;
  /** Focal length in pixels where it is known; else it is estimated. */
  readonly focal?: number;
  /** Expected distance from camera to head centre, mm, for an unknown focal length. The paper's camera stands 1 m away. */
  readonly distance?: number;
  /** Standard deviation of the natural logarithm of that distance. */
  readonly distanceDeviation?: number;
  /**
   * Standard deviation of a landmark, mm. Detectors err alike at neighbouring points, so 468 landmarks say less than as
   * many independent ones, and this is larger than the errors are.
   */
  readonly noise?: number;
  /** Steps with all unknowns, at most. */
  readonly iterations?: number;
}

export const FIT_DEFAULTS = { distance: 1000, distanceDeviation: 0.35, noise: 6, iterations: 8 } as const;

/** Unknowns before the modes: rotation vector (3), shift (2), logarithm of size, logarithm of distance at constant size. */
const POSE_UNKNOWNS = 7;
const SIZE = 5;
const DISTANCE = 6;

/** Steps of the pose alone, at most. */
const POSE_ITERATIONS = 10;

/** A landmark off by more than a deviation counts linearly. */
const robust = huber(1);

/**
 * Landmarks whose skin is seen at a cosine below the first hardly count, those above the second fully: where the skin
 * turns away, detectors guess, or put the point on the outline.
 */
const FACING = [-0.1, 0.5] as const;
/** Share of a landmark that does not face the camera at all. */
const HIDDEN = 0.02;

interface Problem {
  readonly basis: LandmarkBasis;
  /** The modes of the expected face, and the deviation from them. */
  readonly expected: Float64Array;
  readonly deviation: number;
  /** The expected turn; 0 for the weight of one that is not known. */
  readonly turn: Quaternion;
  readonly turnWeight: number;
  /** x, y per landmark, photo pixels. */
  readonly landmarks: Float32Array;
  /** How much each landmark counts, 0 … 1. */
  readonly weights: Float32Array;
  readonly cx: number;
  readonly cy: number;
  /** Standard deviation of a landmark, pixels. */
  readonly sigma: number;
  readonly focalKnown: boolean;
  readonly logDistance: number;
  readonly logDistanceDeviation: number;
}

interface State {
  readonly rotation: Quaternion;
  readonly translation: Vec3;
  readonly focal: number;
  /** Coefficients of the basis's modes. */
  readonly modes: Float64Array;
}

/**
 * Levenberg–Marquardt fit of pose, identity and expression (and, where unknown, focal length) to dense landmarks,
 * with a Gaussian prior on the coefficients: the model's own, or one about an estimate. The principal point is the centre of the picture.
 * What was tried for accuracy, and what it brought, is in docs/decisions/fit.md.
 *
 * @param landmarks x, y per landmark of the basis, photo pixels
 * @throws RangeError if there is not a pair of numbers for each landmark, or a focal length is not above 0
 * @throws Error if the landmarks are not finite, or lie on a line or in a point
 */
export function fitFace(
  basis: LandmarkBasis,
  landmarks: Float32Array,
  size: { readonly width: number; readonly height: number },
  options: FitOptions = {},
): FaceFit {
  const { expected, focal, distance, distanceDeviation, noise, iterations } = { ...FIT_DEFAULTS, ...options };
  if (landmarks.length !== 2 * basis.count)
    throw new RangeError(`fitFace: ${landmarks.length} numbers for ${basis.count} landmarks`);
  if (focal !== undefined && !(focal > 0 && focal < Infinity))
    throw new RangeError(`fitFace: the focal length must be above 0 pixels, not ${focal}`);
  if (!landmarks.every(Number.isFinite)) throw new Error("fitFace: the landmarks are not all finite");
  const centre = { cx: size.width / 2, cy: size.height / 2 };
  const before = coefficientsBefore(basis, expected);
  const modes = modesOf(basis, before);
  const { state: start, pixelsPerMillimetre } = initialState(basis, landmarks, centre, focal, distance, modes);
  const problem: Problem = {
    ...centre,
    basis,
    expected: modes,
    deviation: expected?.deviation ?? 1,
    turn: expected?.rotation ?? identityRotation,
    turnWeight: expected?.rotation ? 1 / (expected.rotationDeviation ?? 1) ** 2 : 0,
    landmarks,
    weights: basis.weights,
    sigma: noise * pixelsPerMillimetre,
    focalKnown: focal !== undefined,
    logDistance: Math.log(distance),
    logDistanceDeviation: distanceDeviation,
  };
  // The pose alone first: cheap, it tells which landmarks are seen, and the modes then start where their linearisation holds.
  const posed = minimize(problem, start, 0, POSE_ITERATIONS);
  const seen = { ...problem, weights: weightsSeen(basis, posed) };
  const state = minimize(seen, minimize(seen, posed, 0, POSE_ITERATIONS), basis.modeCount, iterations);
  const change = coefficientsOf(
    basis,
    state.modes.map((x, m) => x - modes[m]),
  );
  const coefficients = before.map((x, k) => x + change[k]);
  return {
    camera: { fx: state.focal, fy: state.focal, ...centre },
    pose: { rotation: state.rotation, translation: state.translation },
    identity: coefficients.slice(0, basis.identityCount),
    expression: coefficients.slice(basis.identityCount),
    residual: residual(seen, state),
  };
}

/** α and β of the expected face, one after the other. */
function coefficientsBefore(basis: LandmarkBasis, expected: ExpectedFace | undefined): Float32Array {
  const coefficients = new Float32Array(basis.identityCount + basis.expressionCount);
  if (expected) {
    coefficients.set(expected.identity);
    coefficients.set(expected.expression, basis.identityCount);
  }
  return coefficients;
}

/** The modes of α and β. */
const modesOf = ({ coefficients, modeCount }: LandmarkBasis, values: Float32Array): Float64Array =>
  Float64Array.from({ length: modeCount }, (_, m) =>
    values.reduce((sum, x, k) => sum + coefficients[k * modeCount + m] * x, 0),
  );

/** α and β, from the modes. */
const coefficientsOf = ({ coefficients, modeCount }: LandmarkBasis, modes: Float64Array): Float32Array =>
  Float32Array.from({ length: coefficients.length / modeCount }, (_, k) =>
    modes.reduce((sum, x, m) => sum + coefficients[k * modeCount + m] * x, 0),
  );

/** The weights of the landmarks on the mean face in the given pose: less where the skin turns away from the camera. */
function weightsSeen({ mean, normals, weights }: LandmarkBasis, { rotation, translation }: State): Float32Array {
  const [tx, ty, tz] = translation;
  // The camera is at −F · translation in the axes of the turned head, F = diag(1, −1, −1).
  const [x, y, z] = rotate(conjugate(rotation), [-tx, ty, tz]);
  return weights.map((weight, i) => {
    const view: Vec3 = [x - mean[3 * i], y - mean[3 * i + 1], z - mean[3 * i + 2]];
    const facing = dot([normals[3 * i], normals[3 * i + 1], normals[3 * i + 2]], normalizeVector(view));
    return weight * (HIDDEN + (1 - HIDDEN) * smoothstep(...FACING, facing));
  });
}

/** Two directions further from a right angle than this cosine are no rows of a rotation. */
const SKEW = 0.99;

/** Weak perspective by least squares on the mean landmarks, then the translation that shows it at the given distance. */
function initialState(
  basis: LandmarkBasis,
  landmarks: Float32Array,
  { cx, cy }: { cx: number; cy: number },
  focal: number | undefined,
  distance: number,
  modes: Float64Array,
): { state: State; pixelsPerMillimetre: number } {
  const u = new NormalEquations(4);
  const v = new NormalEquations(4);
  const row = new Float64Array(4);
  row[3] = 1;
  for (let i = 0; i < basis.count; i++) {
    row.set(basis.mean.subarray(3 * i, 3 * i + 3));
    u.addRow(row, landmarks[2 * i], basis.weights[i]);
    v.addRow(row, landmarks[2 * i + 1], basis.weights[i]);
  }
  const [ax, ay, az, a] = u.solve();
  const [bx, by, bz, b] = v.solve();
  // u ∝ R₀·X and v ∝ −R₁·X, as camera y points down.
  const right = normalizeVector([ax, ay, az]);
  const up = normalizeVector([-bx, -by, -bz]);
  const pixelsPerMillimetre = (Math.hypot(ax, ay, az) + Math.hypot(bx, by, bz)) / 2;
  if (!(pixelsPerMillimetre > 1e-6 && Math.abs(dot(right, up)) < SKEW))
    throw new Error("fitFace: the landmarks lie on a line or in a point");
  const tz = focal === undefined ? distance : focal / pixelsPerMillimetre;
  const state = {
    rotation: rotationFromRows(right, up),
    translation: [(a - cx) / pixelsPerMillimetre, (b - cy) / pixelsPerMillimetre, tz] as const,
    focal: focal ?? pixelsPerMillimetre * tz,
    modes,
  };
  return { state, pixelsPerMillimetre };
}

/** The rotation whose first two rows are as close as possible to two unit vectors that are not parallel. */
function rotationFromRows(a: Vec3, b: Vec3): Quaternion {
  // The bisectors of two unit vectors are orthogonal, and the nearest orthogonal pair lies 45° to their sides.
  const p = normalizeVector(add(a, b));
  const q = normalizeVector(subtract(a, b));
  const r0 = scale(add(p, q), Math.SQRT1_2);
  const r1 = scale(subtract(p, q), Math.SQRT1_2);
  return fromMatrix([...r0, ...r1, ...cross(r0, r1)] as unknown as Matrix3);
}

/** {@link levenbergMarquardt} over the pose and the first `used` modes. */
const minimize = (problem: Problem, start: State, used: number, iterations: number): State =>
  levenbergMarquardt(
    {
      unknowns: POSE_UNKNOWNS + used,
      cost: (state: State) => costOf(problem, state),
      linearize: (state: State, equations) => linearize(problem, state, used, equations),
      move: (state: State, step) => moved(problem, state, step),
    },
    start,
    { iterations, damping: 1e-4, tolerance: 1e-4 },
  ).state;

/** The state after a step of the unknowns. */
function moved({ focalKnown }: Problem, state: State, step: Float64Array): State {
  const modes = state.modes.slice();
  for (let k = POSE_UNKNOWNS; k < step.length; k++) modes[k - POSE_UNKNOWNS] += step[k];
  const size = Math.exp(step[SIZE]);
  const distance = Math.exp(step[DISTANCE]);
  const [tx, ty, tz] = state.translation;
  return {
    rotation: normalize(multiply(fromRotationVector([step[0], step[1], step[2]]), state.rotation)),
    translation: focalKnown ? [tx + step[3], ty + step[4], tz / size] : [tx + step[3], ty + step[4], tz * distance],
    focal: focalKnown ? state.focal : state.focal * size * distance,
    modes,
  };
}

/** Where the landmarks of a state are: turned but not yet moved, in mm, and in the picture. */
function predict({ basis, cx, cy }: Problem, { rotation, translation, focal, modes }: State) {
  const m = toMatrix(rotation);
  const [tx, ty, tz] = translation;
  const columns = modes.length;
  const rotated = new Float64Array(3 * basis.count);
  const pixels = new Float64Array(2 * basis.count);
  for (let i = 0; i < basis.count; i++) {
    let x = basis.mean[3 * i];
    let y = basis.mean[3 * i + 1];
    let z = basis.mean[3 * i + 2];
    const row = 3 * i * columns;
    for (let k = 0; k < columns; k++) {
      const c = modes[k];
      x += basis.modes[row + k] * c;
      y += basis.modes[row + columns + k] * c;
      z += basis.modes[row + 2 * columns + k] * c;
    }
    const px = m[0] * x + m[1] * y + m[2] * z;
    const py = m[3] * x + m[4] * y + m[5] * z;
    const pz = m[6] * x + m[7] * y + m[8] * z;
    rotated[3 * i] = px;
    rotated[3 * i + 1] = py;
    rotated[3 * i + 2] = pz;
    const w = focal / (tz - pz);
    pixels[2 * i] = (px + tx) * w + cx;
    pixels[2 * i + 1] = (ty - py) * w + cy;
  }
  return { rotated, pixels };
}

/** Half the squared, Huber-capped residuals plus the priors: what {@link minimize} makes small. */
function costOf(problem: Problem, state: State): number {
  const { landmarks, weights, sigma } = problem;
  if (!(state.translation[2] > 0)) return Number.POSITIVE_INFINITY;
  const { pixels } = predict(problem, state);
  let cost = 0;
  for (let i = 0; i < weights.length; i++) {
    const r = Math.hypot(landmarks[2 * i] - pixels[2 * i], landmarks[2 * i + 1] - pixels[2 * i + 1]) / sigma;
    cost += weights[i] * robust.loss(r);
  }
  const { expected, deviation } = problem;
  for (let k = 0; k < expected.length; k++) cost += ((state.modes[k] - expected[k]) / deviation) ** 2 / 2;
  for (const angle of turnedFrom(problem, state)) cost += (problem.turnWeight * angle ** 2) / 2;
  if (!problem.focalKnown) {
    const { logDistance, logDistanceDeviation } = problem;
    cost += ((logDistance - Math.log(state.translation[2])) / logDistanceDeviation) ** 2 / 2;
  }
  return cost;
}

/** The linearised problem at `state`: two rows per landmark, one per prior. Only the first `used` modes move. */
function linearize(problem: Problem, state: State, used: number, equations: NormalEquations): void {
  const { basis, landmarks, weights, sigma, cx, cy, focalKnown } = problem;
  const columns = state.modes.length;
  const { rotated, pixels } = predict(problem, state);
  const m = toMatrix(state.rotation);
  const [, , tz] = state.translation;
  const u = new Float64Array(POSE_UNKNOWNS + used);
  const v = new Float64Array(POSE_UNKNOWNS + used);
  for (let i = 0; i < basis.count; i++) {
    const px = rotated[3 * i];
    const py = rotated[3 * i + 1];
    const pz = rotated[3 * i + 2];
    const w = state.focal / (tz - pz);
    // The pixel moves by (w, 0), (0, w) and (gu, gv) as the camera-space point moves by 1 mm along x, y and z.
    const du = pixels[2 * i] - cx;
    const dv = pixels[2 * i + 1] - cy;
    const gu = -du / (tz - pz);
    const gv = -dv / (tz - pz);
    u[0] = -gu * py;
    u[1] = w * pz + gu * px;
    u[2] = -w * py;
    u[3] = w;
    u[4] = 0;
    v[0] = w * pz - gv * py;
    v[1] = gv * px;
    v[2] = -w * px;
    v[3] = 0;
    v[4] = w;
    u[SIZE] = focalKnown ? -gu * tz : du;
    v[SIZE] = focalKnown ? -gv * tz : dv;
    u[DISTANCE] = focalKnown ? 0 : gu * tz + du;
    v[DISTANCE] = focalKnown ? 0 : gv * tz + dv;
    const row = 3 * i * columns;
    // Rows of (w, 0, gu) · F · R and (0, w, gv) · F · R, with F = diag(1, −1, −1).
    const ux = w * m[0] - gu * m[6];
    const uy = w * m[1] - gu * m[7];
    const uz = w * m[2] - gu * m[8];
    const vx = -w * m[3] - gv * m[6];
    const vy = -w * m[4] - gv * m[7];
    const vz = -w * m[5] - gv * m[8];
    for (let k = 0; k < used; k++) {
      const bx = basis.modes[row + k];
      const by = basis.modes[row + columns + k];
      const bz = basis.modes[row + 2 * columns + k];
      u[POSE_UNKNOWNS + k] = ux * bx + uy * by + uz * bz;
      v[POSE_UNKNOWNS + k] = vx * bx + vy * by + vz * bz;
    }
    const ru = landmarks[2 * i] - pixels[2 * i];
    const rv = landmarks[2 * i + 1] - pixels[2 * i + 1];
    const r = Math.hypot(ru, rv) / sigma;
    const weight = (weights[i] * robust.weight(r)) / sigma ** 2;
    equations.addRow(u, ru, weight);
    equations.addRow(v, rv, weight);
  }
  const { expected, deviation, logDistance, logDistanceDeviation } = problem;
  for (const [axis, angle] of turnedFrom(problem, state).entries())
    equations.addDiagonal(axis, -angle, problem.turnWeight);
  for (let k = 0; k < used; k++)
    equations.addDiagonal(POSE_UNKNOWNS + k, expected[k] - state.modes[k], 1 / deviation ** 2);
  equations.addDiagonal(DISTANCE, focalKnown ? 0 : logDistance - Math.log(tz), 1 / logDistanceDeviation ** 2);
}

/** How far a state is turned from what is expected, about each axis; radians, for small angles. */
function turnedFrom({ turn }: Problem, { rotation }: State): Vec3 {
  const [x, y, z, w] = multiply(rotation, conjugate(turn));
  const twice = w < 0 ? -2 : 2;
  return [twice * x, twice * y, twice * z];
}

/** Root mean square landmark distance, pixels. */
function residual(problem: Problem, state: State): number {
  const { pixels } = predict(problem, state);
  let sum = 0;
  for (let i = 0; i < pixels.length; i++) sum += (problem.landmarks[i] - pixels[i]) ** 2;
  return Math.sqrt((2 * sum) / pixels.length);
}
