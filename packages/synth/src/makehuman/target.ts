/** A sparse set of vertex offsets, dm. */
export interface Target {
  readonly indices: Uint32Array;
  /** dx, dy, dz per index. */
  readonly offsets: Float64Array;
}

/**
 * Reads a .target file: lines `vertex dx dy dz`, `#` starts a comment.
 * @throws on a line of any other form
 */
export function parseTarget(text: string): Target {
  const indices: number[] = [];
  const offsets: number[] = [];
  for (const line of text.split("\n")) {
    const fields = line.replace(/#.*/, "").trim().split(/\s+/);
    if (fields[0] === "") continue;
    const [index, ...offset] = fields.map(Number);
    if (fields.length !== 4 || !Number.isInteger(index) || index < 0 || !offset.every(Number.isFinite))
      throw new Error(`parseTarget: expected "vertex dx dy dz", got "${line.trim()}"`);
    indices.push(index);
    offsets.push(...offset);
  }
  return { indices: Uint32Array.from(indices), offsets: Float64Array.from(offsets) };
}

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
