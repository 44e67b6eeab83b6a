import * as t from "@cameo/train";
import { describe, expect, it } from "vitest";
import { distinct, expectGradients, type Leaf, noise } from "./finite-differences.ts";

const positive = (count: number) => noise(count, 5).map((v) => 0.6 + 0.4 * v);
const away = (count: number) => noise(count, 6).map((v) => (Math.abs(v) < 0.05 ? 0.3 : v));
const x: Leaf = { shape: [2, 3, 4] };
const fromZero: Leaf = { shape: [2, 3, 4], values: away(24) };
const above: Leaf = { shape: [2, 3, 4], values: positive(24) };
const apart: Leaf = { shape: [2, 3, 4], values: distinct(24, 3) };
const map: Leaf = { shape: [2, 3, 5, 6] };
const ids = (values: number[], shape: number[]) => t.constant(Int32Array.from(values), shape);

type Case = [
  name: string,
  f: (...xs: t.Tensor[]) => t.Tensor,
  leaves: Leaf[],
  options?: { step?: number; tolerance?: number },
];

const cases: Case[] = [
  ["add with broadcasting", (a, b) => t.add(a, b), [x, { shape: [3, 1] }]],
  ["sub with a number", (a) => t.sub(2, a), [x]],
  ["mul with broadcasting", (a, b) => t.mul(a, b), [{ shape: [4] }, x]],
  ["div", (a, b) => t.div(a, b), [x, { shape: [3, 4], values: positive(12) }], { step: 2e-3, tolerance: 1e-2 }],
  ["maximum", (a, b) => t.maximum(a, b), [apart, { shape: [2, 3, 4], values: distinct(24, 8).map((v) => v + 0.025) }]],
  ["minimum", (a, b) => t.minimum(a, b), [apart, { shape: [2, 3, 4], values: distinct(24, 8).map((v) => v + 0.025) }]],
  ["where", (a, b) => t.where(t.greater(a, 0), t.mul(a, b), t.sin(b)), [fromZero, { shape: [4] }]],
  ["neg, exp", (a) => t.neg(t.exp(a)), [x]],
  ["log", (a) => t.log(a), [above], { step: 2e-3, tolerance: 1e-2 }],
  ["sqrt", (a) => t.sqrt(a), [above], { step: 2e-3 }],
  ["reciprocal", (a) => t.reciprocal(a), [above], { step: 2e-3, tolerance: 1e-2 }],
  ["sin, cos", (a) => t.mul(t.sin(a), t.cos(a)), [x]],
  ["tanh", (a) => t.tanh(a), [x]],
  ["sigmoid", (a) => t.sigmoid(a), [x]],
  ["softplus", (a) => t.softplus(a), [x]],
  ["relu", (a) => t.relu(a), [fromZero]],
  ["abs, sign", (a) => t.mul(t.abs(a), t.add(t.sign(a), 3)), [fromZero]],
  ["floor is constant", (a) => t.add(t.floor(a), a), [{ shape: [4], values: Float32Array.of(0.3, -0.4, 1.5, 2.2) }]],
  ["square", (a) => t.square(a), [x]],
  ["pow", (a) => t.pow(a, 2.5), [above]],
  ["leakyRelu", (a) => t.leakyRelu(a, 0.2), [fromZero]],
  ["prelu", (a, s) => t.prelu(a, s), [fromZero, { shape: [3, 1] }]],
  ["clip", (a) => t.clip(a, -0.52, 0.52), [{ shape: [6], values: Float32Array.of(-1, -0.4, 0.1, 0.4, 0.6, 2) }]],
  ["sum over one axis", (a) => t.sum(a, { axes: 1 }), [x]],
  ["sum over all", (a) => t.mul(t.sum(a), t.sum(a, { axes: [0, -1], keep: true })), [x], { tolerance: 1e-2 }],
  ["mean", (a) => t.mean(a, { axes: [0, 2] }), [x]],
  ["max", (a) => t.max(a, { axes: 2 }), [apart]],
  ["min", (a) => t.min(a, { axes: [0, 1], keep: true }), [apart]],
  ["norm1", (a) => t.norm1(a, { axes: 1 }), [fromZero]],
  ["norm2", (a) => t.norm2(a, { axes: -1 }), [x]],
  ["softmax", (a) => t.softmax(a, 1), [x]],
  ["logSoftmax", (a) => t.logSoftmax(a, -1), [x]],
  ["reshape", (a) => t.square(t.reshape(a, [4, -1])), [x]],
  ["transpose", (a) => t.square(t.transpose(a, [2, 0, 1])), [x]],
  ["broadcastTo", (a) => t.square(t.broadcastTo(a, [2, 3, 4])), [{ shape: [3, 1] }]],
  ["concat", (a, b) => t.square(t.concat([a, b, a], 1)), [x, { shape: [2, 2, 4] }]],
  ["stack", (a, b) => t.square(t.stack([a, b], 1)), [x, x]],
  ["slice", (a) => t.square(t.slice(a, { axis: 1, start: 1 }, { axis: 2, end: 3 })), [x]],
  ["slice with steps", (a) => t.square(t.slice(a, { axis: -1, start: 1, step: 3 })), [{ shape: [2, 8] }]],
  ["slice with steps that end early", (a) => t.square(t.slice(a, { axis: 1, end: 5, step: 2 })), [{ shape: [2, 9] }]],
  ["flip", (a) => t.mul(a, t.flip(a, 2)), [x]],
  ["pad with zeros", (a) => t.square(t.pad(a, [{ axis: 1, before: 1, after: 2 }])), [x]],
  [
    "pad by reflection",
    (a) =>
      t.square(
        t.pad(
          a,
          [
            { axis: 1, before: 2, after: 1 },
            { axis: 2, before: 3, after: 3 },
          ],
          "reflect",
        ),
      ),
    [x],
  ],
  [
    "pad with the edge",
    (a) =>
      t.square(
        t.pad(
          a,
          [
            { axis: 1, before: 2, after: 1 },
            { axis: 2, before: 0, after: 3 },
          ],
          "edge",
        ),
      ),
    [x],
  ],
  ["gather", (a) => t.square(t.gather(a, ids([2, 0, 2, 1], [2, 2]), 1)), [x]],
  ["gatherElements", (a) => t.square(t.gatherElements(a, ids([2, 0, 1, 1, 0, 0, 2, 2], [2, 1, 4]), 1)), [x]],
  ["scatterAdd", (a) => t.square(t.scatterAdd([2, 5, 4], ids([4, 0, 4], [3]), a, 1)), [x]],
  ["matmul", (a, b) => t.matmul(a, b), [x, { shape: [4, 2] }]],
  ["matmul with broadcasting", (a, b) => t.matmul(a, b), [{ shape: [3, 1, 2, 4] }, { shape: [2, 4, 3] }]],
  ["linear", (a, w, b) => t.linear(a, w, b), [x, { shape: [5, 4] }, { shape: [5] }]],
  [
    "maxPool2d",
    (a) => t.maxPool2d(a, 3, { stride: 2, padding: 1 }),
    [{ shape: [1, 2, 5, 6], values: distinct(60, 4) }],
  ],
  ["avgPool2d", (a) => t.avgPool2d(a, 2), [{ shape: [1, 2, 4, 6] }]],
  ["avgPool2d without padding", (a) => t.avgPool2d(a, 3, { stride: 2, padding: 1, countPadding: false }), [map]],
  ["avgPool2d with padding", (a) => t.avgPool2d(a, 3, { stride: 2, padding: 1 }), [map]],
  ["globalAvgPool", (a) => t.globalAvgPool(a), [map]],
  [
    "batchNorm in training",
    (a, s, b) => t.batchNormTraining(a, s, b).y,
    [{ shape: [2, 2, 3, 3] }, { shape: [2] }, { shape: [2] }],
  ],
  [
    "batchNorm in inference",
    (a, s, b, m, v) => t.batchNormInference(a, s, b, m, v),
    [{ shape: [2, 2, 3, 3] }, { shape: [2] }, { shape: [2] }, { shape: [2] }, { shape: [2], values: positive(2) }],
    { tolerance: 1e-2 },
  ],
  ["instanceNorm", (a, s, b) => t.instanceNorm(a, s, b), [{ shape: [2, 2, 3, 3] }, { shape: [2] }, { shape: [2] }]],
  ["instanceNorm without parameters", (a) => t.instanceNorm(a), [{ shape: [2, 2, 3, 3] }]],
  ["resize to nearest, whole factor", (a) => t.square(t.resize(a, 10, 12, "nearest")), [{ shape: [1, 2, 5, 6] }]],
  ["resize to nearest, any factor", (a) => t.square(t.resize(a, 3, 7, "nearest")), [{ shape: [1, 2, 5, 6] }]],
  ["resize bilinearly, larger", (a) => t.square(t.resize(a, 8, 7, "bilinear")), [{ shape: [1, 2, 4, 3] }]],
  ["resize bilinearly, smaller", (a) => t.square(t.resize(a, 3, 2, "bilinear")), [{ shape: [1, 2, 5, 6] }]],
  [
    "gridSample",
    (a, g) => t.gridSample(a, g),
    [{ shape: [2, 2, 4, 5] }, { shape: [2, 2, 2, 2], values: gridPositions(false) }],
    { step: 2e-3, tolerance: 1e-2 },
  ],
  [
    "gridSample with border",
    (a, g) => t.gridSample(a, g, "border"),
    [{ shape: [2, 2, 4, 5] }, { shape: [2, 2, 2, 2], values: gridPositions(true) }],
    { step: 2e-3, tolerance: 1e-2 },
  ],
  [
    "imageGradient",
    (a) => t.concat([t.reshape(t.imageGradient(a).horizontal, [-1]), t.reshape(t.imageGradient(a).vertical, [-1])], 0),
    [map],
  ],
  ["laplacian", (a) => t.laplacian(a), [map]],
  [
    "quaternionToMatrix",
    (q) => t.quaternionToMatrix(q),
    [{ shape: [3, 4], values: away(12) }],
    { step: 2e-3, tolerance: 1e-2 },
  ],
  [
    "transformPoints",
    (p, r, v) => t.transformPoints(p, r, v),
    [{ shape: [2, 4, 3] }, { shape: [2, 3, 3] }, { shape: [2, 3] }],
  ],
  [
    "projectPoints",
    (p, c) => t.projectPoints(p, c),
    [{ shape: [1, 4, 3], values: positive(12) }, { shape: [1, 4] }],
    { step: 2e-3, tolerance: 1e-2 },
  ],
  [
    "backProjectPoints",
    (p, d, c) => t.backProjectPoints(p, d, c),
    [{ shape: [1, 4, 2] }, { shape: [1, 4, 1] }, { shape: [1, 4], values: positive(4) }],
    { step: 2e-3, tolerance: 1e-2 },
  ],
  ["cross", (a, b) => t.cross(a, b), [{ shape: [2, 3] }, { shape: [2, 3] }]],
  [
    "barycentric interpolation",
    barycentric,
    [{ shape: [1, 4, 3], values: Float32Array.of(-1, -1, 3, 2, -1, 4, 0, 2, 5, 2, 2, 4) }, { shape: [1, 4, 2] }],
    { step: 1e-2, tolerance: 1e-2 },
  ],
];

