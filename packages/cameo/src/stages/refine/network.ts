import type { RgbaImage } from "../../image.ts";
import type { CreateSession, Session } from "../../runtime/runtime.ts";
import { type CropFrame, frameToPhoto } from "../align/crop.ts";
import { type CoarseCrop, cutCoarseCrop } from "./crop.ts";
import { matchColors } from "./match.ts";
import { pasteIntoHoles } from "./paste.ts";

/** Name of the refinement network in the bundle, which need not have one. */
export const REFINE_MODEL = "refine";
/** Side of the network's pictures where the model leaves it open, pixels (paper section 5.2). */
const SIDE = 256;
/** A pixel of the crop with a larger part missing is a hole to the network. */
const HOLE = 0.02;

/** Fills what coarse views lack (paper section 5.2); holds the network. */
export interface Refiner {
  /**
   * @param coarse a re-projected head over its photo, straight alpha; what is not known is transparent
   * @param frame the crop about the head, in pixels of the view: `headFrame`
   * @returns the view, opaque; pixels that were opaque are as they were
   */
  refine(coarse: RgbaImage, frame: CropFrame): Promise<RgbaImage>;
  dispose(): Promise<void>;
}

/**
 * @param network an ONNX model: `picture` [1, 3, s, s] in [0, 1] and `missing` [1, 1, s, s], 1 in holes, to a picture
 *   [1, 3, s, s] in [0, 1]
 * @throws Error if it is none
 */
export async function createRefiner(network: Uint8Array, createSession: CreateSession): Promise<Refiner> {
  const session = await createSession(network);
  try {
    const side = sideOf(session);
    return {
      async refine(coarse, frame) {
        // The frame's scale is that of a crop of the usual size.
        const toView = frameToPhoto({ ...frame, scale: (frame.scale * SIDE) / side }, side);
        const crop = cutCoarseCrop(coarse, toView, side);
        const made = await run(session, crop);
        const known = crop.missing.map((m) => (m > HOLE ? 0 : 1));
        matchColors(made, crop.colors, known, side, side);
        return pasteIntoHoles(coarse, made, crop, toView);
      },
      dispose: () => session.dispose(),
    };
  } catch (error) {
    await session.dispose();
    throw error;
  }
}

function sideOf({ inputNames, inputShapes, outputNames }: Session): number {
  const [, channels, height, width] = inputShapes.picture ?? [];
  if (
    [...inputNames].sort().join() !== "missing,picture" ||
    channels !== 3 ||
    height !== width ||
    outputNames.length !== 1
  )
    throw new Error("A refinement network takes a square picture and what is missing of it, and gives one output.");
  return width ?? SIDE;
}

/** What the network makes of a crop: three interleaved channels, 0 … 255. */
async function run(session: Session, { side, colors, missing }: CoarseCrop): Promise<Float32Array> {
  const n = side * side;
  const picture = new Float32Array(3 * n);
  const holes = new Float32Array(n);
  for (let p = 0; p < n; p++) {
    holes[p] = missing[p] > HOLE ? 1 : 0;
    for (let k = 0; k < 3; k++) picture[k * n + p] = colors[3 * p + k] / 255;
  }
  const outputs = await session.run({
    picture: { data: picture, dims: [1, 3, side, side] },
    missing: { data: holes, dims: [1, 1, side, side] },
  });
  const { data, dims } = outputs[session.outputNames[0]];
  if (dims.join() !== [1, 3, side, side].join())
    throw new Error(`The refinement network gives [${dims.join(", ")}] instead of [1, 3, ${side}, ${side}].`);
  const made = new Float32Array(3 * n);
  for (let p = 0; p < n; p++) for (let k = 0; k < 3; k++) made[3 * p + k] = 255 * data[k * n + p];
  return made;
}
