import type { Described } from "./maker.ts";

/** How pictures are spread over the values of one fact. */
export interface FactTable {
  readonly name: string;
  readonly rows: readonly { readonly value: string; readonly share: number }[];
}

/** Rows of a table of numbers, at most. */
const MOST_BINS = 14;
/** Numbers with no more different values than this are listed one by one. */
const FEW_VALUES = 6;

/**
 * Counts how the facts of a set are spread: the named facts of each picture, the angles of its head (degrees), and
 * where its light comes from (azimuth 0° from the viewer, 90° from the picture's right, 180° from behind; elevation).
 */
export class Tally {
  readonly #values = new Map<string, (string | number)[]>();

  add({ angles, illumination, facts }: Described): void {
    const all = { ...facts, yaw: angles.yaw, pitch: angles.pitch, roll: angles.roll, ...lightDirection(illumination) };
    for (const [name, value] of Object.entries(all)) {
      const values = this.#values.get(name);
      if (values) values.push(value);
      else this.#values.set(name, [value]);
    }
  }

  tables(): FactTable[] {
    return [...this.#values].map(([name, values]) => ({
      name,
      rows: values.every((v) => typeof v === "number") ? histogram(values) : shares(values),
    }));
  }
}

/** One table in Markdown, a row per fact. */
export function factsMarkdown(tables: readonly FactTable[]): string {
  const rows = tables.map(({ name, rows }) => {
    const shares = rows.map(({ value, share }) => `${value}: ${(100 * share).toFixed(1)}`);
    return `| ${name} | ${shares.join(" · ")} |\n`;
  });
  return `| fact | pictures with each value, % |\n|---|---|\n${rows.join("")}`;
}

/** Where most light comes from: its linear harmonics in the order y, z, x, as luminance. Degrees. */
function lightDirection(illumination: readonly number[]): { "light azimuth": number; "light elevation": number } {
  const luminance = (k: number) =>
    0.2126 * illumination[3 * k] + 0.7152 * illumination[3 * k + 1] + 0.0722 * illumination[3 * k + 2];
  const [y, z, x] = [1, 2, 3].map(luminance);
  const degrees = 180 / Math.PI;
  return {
    "light azimuth": Math.atan2(x, z) * degrees,
    "light elevation": Math.atan2(y, Math.hypot(x, z)) * degrees,
  };
}

/** Each value's share, the most frequent first. */
function shares(values: readonly (string | number)[]): FactTable["rows"] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([value, count]) => ({ value, share: count / values.length }));
}

/** Shares of intervals whose width is 1, 2, 3 or 5 times a power of ten. */
function histogram(values: readonly number[]): FactTable["rows"] {
  const different = new Set(values);
  if (different.size <= FEW_VALUES)
    return [...different]
      .sort((a, b) => a - b)
      .map((value) => ({ value: String(value), share: values.filter((v) => v === value).length / values.length }));
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const width = niceWidth((most - least) / (MOST_BINS - 1));
  const start = Math.floor(least / width);
  const counts = new Array<number>(Math.floor(most / width) - start + 1).fill(0);
  for (const value of values) counts[Math.floor(value / width) - start]++;
  const digits = Math.max(0, -Math.floor(Math.log10(width) + 1e-9));
  const edge = (bin: number) => (bin * width).toFixed(digits).replace("-", "−");
  return counts.map((count, i) => ({
    value: `${edge(start + i)} to ${edge(start + i + 1)}`,
    share: count / values.length,
  }));
}

/** The smallest of 1, 2, 3, 5, 10, 20 … that is not below the width. */
function niceWidth(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * [1, 2, 3, 5, 10].find((n) => n * power >= least * (1 - 1e-9))!;
}
