import type { Camera } from "../../geometry/camera.ts";
import type { Pose } from "../../geometry/pose.ts";
import { Label, type RgbImage } from "../../image.ts";
import type { Pyramid } from "../../resample.ts";
import { pictureSide, pictureTensor } from "../../runtime/picture.ts";
import type { CreateSession, Session } from "../../runtime/runtime.ts";
import { cutCrop } from "../align/crop.ts";
import { cleanLabels, FACE_REACH } from "./clean.ts";
import { PARSE_CROP, parseFrame, tiltOf } from "./crop.ts";
import type { PhotoLabels } from "./labels.ts";
import { addLook, LOOKS, pictureOf } from "./looks.ts";
import { refineLabels } from "./refine.ts";

/** Name of the parsing network in the bundle, which need not have one. */
export const PARSE_MODEL = "parse";

/** Labels photos; holds the network. */
export interface Parser {
  /** What a photo shows about a head whose place is known. */
  parse(photo: Pyramid, camera: Camera, pose: Pose): Promise<PhotoLabels>;
  dispose(): Promise<void>;
}

const LABELS = Object.keys(Label).length;

/**
 * @param network an ONNX model: a picture [1, 3, s, s] in [0, 1], the parsing crop, to logits [1, 6, s, s]
 * @throws Error if it is none
 */
export async function createParser(network: Uint8Array, createSession: CreateSession): Promise<Parser> {
  const session = await createSession(network);
  try {
    const side = pictureSide(session) ?? PARSE_CROP.side;
    return {
      async parse(photo, camera, pose) {
        const frame = parseFrame(camera, pose, side);
        const logits = new Float32Array(LABELS * side * side);
        const looks = new Float32Array(side * side);
        for (const look of LOOKS)
          addLook(await run(session, pictureOf(photo, frame, side, look)), look, side, logits, looks);
        const labels = refineLabels(photo, cutCrop(photo, frame, side), probabilities(logits, looks));
        const [x, y, z] = pose.translation;
        const scale = camera.fx / z / labels.step;
        cleanLabels(labels.map, {
          x: x * scale + (camera.cx - labels.x) / labels.step,
          y: y * scale + (camera.cy - labels.y) / labels.step,
          reach: FACE_REACH * scale,
          angle: tiltOf(pose.rotation),
        });
        return labels;
      },
      dispose: () => session.dispose(),
    };
  } catch (error) {
    await session.dispose();
    throw error;
  }
}

async function run(session: Session, image: RgbImage): Promise<Float32Array> {
  const { width, height } = image;
  const outputs = await session.run({ [session.inputNames[0]]: pictureTensor(image) });
  const logits = outputs[session.outputNames[0]];
  if (logits.dims.join() !== [1, LABELS, height, width].join())
    throw new Error(
      `The parsing network gives [${logits.dims.join(", ")}] instead of [1, ${LABELS}, ${height}, ${width}].`,
    );
  return logits.data;
}

/** Probabilities, label by label, from the sums of the logits of so many looks at each pixel. */
function probabilities(sums: Float32Array, looks: Float32Array): Float32Array[] {
  const n = looks.length;
  const planes = Array.from({ length: LABELS }, (_, label) => sums.slice(label * n, (label + 1) * n));
  for (let i = 0; i < n; i++) {
    let most = -Infinity;
    for (let l = 0; l < LABELS; l++) if (planes[l][i] > most) most = planes[l][i];
    let sum = 0;
    for (let l = 0; l < LABELS; l++) {
      planes[l][i] = Math.exp((planes[l][i] - most) / looks[i]);
      sum += planes[l][i];
    }
    for (let l = 0; l < LABELS; l++) planes[l][i] /= sum;
  }
  return planes;
}
