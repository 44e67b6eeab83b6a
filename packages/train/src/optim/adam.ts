export interface AdamOptions {
  /** Decay of the mean of gradients. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients. */
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Pull towards zero: added to the gradient, or with `decoupled` applied to the weight itself (AdamW). */
  readonly weightDecay?: number;
  readonly decoupled?: boolean;
}

/** Running means of the gradients of one weight and of their squares. */
export interface Moments {
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/**
 * One step of Adam (Kingma and Ba 2015) or AdamW (Loshchilov and Hutter 2019) on one weight, in place. Numbers are
 * those of PyTorch's. A plain loop over typed arrays: as fast as a graph, without second copies of weight and moments.
 *
 * @param gradient multiplied by `scale` before use
 * @param time number of this step, from 1
 */
export function adamStep(
  weight: Float32Array,
  gradient: Float32Array,
  { first, second }: Moments,
  learningRate: number,
  time: number,
  scale: number,
  options: AdamOptions = {},
): void {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0, decoupled = false } = options;
  const rate = learningRate / (1 - beta1 ** time);
  const correction = 1 / Math.sqrt(1 - beta2 ** time);
  const [keep1, keep2] = [1 - beta1, 1 - beta2];
  const shrink = decoupled ? 1 - learningRate * weightDecay : 1;
  const pull = decoupled ? 0 : weightDecay;
  for (let i = 0; i < weight.length; i++) {
    const w = weight[i] * shrink;
    const g = gradient[i] * scale + pull * w;
    const m = beta1 * first[i] + keep1 * g;
    const v = beta2 * second[i] + keep2 * g * g;
    first[i] = m;
    second[i] = v;
    weight[i] = w - (rate * m) / (Math.sqrt(v) * correction + epsilon);
  }
}
