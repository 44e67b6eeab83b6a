import type { Camera } from "../../geometry/camera.ts";
import { NormalEquations } from "../../geometry/least-squares.ts";
import { levenbergMarquardt } from "../../geometry/levenberg-marquardt.ts";
import type { Pose } from "../../geometry/pose.ts";
import {
  fromMatrix,
  fromRotationVector,
  type Matrix3,
  multiply,
  normalize,
  type Quaternion,
  toMatrix,
} from "../../geometry/quaternion.ts";
import { huber } from "../../geometry/robust.ts";
import { add, cross, normalize as normalizeVector, scale, subtract, type Vec3 } from "../../geometry/vec3.ts";
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

export interface FitOptions {
  /** Focal length in pixels where it is known; else it is estimated. */
  readonly focal?: number;
  /** Expected distance from camera to head centre, mm, for an unknown focal length. The paper's camera stands 1 m away. */
  readonly distance?: number;
  /** Standard deviation of the natural logarithm of that distance. */
  readonly distanceDeviation?: number;
  /** Standard deviation of a landmark, as a fraction of the landmarks' spread in the picture. */
  readonly noise?: number;
  /** Steps with all unknowns. */
  readonly iterations?: number;
}

export const FIT_DEFAULTS = { distance: 1000, distanceDeviation: 0.35, noise: 0.05, iterations: 8 } as const;

/** Unknowns before the coefficients: rotation vector (3), shift (2), logarithm of size, logarithm of distance at constant size. */
const POSE_UNKNOWNS = 7;
const SIZE = 5;
const DISTANCE = 6;

/** A landmark off by more than two deviations counts linearly. */
const robust = huber(2);

interface Problem {
  readonly basis: LandmarkBasis;
  /** x, y per landmark, photo pixels. */
  readonly landmarks: Float32Array;
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
  /** α then β. */
  readonly coefficients: Float32Array;
}

/**
 * Levenberg–Marquardt fit of pose, identity and expression (and, where unknown, focal length) to dense landmarks,
 * with the model's own Gaussian prior on the coefficients. The principal point is the centre of the picture.
 *
 * @param landmarks x, y per landmark of the basis, photo pixels
 */
export function fitFace(
  basis: LandmarkBasis,
  landmarks: Float32Array,
  size: { readonly width: number; readonly height: number },
  options: FitOptions = {},
): FaceFit {
  const { distance, distanceDeviation, noise, iterations } = { ...FIT_DEFAULTS, ...options };
  const problem: Problem = {
    basis,
    landmarks,
    cx: size.width / 2,
    cy: size.height / 2,
    sigma: noise * spread(landmarks),
    focalKnown: options.focal !== undefined,
    logDistance: Math.log(distance),
    logDistanceDeviation: distanceDeviation,
  };
  const count = basis.identityCount + basis.expressionCount;
  // The pose alone first: cheap, and the coefficients then start where their linearisation holds.
  const posed = minimize(problem, initialState(problem, options.focal, distance), 0, 10);
  const { rotation, translation, focal, coefficients } = minimize(problem, posed, count, iterations);
  return {
    camera: { fx: focal, fy: focal, cx: problem.cx, cy: problem.cy },
    pose: { rotation, translation },
    identity: coefficients.slice(0, basis.identityCount),
    expression: coefficients.slice(basis.identityCount),
    residual: residual(problem, { rotation, translation, focal, coefficients }),
  };
}

/** Root mean square distance of the landmarks from their centre, pixels. */
function spread(landmarks: Float32Array): number {
  const n = landmarks.length / 2;
  let mx = 0;
  let my = 0;
  for (let i = 0; i < landmarks.length; i += 2) {
    mx += landmarks[i] / n;
    my += landmarks[i + 1] / n;
  }
  let sum = 0;
  for (let i = 0; i < landmarks.length; i += 2) sum += (landmarks[i] - mx) ** 2 + (landmarks[i + 1] - my) ** 2;
  return Math.sqrt(sum / n);
}

/** Weak perspective by least squares on the mean landmarks, then the translation that shows it at the given distance. */
function initialState(problem: Problem, focal: number | undefined, distance: number): State {
  const { basis, landmarks, cx, cy } = problem;
  const u = new NormalEquations(4);
  const v = new NormalEquations(4);
  const row = new Float64Array(4);
  row[3] = 1;
  for (let i = 0; i < basis.count; i++) {
    row.set(basis.mean.subarray(3 * i, 3 * i + 3));
    u.addRow(row, landmarks[2 * i], basis.weights[i]);
    v.addRow(row, landmarks[2 * i + 1], basis.weights[i]);
  }
  const a = u.solve();
  const b = v.solve();
  const pixelsPerMillimetre = (Math.hypot(a[0], a[1], a[2]) + Math.hypot(b[0], b[1], b[2])) / 2;
  const tz = focal === undefined ? distance : focal / pixelsPerMillimetre;
  return {
    // u ∝ R₀·X and v ∝ −R₁·X, as camera y points down.
    rotation: rotationFromRows([a[0], a[1], a[2]], [-b[0], -b[1], -b[2]]),
    translation: [(a[3] - cx) / pixelsPerMillimetre, (b[3] - cy) / pixelsPerMillimetre, tz],
    focal: focal ?? pixelsPerMillimetre * tz,
    coefficients: new Float32Array(basis.identityCount + basis.expressionCount),
  };
}

