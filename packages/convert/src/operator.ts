import type { Builder, Value } from "./builder.ts";
import { type Attribute, ConvertError, type GraphNode } from "./graph.ts";

/** Turns one TensorFlow operation into ONNX nodes; returns its outputs. */
export type Operator = (node: Node, inputs: readonly Value[], builder: Builder) => Value | readonly Value[];

/** A node with checked access to its attributes. */
export class Node {
  readonly name: string;
  readonly op: string;
  readonly #attributes: ReadonlyMap<string, Attribute>;

  constructor({ name, op, attributes }: GraphNode) {
    this.name = name;
    this.op = op;
    this.#attributes = attributes;
  }

  /** An error about this node; `reason` continues "Node … (…) ". */
  error(reason: string): ConvertError {
    return new ConvertError(`Node "${this.name}" (${this.op}) ${reason}.`);
  }

  string(key: string, fallback?: string): string {
    return this.#get(key, fallback, (value) => typeof value === "string");
  }

  number(key: string, fallback?: number): number {
    return this.#get(key, fallback, (value) => typeof value === "number");
  }

  flag(key: string): boolean {
    return this.#get(key, false, (value) => typeof value === "boolean");
  }

  numbers(key: string, fallback?: readonly number[]): readonly number[] {
    return this.#get(
      key,
      fallback,
      (value) => Array.isArray(value) && value.every((item) => typeof item === "number" && Number.isFinite(item)),
    );
  }

  strings(key: string): readonly string[] {
    return this.#get(key, [], (value) => Array.isArray(value) && value.every((item) => typeof item === "string"));
  }

  #get<T extends Attribute>(key: string, fallback: T | undefined, fits: (value: Attribute) => boolean): T {
    const value = this.#attributes.get(key) ?? fallback;
    if (value === undefined) throw this.error(`lacks its attribute "${key}"`);
    if (!fits(value)) throw this.error(`has an unexpected value in its attribute "${key}"`);
    return value as T;
  }

  /** The content of an input that has to be known at conversion, such as the axes of a reduction. */
  known(value: Value, what: string): number[] {
    const elements = value.elements;
    if (!elements || elements.some(Number.isNaN)) throw this.error(`needs ${what} that do not depend on the input`);
    return Array.from(elements);
  }

  /** An axis counted from the front. */
  axis(axis: number, rank: number): number {
    const positive = axis < 0 ? axis + rank : axis;
    if (!(Number.isInteger(positive) && positive >= 0 && positive < rank)) throw this.error(`has no axis ${axis}`);
    return positive;
  }
}
