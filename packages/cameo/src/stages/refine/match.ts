import { pushPull } from "../head/fill.ts";

/** How unlike colours (0 … 255) of one surface are: standard deviation of their distance. */
const LIKENESS = 40;
/** Known colours that are unlike a guess still count this little: a guess may be wrong everywhere. */
const LEAST = 1e-3;

/**
 * Changes guessed colours so that they go over into known ones without a border: what the guess is off where the colour is
 * known goes on smoothly into the rest. Known colours that are quite unlike the guess belong to another surface, such as
 * the head before a wall, and hardly count.
 * @param guess three interleaved channels, 0 … 255; changed in place
 * @param colors likewise
 * @param known 1 where the colour is known, 0 where not
 */
export function matchColors(
  guess: Float32Array,
  colors: Float32Array,
  known: Float32Array,
  width: number,
  height: number,
): void {
  const off = new Float32Array(guess.length);
  const weight = new Float32Array(known.length);
  for (let p = 0, o = 0; p < known.length; p++, o += 3) {
    if (known[p] === 0) continue;
    let squares = 0;
    for (let k = 0; k < 3; k++) {
      off[o + k] = colors[o + k] - guess[o + k];
      squares += off[o + k] ** 2;
    }
    weight[p] = Math.max(LEAST, Math.exp(-squares / (2 * LIKENESS ** 2)));
  }
  pushPull(off, weight, width, height);
  for (let i = 0; i < guess.length; i++) guess[i] += off[i];
}
