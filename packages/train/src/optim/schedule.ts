/** How the learning rate moves from its base value over a run. */
export interface Schedule {
  /** `constant`; `cosine` and `linear` fall to `final` times the base; `steps` falls by `factor` at each share named. */
  readonly kind: "constant" | "cosine" | "linear" | "steps";
  /** Steps over which the rate rises linearly from zero first. */
  readonly warmup?: number;
  /** Share of the run (0 to 1) from which `cosine` and `linear` begin to fall. */
  readonly from?: number;
  readonly final?: number;
  /** Shares of the run (0 to 1), for `steps`. */
  readonly at?: readonly number[];
  readonly factor?: number;
}

/** Learning rate of step `step` (from 0) of `total`. */
export function learningRate(base: number, schedule: Schedule, step: number, total: number): number {
  const { kind, warmup = 0, from = 0, final = 0, at = [], factor = 0.1 } = schedule;
  if (step < warmup) return (base * (step + 1)) / warmup;
  const share = total > warmup ? (step - warmup) / (total - warmup) : 0;
  if (kind === "constant") return base;
  if (kind === "steps") return base * factor ** at.filter((a) => share >= a).length;
  const fall = from < 1 ? Math.max(0, (share - from) / (1 - from)) : 0;
  const left = kind === "cosine" ? 0.5 * (1 + Math.cos(Math.PI * Math.min(1, fall))) : 1 - Math.min(1, fall);
  return base * (final + (1 - final) * left);
}