function gridPositions(outside: boolean): Float32Array {
  const inside = noise(16, 12).map((v) => v * 0.7 + 0.013);
  if (outside) inside.set([1.6, -1.7, 0.2, 1.4]);
  else inside.set([1.06, -1.07]);
  return inside;
}

/** Vertex positions [1, 4, 3] and attributes [1, 4, 2] of two triangles seen at three pixels, one of them empty. */
function barycentric(positions: t.Tensor, attributes: t.Tensor): t.Tensor {
  const corners = t.triangleCorners(Uint32Array.of(0, 1, 2, 1, 3, 2), ids([0, 1, -1], [1, 3]));
  const rays = t.constant(Float32Array.of(0, 0, 1, 0.25, 0.2, 1, 0.9, 0.9, 1), [1, 3, 3]);
  const covered = t.constant(Float32Array.of(1, 1, 0), [1, 3, 1]);
  const weights = t.barycentricWeights(rays, t.cornerAttributes(positions, corners), covered);
  return t.concat([weights, t.interpolate(weights, t.cornerAttributes(attributes, corners))], 2);
}

const conv = (options: t.ConvOptions) => (x: t.Tensor, w: t.Tensor, b?: t.Tensor) => t.conv2d(x, w, b, options);
const deconv = (options: t.ConvTransposeOptions) => (x: t.Tensor, w: t.Tensor, b?: t.Tensor) =>
  t.convTranspose2d(x, w, b, options);
