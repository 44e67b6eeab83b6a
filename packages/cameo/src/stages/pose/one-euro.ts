/** How a signal is smoothed. */
export interface OneEuroOptions {
  /** Cut-off frequency at rest, Hz: lower is steadier. */
  readonly minCutoff: number;
  /** By how much the cut-off rises with speed, Hz per unit and second: higher follows faster. */
  readonly beta: number;
}

/** Cut-off frequency of the speed itself, Hz. */
const SPEED_CUTOFF = 1;

/**
 * The One Euro filter (Casiez, Roussel and Vogel 2012) for signals of several channels that move together: a low-pass
 * filter whose cut-off rises with speed, so that a signal at rest does not tremble and a fast one does not lag. The speed is
 * that of all channels together.
 * @param rate samples a second
 * @returns filters one sample after another; each result is an array of its own
 */
export function oneEuroFilter(
  rate: number,
  { minCutoff, beta }: OneEuroOptions,
): (sample: ArrayLike<number>) => Float32Array {
  let value: Float64Array | undefined;
  let speed: Float64Array;
  const share = (cutoff: number) => 1 / (1 + rate / (2 * Math.PI * cutoff));
  return (sample) => {
    if (!value) {
      value = Float64Array.from(sample);
      speed = new Float64Array(sample.length);
      return Float32Array.from(sample);
    }
    let squares = 0;
    for (let k = 0; k < value.length; k++) {
      speed[k] += share(SPEED_CUTOFF) * ((sample[k] - value[k]) * rate - speed[k]);
      squares += speed[k] * speed[k];
    }
    const follow = share(minCutoff + beta * Math.sqrt(squares));
    for (let k = 0; k < value.length; k++) value[k] += follow * (sample[k] - value[k]);
    return Float32Array.from(value);
  };
}
