import { type Random, random } from "@cameo/synth";
import { elementCount, input, type Shape, show, type Tensor } from "./tensor.ts";

/** Fills a new weight. */
export type Initializer = (shape: Shape, source: Random) => Float32Array;

/** A weight (trained) or a statistic (kept up to date by the network itself). */
export interface Variable {
  readonly name: string;
  readonly tensor: Tensor;
  readonly trained: boolean;
  readonly initialize: Initializer;
}

/**
 * The weights and running statistics of a network, collected while its graph is built. A network is a plain function
 * of its variables and its input; called twice with the same variables it shares its weights.
 */
export class Variables {
  readonly #all: Map<string, Variable>;
  readonly #updates: Map<string, Tensor>;
  readonly #prefix: string;
  /** Whether normalisation uses the statistics of the batch (and updates the running ones). */
  readonly training: boolean;

  constructor(training: boolean, parent?: Variables, name?: string) {
    this.training = training;
    this.#all = parent ? parent.#all : new Map();
    this.#updates = parent ? parent.#updates : new Map();
    this.#prefix = parent ? `${parent.#prefix}${name}.` : "";
  }

  /** The same variables, with a name before those of all that is added through the result. */
  scope(name: string): Variables {
    return new Variables(this.training, this, name);
  }

  /** A trained weight. @throws if the name is taken by a weight of another shape */
  weight(name: string, shape: Shape, initialize: Initializer): Tensor {
    return this.#add(name, shape, initialize, true);
  }

  /** A statistic; its current value, after updates made so far in this graph. */
  statistic(name: string, shape: Shape, value: number): Tensor {
    const stored = this.#add(name, shape, (s) => new Float32Array(elementCount(s)).fill(value), false);
    return this.#updates.get(this.#prefix + name) ?? stored;
  }

  /** Says what a statistic becomes after the step. */
  update(name: string, value: Tensor): void {
    this.#updates.set(this.#prefix + name, value);
  }

  #add(name: string, shape: Shape, initialize: Initializer, trained: boolean): Tensor {
    const full = this.#prefix + name;
    const known = this.#all.get(full);
    if (known && show(known.tensor.shape) !== show(shape))
      throw new Error(
        `The variable "${full}" has shape ${show(known.tensor.shape)} and cannot have ${show(shape)} too.`,
      );
    if (known) return known.tensor;
    const tensor = input(full, shape);
    this.#all.set(full, { name: full, tensor, trained, initialize });
    return tensor;
  }

  /** All variables in the order of their creation. */
  get all(): readonly Variable[] {
    return [...this.#all.values()];
  }

  /** The trained weights. */
  get weights(): readonly Variable[] {
    return this.all.filter((v) => v.trained);
  }

  /** New values of statistics after a step, by name. */
  get updates(): ReadonlyMap<string, Tensor> {
    return this.#updates;
  }

  /** Number of trained values. */
  get parameterCount(): number {
    return this.weights.reduce((n, v) => n + elementCount(v.tensor.shape), 0);
  }

  /** Fresh values of all variables; each depends on the seed and the variable's name alone. */
  initialize(seed: number): Map<string, Float32Array> {
    return new Map(this.all.map((v) => [v.name, v.initialize(v.tensor.shape, random(seed, v.name))]));
  }
}

const filled =
  (value: (source: Random) => number): Initializer =>
  (shape, source) => {
    const values = new Float32Array(elementCount(shape));
    for (let i = 0; i < values.length; i++) values[i] = value(source);
    return values;
  };

export const fill = (value: number): Initializer => filled(() => value);
export const normal = (deviation: number, mean = 0): Initializer =>
  filled((source) => mean + deviation * source.normal());
export const uniform = (bound: number): Initializer => filled((source) => (2 * source.uniform() - 1) * bound);

/** He et al. 2015, for weights [m, c, kh, kw] followed by ReLU, by the number of values each output value feeds. */
export const heNormal: Initializer = (shape, source) =>
  normal(Math.sqrt(2 / (shape[0] * elementCount(shape.slice(2)))))(shape, source);

/** PyTorch's default for layers with `inputs` inputs per output. */
export const uniformByInputs = (inputs: number): Initializer => uniform(1 / Math.sqrt(inputs));