const filtered =
  (padding: t.ConvOptions["padding"]) =>
  (a: t.Tensor, w: t.Tensor, b: t.Tensor): t.Tensor =>
    t.winogradConv2d(a, w, b, { padding });

const convolutions: Case[] = [
  ["3 × 3", conv({ padding: 1 }), [{ shape: [2, 2, 4, 5] }, { shape: [3, 2, 3, 3] }, { shape: [3] }]],
  ["3 × 3, stride 2", conv({ padding: 1, stride: 2 }), [{ shape: [2, 2, 5, 6] }, { shape: [3, 2, 3, 3] }]],
  ["3 × 3, dilation 2", conv({ padding: 2, dilation: 2 }), [{ shape: [1, 2, 5, 5] }, { shape: [2, 2, 3, 3] }]],
  [
    "3 × 3 on a large map",
    conv({ padding: 1 }),
    [{ shape: [1, 1, 32, 33] }, { shape: [1, 1, 3, 3] }],
    { tolerance: 1e-2 },
  ],
  [
    "3 × 3 on a large map, no padding",
    conv({}),
    [{ shape: [1, 1, 32, 33] }, { shape: [1, 1, 3, 3] }],
    { tolerance: 1e-2 },
  ],
  ["1 × 1", conv({}), [{ shape: [2, 3, 3, 2] }, { shape: [4, 3, 1, 1] }]],
  ["1 × 1, stride 2", conv({ stride: 2 }), [{ shape: [2, 3, 5, 4] }, { shape: [4, 3, 1, 1] }]],
  ["1 × 1, stride 3, rows left over", conv({ stride: 3 }), [{ shape: [1, 2, 6, 5] }, { shape: [2, 2, 1, 1] }]],
  [
    "7 × 7, stride 2",
    conv({ padding: 3, stride: 2 }),
    [{ shape: [1, 1, 8, 9] }, { shape: [2, 1, 7, 7] }],
    { tolerance: 1e-2 },
  ],
  ["4 × 4, stride 2", conv({ padding: 1, stride: 2 }), [{ shape: [1, 2, 6, 6] }, { shape: [2, 2, 4, 4] }]],
  ["stride beyond the kernel", conv({ stride: 3 }), [{ shape: [1, 2, 9, 7] }, { shape: [2, 2, 2, 2] }]],
  ["uneven padding", conv({ padding: [0, 1, 2, 1], stride: 2 }), [{ shape: [1, 2, 5, 5] }, { shape: [2, 2, 3, 3] }]],
  ["two groups", conv({ padding: 1, groups: 2 }), [{ shape: [2, 4, 3, 4] }, { shape: [6, 2, 3, 3] }, { shape: [6] }]],
  ["depthwise", conv({ padding: 1, stride: 2, groups: 3 }), [{ shape: [2, 3, 5, 5] }, { shape: [3, 1, 3, 3] }]],
  [
    "many channels on a small map",
    conv({ padding: 1 }),
    [{ shape: [1, 16, 2, 2] }, { shape: [16, 16, 3, 3], values: noise(2304, 3) }],
    { tolerance: 1e-2 },
  ],
  [
    "transposed 4 × 4, stride 2",
    deconv({ stride: 2, padding: 1 }),
    [{ shape: [2, 2, 3, 2] }, { shape: [2, 3, 4, 4] }, { shape: [3] }],
  ],
  [
    "transposed 3 × 3, stride 2, output padding",
    deconv({ stride: 2, padding: 1, outputPadding: 1 }),
    [{ shape: [1, 2, 3, 3] }, { shape: [2, 2, 3, 3] }],
  ],
  ["by minimal filtering", filtered(1), [{ shape: [2, 2, 5, 6] }, { shape: [3, 2, 3, 3] }, { shape: [3] }]],
  ["by minimal filtering, no padding", filtered(0), [{ shape: [2, 2, 6, 7] }, { shape: [1, 2, 3, 3] }, { shape: [1] }]],
  [
    "by minimal filtering, uneven padding",
    filtered([0, 2, 1, 1]),
    [{ shape: [1, 2, 4, 3] }, { shape: [2, 2, 3, 3] }, { shape: [2] }],
  ],
  ["transposed, two groups", deconv({ stride: 2, groups: 2 }), [{ shape: [1, 4, 3, 2] }, { shape: [4, 2, 2, 2] }]],
];

