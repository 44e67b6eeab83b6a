import { createHash } from "node:crypto";
import { random } from "@cameo/synth";
import { floatToHalf } from "../graph/half.ts";
import { type Model, opset, toOnnx } from "../graph/onnx.ts";
import { createProgram } from "../graph/program.ts";
import { type Attribute, constant, elementCount, type OperatorNode, type Tensor } from "../graph/tensor.ts";
import { cast, conv2d, convTranspose2d, mul } from "../ops/index.ts";
import type { InferenceGraph } from "../tasks/task.ts";
import { rewrite } from "./rewrite.ts";

/** How weights are stored. Computation is in single precision in any case. */
export type Storage = "float32" | "float16" | "int8";

export interface Exported {
  readonly model: Model;
  /** How far outputs are from those of the unfolded network in single precision, on random input. */
  readonly difference: {
    /** Largest absolute difference. */
    readonly largest: number;
    /** Root mean square of the difference over that of the outputs. */
    readonly relative: number;
  };
}

/** Weights of fewer values stay in single precision: they weigh nothing, and biases matter. */
const smallest = 1024;

/**
 * The inference model of a trained network: variables become constants, batch normalisation is folded into the
 * convolution before it, weights are stored as asked.
 */
export function inferenceModel(
  graph: InferenceGraph,
  values: ReadonlyMap<string, Float32Array>,
  storage: Storage = "float32",
): Model {
  const folded = rewrite(withValues(graph, values), foldNormalization);
  return toOnnx(storage === "float32" ? folded : rewrite(folded, (t, consumers) => store(t, consumers, storage)));
}

/** Makes an {@link inferenceModel} and measures what folding and storage change. */
export async function exportNetwork(
  graph: InferenceGraph,
  values: ReadonlyMap<string, Float32Array>,
  storage: Storage = "float32",
): Promise<Exported> {
  const model = inferenceModel(graph, values, storage);
  return { model, difference: await compare(toOnnx(withValues(graph, values)), model) };
}

const withValues = (graph: InferenceGraph, values: ReadonlyMap<string, Float32Array>): Record<string, Tensor> =>
  rewrite(graph.outputs, (t) => {
    const found = t.node.kind === "input" ? values.get(t.node.name) : undefined;
    return found ? constant(found, t.shape) : null;
  });

const valuesOf = (t: Tensor | null | undefined): Float32Array | null =>
  t?.node.kind === "constant" && t.dtype === "float32" ? (t.node.values as Float32Array) : null;

/** Batch normalisation after a convolution becomes part of its weights and bias. */
function foldNormalization(t: Tensor): Tensor | null {
  const { node } = t;
  if (node.kind !== "operator" || node.type !== "BatchNormalization") return null;
  const before = node.inputs[0]!.node;
  if (before.kind !== "operator" || (before.type !== "Conv" && before.type !== "ConvTranspose")) return null;
  const [scale, shift, mean, variance] = node.inputs.slice(1).map(valuesOf);
  const [x, weight, bias] = before.inputs;
  const kernel = valuesOf(weight);
  const transposed = before.type === "ConvTranspose";
  const epsilon = attribute(node, "epsilon", "float");
  const numbers = (name: string) => attribute(before, name, "ints");
  const groups = attribute(before, "group", "int");
  if (!kernel || !scale || !shift || !mean || !variance || (transposed && groups > 1)) return null;

  const factors = scale.map((s, i) => s / Math.sqrt(variance[i] + epsilon));
  const old = valuesOf(bias) ?? new Float32Array(factors.length);
  const newBias = constant(
    shift.map((b, i) => b + (old[i] - mean[i]) * factors[i]),
    [factors.length],
  );
  const channel = channelOf(weight!.shape, transposed ? 1 : 0);
  const newWeight = constant(
    kernel.map((w, i) => w * factors[channel(i)]),
    weight!.shape,
  );
  const options = {
    stride: numbers("strides")[0],
    padding: numbers("pads") as [number, number, number, number],
    dilation: numbers("dilations")[0],
    groups,
  };
  if (!transposed) return conv2d(x!, newWeight, newBias, options);
  const outputPadding = numbers("output_padding") as [number, number];
  return convTranspose2d(x!, newWeight, newBias, { ...options, outputPadding });
}

/** An attribute's value. @throws if it is absent or of another kind */
function attribute<K extends Attribute["kind"]>(node: OperatorNode, name: string, kind: K): AttributeValue<K> {
  const found = node.attributes[name];
  if (found?.kind !== kind) throw new Error(`export: ${node.type} has no attribute "${name}" (${kind})`);
  return found.value as AttributeValue<K>;
}

type AttributeValue<K extends Attribute["kind"]> = Extract<Attribute, { kind: K }>["value"];

/** From the position of a value in an array to its index along an axis. */
function channelOf(shape: readonly number[], axis: number): (position: number) => number {
  const inner = elementCount(shape.slice(axis + 1));
  return (position) => Math.floor(position / inner) % shape[axis];
}

/** A large weight in half precision, or as 8-bit integers with one scale per output channel. */
function store(t: Tensor, consumers: readonly OperatorNode[], storage: "float16" | "int8"): Tensor | null {
  const values = valuesOf(t);
  if (!values || values.length < smallest || t.shape.length < 2) return null;
  if (storage === "float16") return cast(constant(floatToHalf(values), t.shape, "float16"));
  const axis = consumers.some((node) => node.type === "ConvTranspose") ? 1 : 0;
  const channel = channelOf(t.shape, axis);
  const scales = new Float32Array(t.shape[axis]);
  values.forEach((value, i) => {
    scales[channel(i)] = Math.max(scales[channel(i)], Math.abs(value) / 127);
  });
  const steps = Int8Array.from(values, (value, i) =>
    scales[channel(i)] > 0 ? Math.round(value / scales[channel(i)]) : 0,
  );
  const along = t.shape.map((n, i) => (i === axis ? n : 1));
  return mul(cast(constant(steps, t.shape, "int8")), constant(scales, along));
}

async function compare(reference: Model, model: Model): Promise<Exported["difference"]> {
  const source = random(1, "export");
  const feeds = Object.fromEntries(
    [...reference.inputs].map(([name, { shape }]) => [
      name,
      Float32Array.from({ length: elementCount(shape) }, () => source.uniform()),
    ]),
  );
  const results = [];
  for (const one of [reference, model]) {
    const program = await createProgram(one);
    results.push(await program.run(feeds));
    await program.dispose();
  }
  let [largest, squares, size] = [0, 0, 0];
  for (const name of reference.outputs.keys()) {
    const [expected, actual] = results.map((r) => r[name] as Float32Array);
    expected.forEach((value, i) => {
      const difference = Math.abs(actual[i] - value);
      // Not Math.max, which a NaN would pass silently on its way to a comparison.
      if (!(difference <= largest)) largest = difference;
      squares += difference ** 2;
      size += value ** 2;
    });
  }
  return { largest, relative: Math.sqrt(squares / Math.max(size, 1e-30)) };
}

/** What a bundle's manifest says about a model. */
export interface ManifestEntry {
  readonly name: string;
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly format: string;
  readonly licence: string;
  readonly source: string;
}

/** The entry of a model for `manifest.json`. */
export const manifestEntry = (
  { bytes }: Model,
  about: Pick<ManifestEntry, "name" | "file" | "licence" | "source">,
): ManifestEntry => ({
  name: about.name,
  file: about.file,
  sha256: createHash("sha256").update(bytes).digest("hex"),
  bytes: bytes.length,
  format: `onnx opset ${opset}`,
  licence: about.licence,
  source: about.source,
});
