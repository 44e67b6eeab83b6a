/** A sparse set of vertex offsets, dm. */
export interface Target {
  readonly indices: Uint32Array;
  /** dx, dy, dz per index. */
  readonly offsets: Float64Array | Float32Array;
}

/**
 * Reads a .target file: lines `vertex dx dy dz`, `#` starts a comment.
 * @throws on a line of any other form
 */
export function parseTarget(text: string): Target {
  let lines = 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
  const indices = new Uint32Array(lines);
  const offsets = new Float64Array(3 * lines);
  let count = 0;
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf("\n", from);
    const to = newline < 0 ? text.length : newline;
    numberEnd = from;
    const index = nextNumber(text, to);
    if (index !== null) {
      for (let axis = 0; axis < 3; axis++) offsets[3 * count + axis] = nextNumber(text, to) ?? Number.NaN;
      const sum = offsets[3 * count] + offsets[3 * count + 1] + offsets[3 * count + 2];
      if (!Number.isInteger(index) || index < 0 || !Number.isFinite(sum) || nextNumber(text, to) !== null)
        throw new Error(`parseTarget: expected "vertex dx dy dz", got "${text.slice(from, to).trim()}"`);
      indices[count++] = index;
    }
    from = to + 1;
  }
  return { indices: indices.slice(0, count), offsets: offsets.slice(0, 3 * count) };
}

/** Where the number that {@link nextNumber} read last ends. */
let numberEnd = 0;

/** The next number from {@link numberEnd} on and before `to`; null at the end of the line or at a comment, NaN for anything else. */
function nextNumber(text: string, to: number): number | null {
  let at = numberEnd;
  let code = text.charCodeAt(at);
  while (at < to && (code === 32 || code === 9 || code === 13)) code = text.charCodeAt(++at);
  if (at >= to || code === 35) return null;
  const start = at;
  const negative = code === 45;
  if (negative || code === 43) code = text.charCodeAt(++at);
  let digits = 0;
  let mantissa = 0;
  let decimals = -1;
  for (; at < to; code = text.charCodeAt(++at)) {
    if (code >= 48 && code <= 57) {
      mantissa = 10 * mantissa + code - 48;
      digits++;
      if (decimals >= 0) decimals++;
    } else if (code === 46 && decimals < 0) decimals = 0;
    else break;
  }
  const plain = at >= to || code === 32 || code === 9 || code === 13 || code === 35;
  if (plain && digits > 0 && digits <= 15) {
    numberEnd = at;
    // Both are exact, so the quotient is the nearest number, as `Number` would give it.
    const value = decimals > 0 ? mantissa / powersOfTen[decimals] : mantissa;
    return negative ? -value : value;
  }
  while (at < to && code !== 32 && code !== 9 && code !== 13 && code !== 35) code = text.charCodeAt(++at);
  numberEnd = at;
  return Number(text.slice(start, at));
}

const powersOfTen = Array.from({ length: 16 }, (_, k) => 10 ** k);

/** Adds `weight` times the target to `positions` (x, y, z per vertex) in place. */
export function addTarget(positions: Float64Array | Float32Array, target: Target, weight: number): void {
  const { indices, offsets } = target;
  for (let i = 0; i < indices.length; i++) {
    const at = 3 * indices[i];
    positions[at] += weight * offsets[3 * i];
    positions[at + 1] += weight * offsets[3 * i + 1];
    positions[at + 2] += weight * offsets[3 * i + 2];
  }
}

/** Weights by target name, such as `nose/nose-hump-incr`. */
export type TargetWeights = ReadonlyMap<string, number>;

/**
 * The base mesh with all weighted targets applied: P = base + Σ weight · target.
 * @throws if a target with non-zero weight is not in `targets`
 */
export function morph(
  base: Float64Array,
  targets: ReadonlyMap<string, Target>,
  weights: TargetWeights,
  out: Float64Array = new Float64Array(base.length),
): Float64Array {
  out.set(base);
  for (const [name, weight] of weights) {
    if (weight === 0) continue;
    const target = targets.get(name);
    if (!target) throw new Error(`morph: there is no target "${name}"`);
    addTarget(out, target, weight);
  }
  return out;
}
