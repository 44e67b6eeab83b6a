import { type Constant, ConvertError, type Elements, type ElementType } from "./graph.ts";
import { transpose } from "./tensor.ts";

/** An ONNX attribute: a number is an integer, a list is a list of integers. */
export type OnnxAttribute = number | { readonly float: number } | string | readonly number[];

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/**
 * A TensorFlow tensor on its way to ONNX. Its shape is TensorFlow's, but the ONNX tensor that holds it may have its channels
 * moved to the front: convolutions want them there, and element-wise operators do not care. Each order is made when first
 * asked for and kept, so transpositions only appear where an operator needs the other order.
 */
export interface Value {
  /** TensorFlow's name. */
  readonly name: string;
  readonly type: ElementType;
  /** TensorFlow's shape, −1 for an unknown size. */
  readonly shape: readonly number[];
  /** The elements when the converter knows them; in a partly known integer tensor (a shape, say) NaN stands for an unknown one. */
  readonly elements?: Elements;
  /** The ONNX tensor with the axes in TensorFlow's order. */
  plain?: string;
  /** The ONNX tensor with the last axis of four moved to position 1 (NHWC → NCHW). */
  channelsFirst?: string;
  /** This value is clip(source, min, max). */
  readonly clip?: { readonly source: Value; readonly min: number; readonly max: number };
}

export const toChannelsFirst = [0, 3, 1, 2] as const;
export const toChannelsLast = [0, 2, 3, 1] as const;

/** The whole content of a value, when it is known. */
export function asConstant({ type, shape, elements }: Value): Constant | undefined {
  if (!elements || (type !== "float32" && elements.some(Number.isNaN))) return undefined;
  return { type, shape, data: elements };
}

/** Collects the nodes and constants of an ONNX graph. */
export class Builder {
  readonly nodes: OnnxNode[] = [];
  readonly initializers = new Map<string, Constant>();
  readonly #names = new Set<string>();

  /** A name not used before, `wanted` if possible. */
  unique(wanted: string): string {
    let name = wanted;
    for (let i = 2; this.#names.has(name); i++) name = `${wanted}#${i}`;
    this.#names.add(name);
    return name;
  }

  /** Adds a node and returns the name of its output, `wanted` or like it. */
  add(op: string, inputs: readonly string[], wanted: string, attributes: Record<string, OnnxAttribute> = {}): string {
    const output = this.unique(wanted);
    this.nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  }

  /** Adds a constant and returns its name. */
  constant(constant: Constant, wanted: string): string {
    const name = this.unique(wanted);
    this.initializers.set(name, constant);
    return name;
  }

  /** A constant list of integers. */
  integers(values: readonly number[], wanted: string): string {
    return this.constant({ type: "int64", shape: [values.length], data: Float64Array.from(values) }, wanted);
  }

  /** A constant number. */
  scalar(value: number, wanted: string): string {
    return this.constant({ type: "float32", shape: [], data: Float32Array.of(value) }, wanted);
  }

  /** The ONNX tensor that holds a value in TensorFlow's order. */
  plain(value: Value): string {
    if (value.plain === undefined) {
      const constant = asConstant(value);
      if (constant) value.plain = this.constant(constant, value.name);
      else if (value.channelsFirst !== undefined)
        value.plain = this.add("Transpose", [value.channelsFirst], `${value.name}/nhwc`, { perm: toChannelsLast });
      else throw new ConvertError(`The tensor "${value.name}" is used before it is made.`);
    }
    return value.plain;
  }

  /** The ONNX tensor that holds a value of four axes with the last one moved to position 1. */
  channelsFirst(value: Value): string {
    if (value.channelsFirst === undefined) {
      const constant = asConstant(value);
      if (constant) value.channelsFirst = this.constant(transpose(constant, toChannelsFirst), `${value.name}/nchw`);
      else
        value.channelsFirst = this.add("Transpose", [this.plain(value)], `${value.name}/nchw`, {
          perm: toChannelsFirst,
        });
    }
    return value.channelsFirst;
  }
}
