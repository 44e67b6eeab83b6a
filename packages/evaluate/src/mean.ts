/** The mean of the numbers that are there; undefined where none is. */
export function meanOf(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) / known.length : undefined;
}

/** The middle one of the numbers by size (of two, the higher); undefined where there is none. */
export const medianOf = (values: readonly number[]): number | undefined =>
  Float64Array.from(values)
    .sort()
    .at(values.length >> 1);