describe("gradients agree with central differences", () => {
  for (const [name, f, leaves, options] of cases) it(name, () => expectGradients(f, leaves, options));
  for (const [name, f, leaves, options] of convolutions)
    it(`convolution ${name}`, () => expectGradients(f, leaves, options), 60_000);
});

describe("minimal filtering", () => {
  /** Value and all gradients of a convolution, on random numbers. */
  async function run(size: number, padding: t.ConvOptions["padding"], convolve: typeof t.conv2d, threads = 1) {
    const x = t.input("x", [2, 64, size, size]);
    const w = t.input("w", [192, 64, 3, 3]);
    const y = convolve(x, w, null, { padding });
    const dy = t.input("dy", y.shape);
    const [dx, dw] = t.gradients(y, [x, w], dy);
    const program = await t.createProgram(t.toOnnx({ y, dx, dw }), { threads });
    const feeds = [x, w, dy].map((v, i) => [["x", "w", "dy"][i], noise(t.elementCount(v.shape), i + 1)]);
    const result = await program.run(Object.fromEntries(feeds));
    await program.dispose();
    return result as Record<"y" | "dx" | "dw", Float32Array>;
  }

  it("gives the numbers of the plain convolution, to 5e-6", async () => {
    for (const [size, padding] of [
      [7, 1],
      [14, 1],
      [18, 0],
      [40, 1],
      [9, [0, 2, 1, 1]],
    ] as const) {
      const [plain, fast] = [await run(size, padding, t.conv2d), await run(size, padding, t.winogradConv2d)];
      for (const name of ["y", "dx", "dw"] as const) {
        let [difference, whole] = [0, 0];
        plain[name].forEach((v, i) => {
          difference += (v - fast[name][i]) ** 2;
          whole += v ** 2;
        });
        expect(Math.sqrt(difference / whole), `${name}, ${size}²`).toBeLessThan(5e-6);
      }
    }
  });

  it("gives the same bits with 1, 2 and 4 threads and when repeated", async () => {
    const first = await run(40, 1, t.winogradConv2d);
    for (const threads of [1, 2, 4]) {
      const again = await run(40, 1, t.winogradConv2d, threads);
      for (const name of ["y", "dx", "dw"] as const)
        expect(Buffer.compare(Buffer.from(again[name].buffer), Buffer.from(first[name].buffer)), name).toBe(0);
    }
  });

  it("is used for plain 3 × 3 convolutions of many channels alone", () => {
    const suits = (weight: number[], options: t.ConvOptions) => t.suitsWinograd(weight, options);
    expect(suits([64, 128, 3, 3], { padding: 1 })).toBe(true);
    expect(suits([64, 128, 3, 3], { padding: 1, stride: 2 })).toBe(false);
    expect(suits([64, 128, 3, 3], { padding: 2, dilation: 2 })).toBe(false);
    expect(suits([64, 64, 3, 3], { padding: 1, groups: 2 })).toBe(false);
    expect(suits([64, 128, 1, 1], {})).toBe(false);
    expect(suits([64, 32, 3, 3], { padding: 1 })).toBe(false);
  });

  it("refuses weights that do not fit", () => {
    const x = t.input("x", [1, 4, 8, 8]);
    expect(() => t.winogradConv2d(x, t.input("w", [2, 5, 3, 3]))).toThrow("winogradConv2d: weights must have shape");
    expect(() => t.winogradConv2d(x, t.input("w", [2, 4, 3, 3]), null, { padding: 3 })).toThrow("padding 2 at most");
  });
});

