import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { convert, humanModels, readGraphFile } from "@cameo/convert";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { loadGraphModelSync } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { faceLikePicture } from "./support/picture.ts";
import { randomNumbers } from "./support/random.ts";
import { runOnnx } from "./support/run-onnx.ts";

const folder = fileURLToPath(new URL("../models/", import.meta.resolve("@vladmandic/human")));
const portrait = fileURLToPath(new URL("../../../examples/portrait.jpg", import.meta.url));

/** Input picture sizes, and the range of values that the models expect. */
const inputs = {
  blazeface: { size: 256, min: -1, max: 1, batch: 1 },
  facemesh: { size: 192, min: 0, max: 1, batch: 1 },
  iris: { size: 64, min: 0, max: 1, batch: 2 },
  faceres: { size: 224, min: 0, max: 255, batch: 1 },
} as const;

beforeAll(async () => {
  setWasmPaths(`${dirname(fileURLToPath(import.meta.resolve("@tensorflow/tfjs-backend-wasm")))}/`);
  setThreadsCount(1);
  await tf.setBackend("wasm");
});

/** The reference: the original model run by TensorFlow.js; results by the public names of the converted model. */
function runTfjs(name: string, data: Float32Array, shape: readonly number[]): Record<string, Float32Array> {
  const json = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));
  const weights = readFileSync(join(folder, `${name}.bin`));
  const model = loadGraphModelSync([
    json,
    weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.length),
  ]);
  const signature = json.signature ?? json.userDefinedMetadata.signature;
  const keys = Object.keys(signature.outputs);
  return tf.tidy(() => {
    const outputs = [
      model.execute(
        { [Object.values<{ name: string }>(signature.inputs)[0].name.replace(/:0$/, "")]: tf.tensor(data, [...shape]) },
        keys.map((key) => signature.outputs[key].name),
      ),
    ].flat() as tf.Tensor[];
    return Object.fromEntries(keys.map((key, i) => [key.replace(/:0$/, ""), outputs[i].dataSync() as Float32Array]));
  });
}

async function portraitPicture(size: number): Promise<Float32Array> {
  const { data } = await sharp(portrait)
    .removeAlpha()
    .resize(size, size, { fit: "cover" })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return Float32Array.from(data, (value) => value / 255);
}

async function compare(name: keyof typeof inputs, picture: Float32Array): Promise<void> {
  const { size, min, max, batch } = inputs[name];
  const data = new Float32Array(batch * picture.length);
  for (let i = 0; i < batch; i++) data.set(i === 0 ? picture : picture.toReversed(), i * picture.length);
  for (let i = 0; i < data.length; i++) data[i] = min + (max - min) * data[i];
  const shape = [batch, size, size, 3];
  const expected = runTfjs(name, data, shape);
  const graph = readGraphFile(join(folder, `${name}.json`));
  const [input] = [...graph.nodes.values()].filter((node) => node.op === "Placeholder");
  const actual = await runOnnx(convert(graph, { name }), { [input.name]: { data, shape } });
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [output, values] of Object.entries(expected)) {
    const range = Math.max(...values) - Math.min(...values) || 1;
    const error = values.reduce((worst, value, i) => Math.max(worst, Math.abs(value - actual[output].data[i])), 0);
    expect(actual[output].data.length).toBe(values.length);
    expect(error / range, `${name}, ${output}`).toBeLessThan(1e-3);
  }
}

describe.each(humanModels)("%s agrees with TensorFlow.js", (name) => {
  const { size } = inputs[name];
  test("on noise", () => compare(name, randomNumbers(7, size * size * 3, 0, 1)));
  test("on a drawn face", () => compare(name, faceLikePicture(size)));
  test.skipIf(!existsSync(portrait))("on the sample portrait", async () => compare(name, await portraitPicture(size)));
  test("converts to the same bytes twice", () => {
    const once = () => convert(readGraphFile(join(folder, `${name}.json`)), { name });
    expect(Buffer.compare(once(), once())).toBe(0);
  });
});
