import { type Head, Label } from "cameo";

/** What a `<name>.json` says besides what the head itself knows. */
export interface DescriptionContext {
  /** The photo as it was named on the command line. */
  photo: string;
  depth: { file: string; scale: number };
  labels: { file: string };
}

/**
 * The contents of `<name>.json`: how the picture was taken and what was found. Field by field in docs/cli.md;
 * fields are only ever added.
 */
export const describe = (head: Head, { photo, depth, labels }: DescriptionContext) => ({
  photo,
  image: { width: head.image.width, height: head.image.height },
  box: rounded(head.box, 3),
  camera: { fx: head.camera.fx, fy: head.camera.fy, cx: head.camera.cx, cy: head.camera.cy, source: head.cameraSource },
  depth: { file: depth.file, unit: "mm", scale: depth.scale },
  labels: { file: labels.file, values: Label },
  pose: {
    quaternion: [...head.pose.rotation],
    translation: [...head.pose.translation],
    yaw: degrees(head.angles.yaw),
    pitch: degrees(head.angles.pitch),
    roll: degrees(head.angles.roll),
    angleUnit: "deg",
    lengthUnit: "mm",
  },
  coefficients: {
    identity: float32(head.coefficients.identity),
    expression: float32(head.coefficients.expression),
    texture: float32(head.coefficients.texture),
    illumination: float32(head.coefficients.illumination),
  },
  landmarks: Array.from({ length: head.landmarks.length / 2 }, (_, i) => [
    round(head.landmarks[2 * i], 3),
    round(head.landmarks[2 * i + 1], 3),
  ]),
  timings: rounded(head.timings, 1),
  models: head.models.map(({ name, sha256 }) => ({ name, sha256 })),
  prior: { face: head.prior.face, parse: head.prior.parse, depth: head.prior.depth },
  fitted: head.fitted,
  notes: head.notes,
});

/** Indented JSON that keeps lists of numbers on one line. */
export const toJson = (value: unknown): string =>
  `${JSON.stringify(value, null, 2).replace(/\[\n[\s\d.,eE+-]*\]/g, (list) => list.replace(/\s+/g, " "))}\n`;

const round = (x: number, digits: number): number => Number(x.toFixed(digits));

const degrees = (radians: number): number => round((radians * 180) / Math.PI, 4);

/** The shortest decimals that give the same 32-bit numbers, or nearly: seven significant digits. */
const float32 = (values: Float32Array): number[] => Array.from(values, (x) => Number(x.toPrecision(7)));

const rounded = <K extends string>(record: Record<K, number>, digits: number): Record<K, number> =>
  Object.fromEntries(Object.entries<number>(record).map(([key, x]) => [key, round(x, digits)])) as Record<K, number>;