describe("the graph", () => {
  it("writes equal expressions once and nothing that no output needs", () => {
    const a = t.input("a", [2]);
    const twice = () => t.add(t.mul(a, 2), 1);
    t.exp(a);
    const model = t.toOnnx({ y: t.mul(twice(), twice()) });
    expect(model.nodeCount).toBe(3);
    expect([...model.inputs.keys()]).toEqual(["a"]);
  });

  it("adds gradients that arrive on two ways", async () => {
    const a = t.input("a", [3]);
    const [da] = t.gradients(t.sum(t.add(t.mul(a, a), t.mul(a, 3))), [a]);
    const program = await t.createProgram(t.toOnnx({ da }));
    expect([...(await program.run({ a: Float32Array.of(1, 2, -4) })).da]).toEqual([5, 7, -5]);
    await expect(program.run({})).rejects.toThrow('the input "a" is missing');
    await expect(program.run({ a: new Float32Array(2) })).rejects.toThrow('"a" has 2 values instead of shape [3]');
  });

  it("gives zeros for what the loss does not depend on, and stops where told", async () => {
    const [a, b] = [t.input("a", [2]), t.input("b", [2])];
    const [da, db] = t.gradients(t.sum(t.mul(t.stopGradient(a), 2)), [a, b]);
    const program = await t.createProgram(t.toOnnx({ da, db }));
    const result = await program.run({ a: Float32Array.of(1, 1), b: Float32Array.of(1, 1) });
    expect([...result.da, ...result.db]).toEqual([0, 0, 0, 0]);
  });

  it("gives second derivatives", async () => {
    const a = t.input("a", [3]);
    const [first] = t.gradients(t.sum(t.mul(t.sin(a), a)), [a]);
    const [second] = t.gradients(t.sum(first), [a]);
    const program = await t.createProgram(t.toOnnx({ second }));
    const values = Float32Array.of(0.3, -1, 2);
    const { second: result } = await program.run({ a: values });
    values.forEach((v, i) => {
      expect(result[i]).toBeCloseTo(2 * Math.cos(v) - v * Math.sin(v), 5);
    });
  });

  it("differentiates deep graphs without recursion", async () => {
    const a = t.input("a", [1]);
    let y = a;
    for (let i = 0; i < 20_000; i++) y = t.add(y, a);
    expect(t.toOnnx({ d: t.gradients(y, [a])[0] }).nodeCount).toBeGreaterThan(10_000);
  });

  it("refuses shapes that do not fit, naming operator and shapes", () => {
    const a = t.input("a", [2, 3, 8, 8]);
    expect(() => t.add(a, t.input("b", [4]))).toThrow("Add: shapes [2, 3, 8, 8] and [4] do not broadcast");
    expect(() => t.conv2d(a, t.input("w", [4, 5, 3, 3]))).toThrow(
      "conv2d: input [2, 3, 8, 8] and weights [4, 5, 3, 3]",
    );
    expect(() => t.matmul(t.input("m", [2, 3]), t.input("n", [2, 3]))).toThrow("matmul: shapes [2, 3] and [2, 3]");
    expect(() => t.concat([a, t.input("c", [2, 3, 8, 7])], 1)).toThrow("concat: shapes [2, 3, 8, 8] and [2, 3, 8, 7]");
    expect(() => t.reshape(a, [5, -1])).toThrow("reshape: [2, 3, 8, 8] cannot become [5, -1]");
    expect(() => t.slice(a, { axis: 3, start: 8 })).toThrow("slice: 8 to 8 by 1");
    expect(() => t.pad(a, [{ axis: 2, before: 8, after: 0 }], "reflect")).toThrow("pad: 8 and 0 do not fit axis 2");
    expect(() => t.gradients(a, [a])).toThrow("the loss must be one number, but its shape is [2, 3, 8, 8]");
    expect(() => t.maxPool2d(t.input("d", [1, 1, 2, 2]), 3)).toThrow("maxPool2d: a window of 3 is larger");
    expect(() => t.conv2d(a, t.input("v", [4, 3, 3, 3]), null, { stride: 0 })).toThrow("stride must be an integer");
  });

  it("gives one value under several names, and inputs and constants as outputs", async () => {
    const a = t.input("a", [2]);
    const y = t.add(a, 1);
    const program = await t.createProgram(t.toOnnx({ y, again: y, z: t.exp(y), a2: a, one: t.scalar(1) }));
    const result = await program.run({ a: Float32Array.of(1, 2) });
    expect([...result.y, ...result.again, ...result.a2, ...result.one]).toEqual([2, 3, 2, 3, 1, 2, 1]);
    expect(result.z[0]).toBeCloseTo(Math.exp(2), 4);
  });

  it("refuses two inputs of one name and different shapes", () => {
    const y = t.add(t.input("a", [2]), t.input("a", [1]));
    expect(() => t.toOnnx({ y })).toThrow('Two inputs are called "a": [2] and [1]');
  });
});
