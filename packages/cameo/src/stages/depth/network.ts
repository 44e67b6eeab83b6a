import type { DepthMap, LabelMap, RgbImage } from "../../image.ts";
import { Label } from "../../image.ts";
import type { Raster } from "../../raster/raster.ts";
import { pictureTensor } from "../../runtime/picture.ts";
import type { CreateSession, Session, Tensor } from "../../runtime/runtime.ts";
import { HEAD_CROP } from "../align/align.ts";
import { type DepthInputs, depthInputs, depthOfNearness } from "./inputs.ts";

/** Name of the depth network in the bundle, which need not have one. */
export const DEPTH_MODEL = "depth";

/** What is known of the head crop when its depth is estimated. */
export interface DepthContext {
  readonly image: RgbImage;
  /** The fitted head model in the crop. */
  readonly raster: Raster;
  readonly labels: LabelMap;
  /** One label per triangle of the model. */
  readonly modelLabels: Uint8Array;
  /** Camera-space z of the head's centre, mm. */
  readonly centre: number;
}

/** Estimates depth of heads; holds the network. */
export interface DepthEstimator {
  /** Depth of all that the labels name: on 𝓗 the network's, else that of the fitted face (paper section 4.2). */
  estimate(context: DepthContext): Promise<DepthMap>;
  dispose(): Promise<void>;
}

/**
 * @param network an ONNX model with the inputs `image` [1, 3, 256, 256] in [0, 1] and any of `face`, `model` and `mask`
 *   (see {@link DepthInputs}), [1, 1, 256, 256]; its output is nearness, [1, 1, 256, 256]
 * @throws Error if it is none
 */
export async function createDepthEstimator(network: Uint8Array, createSession: CreateSession): Promise<DepthEstimator> {
  const session = await createSession(network);
  try {
    checkInputs(session);
    return {
      async estimate({ image, raster, labels, modelLabels, centre }) {
        const inputs = depthInputs(raster, labels, modelLabels, centre);
        const near = await run(session, image, inputs);
        const data = near.map((n, p) => {
          if (labels.data[p] === Label.background) return 0;
          return inputs.mask[p] > 0 ? depthOfNearness(n, centre) : raster.depth[p];
        });
        return { width: image.width, height: image.height, data };
      },
      dispose: () => session.dispose(),
    };
  } catch (error) {
    await session.dispose();
    throw error;
  }
}

const CHANNELS: Readonly<Record<string, number>> = { image: 3, face: 1, model: 1, mask: 1 };

function checkInputs({ inputNames, inputShapes, outputNames }: Session): void {
  for (const name of inputNames) {
    const expected = [1, CHANNELS[name], HEAD_CROP, HEAD_CROP];
    const shape = inputShapes[name];
    if (!(name in CHANNELS) || expected.some((size, axis) => (shape?.[axis] ?? size) !== size))
      throw new Error(
        `A depth network takes image, face, model and mask, or some of them, of ${HEAD_CROP}² pixels, not "${name}" [${shape?.join(", ")}].`,
      );
  }
  if (!inputNames.includes("image") || outputNames.length !== 1)
    throw new Error("A depth network takes an image and gives one output.");
}

async function run(session: Session, image: RgbImage, inputs: DepthInputs): Promise<Float32Array> {
  const dims = [1, 1, image.height, image.width];
  const feeds: Record<string, Tensor> = { image: pictureTensor(image) };
  for (const name of ["face", "model", "mask"] as const)
    if (session.inputNames.includes(name)) feeds[name] = { data: inputs[name], dims };
  const output = (await session.run(feeds))[session.outputNames[0]];
  if (output.dims.join() !== dims.join())
    throw new Error(`The depth network gives [${output.dims.join(", ")}] instead of [${dims.join(", ")}].`);
  return output.data;
}
