import type { Voxels } from "./voxels.ts";

/** Inside, empty, inside … in turn along the rows of a grid, with the parts that hang together known by one run each. */
class Runs {
  /** First grid point of each run. */
  readonly starts: number[] = [];
  readonly #parents: number[] = [];

  add(start: number): void {
    this.#parents.push(this.starts.length);
    this.starts.push(start);
  }

  /** The run that stands for all that this one hangs together with. */
  partOf(run: number): number {
    let root = run;
    while (this.#parents[root] !== root) root = this.#parents[root];
    for (let at = run; at !== root; ) [at, this.#parents[at]] = [this.#parents[at], root];
    return root;
  }

  join(a: number, b: number): void {
    this.#parents[this.partOf(a)] = this.partOf(b);
  }
}

/**
 * Keeps hair that hangs together with the head, and fills holes that are closed all around.
 *
 * @param data a field on the grid, below 0 inside; outside at the grid's first point; changed in place
 * @param inside not 0 inside the head, at every other point of the grid
 */
export function keepAttached(
  data: Float32Array,
  { width, height, depth }: Voxels,
  inside: Uint8Array,
  coarse: Voxels,
): void {
  const runs = new Runs();
  // First run of each row.
  const rows = new Int32Array(height * depth + 1);
  for (let row = 0; row < height * depth; row++) {
    rows[row] = runs.starts.length;
    for (let p = row * width, end = p + width; p < end; p++)
      if (p === row * width || data[p] < 0 !== data[p - 1] < 0) runs.add(p);
  }
  rows[height * depth] = runs.starts.length;
  runs.starts.push(data.length);
  const isInside = (run: number) => data[runs.starts[run]] < 0;
  const joinRows = (row: number, other: number) => {
    const shift = (row - other) * width;
    for (let a = rows[row], b = rows[other]; a < rows[row + 1] && b < rows[other + 1]; ) {
      if (isInside(a) === isInside(b)) runs.join(a, b);
      // On to the next run of the row whose run ends first.
      if (runs.starts[a + 1] <= runs.starts[b + 1] + shift) a++;
      else b++;
    }
  };
  for (let k = 0, row = 0; k < depth; k++)
    for (let j = 0; j < height; j++, row++) {
      if (j > 0) joinRows(row, row - 1);
      if (k > 0) joinRows(row, row - height);
    }

  const kept = new Uint8Array(runs.starts.length);
  kept[runs.partOf(0)] = 1;
  for (let k = 0, row = 0; k < depth; k++)
    for (let j = 0; j < height; j++, row++) {
      const first = coarse.width * ((j >> 1) + coarse.height * (k >> 1));
      for (let run = rows[row]; run < rows[row + 1]; run++) {
        if (!isInside(run)) continue;
        const part = runs.partOf(run);
        for (let p = runs.starts[run]; p < runs.starts[run + 1] && !kept[part]; p++)
          kept[part] = inside[first + ((p - row * width) >> 1)];
      }
    }
  const changed: number[] = [];
  for (let run = 0; run < rows[height * depth]; run++) if (!kept[runs.partOf(run)]) changed.push(run);
  for (const run of changed)
    for (let p = runs.starts[run]; p < runs.starts[run + 1]; p++) data[p] = data[p] < 0 ? -data[p] : -1;
}
