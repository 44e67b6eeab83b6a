import {
  type CreateSession,
  createPyramid,
  type DetectedFace,
  type Detector,
  FACE_CROP,
  faceFrame,
  frameToPhoto,
  type RgbImage,
  resample,
} from "cameo";

/** Name of the face descriptor in the bundle. */
export const DESCRIPTOR_MODEL = "faceres";

/** What a face looks like to a recognition network: a unit vector. */
export type Embedding = Float32Array;

/** Tells faces apart; holds a face recognition network, but not the detector. */
export interface FaceDescriptor {
  /**
   * @param near where the face is expected
   * @returns undefined where no face is found whose middle lies there
   */
  describe(image: RgbImage, near: DetectedFace["box"]): Promise<Embedding | undefined>;
  dispose(): Promise<void>;
}

/** How a face recognition network wants its pictures. */
export interface DescriptorColours {
  /** What is subtracted from, and divides, each channel of pictures in [0, 1], in the order of the channels. */
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
  readonly order: "rgb" | "bgr";
}

/** Of the bundle's face descriptor, whose pictures are in [0, 255]. */
export const DESCRIPTOR_COLOURS: DescriptorColours = {
  mean: [0, 0, 0],
  deviation: [1 / 255, 1 / 255, 1 / 255],
  order: "rgb",
};

/** Side of the network's pictures where the model leaves it open, pixels. */
const SIDE = 224;

/**
 * Faces are cut out as the face network gets them, 224 mm about the middle of the face, but upright.
 * @param network an ONNX model of one square picture, [1, 3, s, s] or [1, s, s, 3]; the longest of its outputs counts
 * @throws Error if it is none
 */
export async function createFaceDescriptor(
  detector: Detector,
  network: Uint8Array,
  createSession: CreateSession,
  colours: DescriptorColours = DESCRIPTOR_COLOURS,
): Promise<FaceDescriptor> {
  const session = await createSession(network);
  try {
    const [name] = session.inputNames;
    const shape = session.inputShapes[name];
    const isPlanar = shape[1] === 3;
    const side = shape[2] ?? SIDE;
    const dims = isPlanar ? [1, 3, side, side] : [1, side, side, 3];
    if (session.inputNames.length !== 1 || shape.length !== 4 || shape.some((n, i) => n !== undefined && n !== dims[i]))
      throw new Error("A face descriptor takes one square picture in colour.");
    return {
      async describe(image, near) {
        const face = faceAt(await detector.detect(image), near);
        if (!face) return undefined;
        const data = withColours(cutFace(image, face, side), colours, isPlanar);
        const outputs = Object.values(await session.run({ [name]: { data, dims } }));
        return unit(outputs.reduce((a, b) => (b.data.length > a.data.length ? b : a)).data);
      },
      dispose: () => session.dispose(),
    };
  } catch (error) {
    await session.dispose();
    throw error;
  }
}

/** The face whose middle is nearest to that of a box, and lies in it. */
function faceAt(faces: readonly DetectedFace[], { x, y, width, height }: DetectedFace["box"]) {
  const off = ({ box }: DetectedFace): [number, number] => [
    (2 * box.x + box.width - 2 * x - width) / width,
    (2 * box.y + box.height - 2 * y - height) / height,
  ];
  return faces
    .filter((face) => off(face).every((share) => Math.abs(share) <= 1))
    .sort((a, b) => Math.hypot(...off(a)) - Math.hypot(...off(b)))
    .at(0);
}

/** Three interleaved channels, 0 … 255. */
function cutFace(image: RgbImage, { landmarks68 }: DetectedFace, side: number): Float32Array {
  const frame = faceFrame(landmarks68);
  const toPhoto = frameToPhoto({ ...frame, scale: (frame.scale * FACE_CROP) / side }, side);
  const data = new Float32Array(3 * side * side);
  resample(createPyramid(image), toPhoto, side, side, data);
  return data;
}

/** Interleaved colours as a network wants them. */
function withColours(
  colors: Float32Array,
  { mean, deviation, order }: DescriptorColours,
  isPlanar: boolean,
): Float32Array {
  const out = new Float32Array(colors.length);
  const n = colors.length / 3;
  for (let p = 0; p < n; p++)
    for (let k = 0; k < 3; k++) {
      const value = colors[3 * p + (order === "rgb" ? k : 2 - k)];
      out[isPlanar ? k * n + p : 3 * p + k] = (value / 255 - mean[k]) / deviation[k];
    }
  return out;
}

function unit(values: Float32Array): Embedding {
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

/** The cosine of the angle between two faces: 1 for the same picture. */
export const faceSimilarity = (a: Embedding, b: Embedding): number =>
  a.reduce((sum, value, i) => sum + value * b[i], 0);