/** The rotation whose first two rows are as close as possible to two nearly orthogonal directions. */
function rotationFromRows(a: Vec3, b: Vec3): Quaternion {
  const ua = normalizeVector(a);
  const ub = normalizeVector(b);
  // The bisectors of two unit vectors are orthogonal, and the nearest orthogonal pair lies 45° to their sides.
  const p = normalizeVector(add(ua, ub));
  const q = normalizeVector(subtract(ua, ub));
  const r0 = scale(add(p, q), Math.SQRT1_2);
  const r1 = scale(subtract(p, q), Math.SQRT1_2);
  return fromMatrix([...r0, ...r1, ...cross(r0, r1)] as unknown as Matrix3);
}

/** {@link levenbergMarquardt} over the pose and the first `used` coefficients. */
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
  const coefficients = state.coefficients.slice();
  for (let k = POSE_UNKNOWNS; k < step.length; k++) coefficients[k - POSE_UNKNOWNS] += step[k];
  const size = Math.exp(step[SIZE]);
  const distance = Math.exp(step[DISTANCE]);
  const [tx, ty, tz] = state.translation;
  return {
    rotation: normalize(multiply(fromRotationVector([step[0], step[1], step[2]]), state.rotation)),
    translation: focalKnown ? [tx + step[3], ty + step[4], tz / size] : [tx + step[3], ty + step[4], tz * distance],
    focal: focalKnown ? state.focal : state.focal * size * distance,
    coefficients,
  };
}

/** Where the landmarks of a state are: model space (rotated, before translation) and its three pose factors. */
function predict({ basis, cx, cy }: Problem, { rotation, translation, focal, coefficients }: State, used: number) {
  const m = toMatrix(rotation);
  const [tx, ty, tz] = translation;
  const columns = coefficients.length;
  const rotated = new Float64Array(3 * basis.count);
  const pixels = new Float64Array(2 * basis.count);
  for (let i = 0; i < basis.count; i++) {
    let x = basis.mean[3 * i];
    let y = basis.mean[3 * i + 1];
    let z = basis.mean[3 * i + 2];
    const row = 3 * i * columns;
    for (let k = 0; k < used; k++) {
      const c = coefficients[k];
      x += basis.basis[row + k] * c;
      y += basis.basis[row + columns + k] * c;
      z += basis.basis[row + 2 * columns + k] * c;
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
  const { basis, landmarks, sigma } = problem;
  if (!(state.translation[2] > 0)) return Number.POSITIVE_INFINITY;
  const { pixels } = predict(problem, state, state.coefficients.length);
  let cost = 0;
  for (let i = 0; i < basis.count; i++) {
    const r = Math.hypot(landmarks[2 * i] - pixels[2 * i], landmarks[2 * i + 1] - pixels[2 * i + 1]) / sigma;
    cost += basis.weights[i] * robust.loss(r);
  }
  for (const c of state.coefficients) cost += (c * c) / 2;
  if (!problem.focalKnown) {
    const { logDistance, logDistanceDeviation } = problem;
    cost += ((logDistance - Math.log(state.translation[2])) / logDistanceDeviation) ** 2 / 2;
  }
  return cost;
}

/** The linearised problem at `state`: two rows per landmark, one per prior. Only the first `used` coefficients move. */
function linearize(problem: Problem, state: State, used: number, equations: NormalEquations): void {
  const { basis, landmarks, sigma, cx, cy, focalKnown } = problem;
  const columns = state.coefficients.length;
  const { rotated, pixels } = predict(problem, state, columns);
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
      const bx = basis.basis[row + k];
      const by = basis.basis[row + columns + k];
      const bz = basis.basis[row + 2 * columns + k];
      u[POSE_UNKNOWNS + k] = ux * bx + uy * by + uz * bz;
      v[POSE_UNKNOWNS + k] = vx * bx + vy * by + vz * bz;
    }
    const ru = landmarks[2 * i] - pixels[2 * i];
    const rv = landmarks[2 * i + 1] - pixels[2 * i + 1];
    const r = Math.hypot(ru, rv) / sigma;
    const weight = (basis.weights[i] * robust.weight(r)) / sigma ** 2;
    equations.addRow(u, ru, weight);
    equations.addRow(v, rv, weight);
  }
  for (let k = 0; k < used; k++) equations.addDiagonal(POSE_UNKNOWNS + k, -state.coefficients[k], 1);
  const { logDistance, logDistanceDeviation } = problem;
  equations.addDiagonal(DISTANCE, focalKnown ? 0 : logDistance - Math.log(tz), 1 / logDistanceDeviation ** 2);
}

/** Root mean square landmark distance, pixels. */
function residual(problem: Problem, state: State): number {
  const { pixels } = predict(problem, state, state.coefficients.length);
  let sum = 0;
  for (let i = 0; i < pixels.length; i++) sum += (problem.landmarks[i] - pixels[i]) ** 2;
  return Math.sqrt((2 * sum) / pixels.length);
}
