import { existsSync, readFileSync } from "node:fs";
import {
  constant,
  createProgram,
  elementCount,
  embedOnnx,
  floatToHalf,
  gradients,
  halfToFloat,
  input,
  mul,
  parseNetwork,
  sum,
  toOnnx,
  Variables,
} from "@cameo/train";
import fc from "fast-check";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { noise } from "./finite-differences.ts";

/** Compares the embedded function with the runtime's own result, and its input gradient along random directions. */
async function expectFrozenFunction(bytes: Uint8Array, step: number, white = 1) {
  const model = embedOnnx(bytes);
  const [{ name, shape }] = model.inputs;
  const dims = shape.map((n) => n ?? 1);
  const x = input("x", dims);
  const y = Object.values(model.apply({ [name]: x }))[0];
  const weights = noise(elementCount(y.shape), 3);
  const [dx] = gradients(sum(mul(y, constant(weights, y.shape))), [x]);
  const program = await createProgram(toOnnx({ y, dx }));
  const values = noise(elementCount(dims), 1).map((v) => white * (0.5 + 0.5 * v));
  const result = await program.run({ x: values });

  const session = await InferenceSession.create(bytes);
  const direct = await session.run({ [name]: new OrtTensor("float32", values, dims) }, [model.outputs[0]]);
  const expected = direct[model.outputs[0]].data as Float32Array;
  const largest = Math.max(...expected.map(Math.abs));
  expect(Math.max(...expected.map((v, i) => Math.abs(v - Number(result.y[i]))))).toBeLessThan(1e-4 * largest);

  // Directions of unit length between the gradient's and random ones: the signal is well above single precision.
  const unit = (v: Float32Array) => {
    const length = Math.sqrt(v.reduce((n, a) => n + a * a, 0));
    return v.map((a) => a / length);
  };
  const gradient = result.dx as Float32Array;
  const along = unit(gradient);
  for (let seed = 10; seed < 14; seed++) {
    const random = unit(noise(values.length, seed));
    const direction = unit(along.map((v, i) => v + random[i]));
    const at = async (t: number) => {
      const { y } = await program.run({ x: values.map((v, i) => v + t * direction[i]) });
      return (y as Float32Array).reduce((s, v, i) => s + v * weights[i], 0);
    };
    const numeric = ((await at(step)) - (await at(-step))) / (2 * step);
    const analytic = gradient.reduce((s, g, i) => s + g * direction[i], 0);
    expect(Math.abs(numeric / analytic - 1)).toBeLessThan(1e-2);
  }
}

describe("an ONNX model as a frozen function", () => {
  it("a network of ours, with its weights stored", async () => {
    const v = new Variables(false);
    const y = parseNetwork(v, input("image", [1, 3, 32, 32]), { channels: [8, 12, 16] });
    await expectFrozenFunction(toOnnx({ y }, { frozen: v.initialize(5) }).bytes, 0.02);
  });

  const descriptor = new URL("../../../models/imported/faceres.onnx", import.meta.url);
  const present = existsSync(descriptor);
  if (!present) console.log("skipped: models/imported/faceres.onnx is absent (npm run models makes it)");
  it.skipIf(!present)("the face descriptor", () => expectFrozenFunction(readFileSync(descriptor), 1.5, 255));

  it.skipIf(!present)("gives the first activation at each resolution, for pictures of any size", () => {
    const model = embedOnnx(readFileSync(descriptor));
    const maps = model.activations({ [model.inputs[0].name]: input("x", [2, 128, 128, 3]) });
    expect(maps.map(({ shape }) => [shape[0], ...shape.slice(2)])).toEqual(
      [64, 32, 16, 8, 4].map((side) => [2, side, side]),
    );
  });

  it("says which operator or value it lacks", () => {
    const y = sum(input("x", [2]));
    const bytes = toOnnx({ y }).bytes;
    expect(() => embedOnnx(bytes).apply({})).toThrow('embed: the input "x" is missing');
    expect(() => embedOnnx(bytes).apply({ x: input("x", [2]) }, ["relu5"])).toThrow('the model has no value "relu5"');
  });
});

describe("half precision", () => {
  it("every half survives the way to single and back", () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, i) => i).filter((h) => (h & 0x7c00) !== 0x7c00 || !(h & 1023));
    expect(floatToHalf(halfToFloat(bits))).toEqual(bits);
  });

  it("rounds to the nearest half", () => {
    fc.assert(
      fc.property(fc.float({ min: Math.fround(-60000), max: Math.fround(60000), noNaN: true }), (x) => {
        const [h] = floatToHalf(Float32Array.of(x));
        const [back, below, above] = halfToFloat(Uint16Array.of(h, h - 1, h + 1));
        const error = Math.abs(back - x);
        return !(Math.abs(below - x) < error) && !(Math.abs(above - x) < error);
      }),
    );
  });
});
