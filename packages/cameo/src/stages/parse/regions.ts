import type { LabelMap } from "../../image.ts";

/** The connected regions (by edges) of a label map, as runs: maximal stretches of one class within a row. */
export interface Regions {
  readonly count: number;
  /** Class of each region. */
  readonly classes: Uint8Array;
  /** Pixels of each region. */
  readonly areas: Uint32Array;
  /** 1 for regions that reach the border of the map. */
  readonly atBorder: Uint8Array;
  /** Runs of row y: `rows[y]` … `rows[y + 1] − 1`. */
  readonly rows: Uint32Array;
  /** First pixel of each run, as an index into the map; a run ends where the next one begins. One more at the end. */
  readonly starts: Uint32Array;
  /** Region of each run. */
  readonly ofRun: Uint32Array;
}

/** @param classOf class of each label: labels of one class make one region */
export function findRegions({ width, height, data }: LabelMap, classOf: readonly number[]): Regions {
  const table = Uint8Array.from(classOf);
  const rows = new Uint32Array(height + 1);
  let found = new Uint32Array(4096);
  let runs = 0;
  for (let y = 0; y < height; y++) {
    if (runs + width >= found.length) found = enlarged(found, 2 * (runs + width));
    const end = (y + 1) * width;
    for (let i = y * width; i < end; ) {
      found[runs++] = i;
      const label = data[i];
      const c = table[label];
      do i++;
      while (i < end && (data[i] === label || table[data[i]] === c));
    }
    rows[y + 1] = runs;
  }
  const starts = found.slice(0, runs + 1);
  starts[runs] = width * height;
  const runClasses = new Uint8Array(runs);
  for (let r = 0; r < runs; r++) runClasses[r] = table[data[starts[r]]];

  // Disjoint sets of runs: each points towards the representative of its set.
  const parent = Uint32Array.from({ length: runs }, (_, r) => r);
  const find = (r: number): number => {
    let root = r;
    while (parent[root] !== root) {
      parent[root] = parent[parent[root]];
      root = parent[root];
    }
    return root;
  };
  visitTouching(rows, starts, width, (above, run) => {
    if (runClasses[above] === runClasses[run]) parent[find(above)] = find(run);
  });

  const ofRun = new Uint32Array(runs);
  const number = new Int32Array(runs).fill(-1);
  let count = 0;
  for (let r = 0; r < runs; r++) {
    const root = find(r);
    if (number[root] < 0) number[root] = count++;
    ofRun[r] = number[root];
  }
  const classes = new Uint8Array(count);
  const areas = new Uint32Array(count);
  const atBorder = new Uint8Array(count);
  for (let r = 0; r < runs; r++) {
    classes[ofRun[r]] = runClasses[r];
    areas[ofRun[r]] += starts[r + 1] - starts[r];
  }
  for (let y = 0; y < height; y++) {
    atBorder[ofRun[rows[y]]] = 1;
    atBorder[ofRun[rows[y + 1] - 1]] = 1;
    if (y === 0 || y === height - 1) for (let r = rows[y]; r < rows[y + 1]; r++) atBorder[ofRun[r]] = 1;
  }
  return { count, classes, areas, atBorder, rows, starts, ofRun };
}

function enlarged(values: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const out = new Uint32Array(length);
  out.set(values);
  return out;
}

/** Calls back for every two runs in neighbouring rows that touch, with the number of pixels they touch along. */
function visitTouching(
  rows: Uint32Array,
  starts: Uint32Array,
  width: number,
  visit: (above: number, run: number, length: number) => void,
): void {
  for (let y = 1; y + 1 < rows.length; y++) {
    let above = rows[y - 1];
    let run = rows[y];
    while (above < rows[y] && run < rows[y + 1]) {
      const end = starts[above + 1] + width;
      const length = Math.min(end, starts[run + 1]) - Math.max(starts[above] + width, starts[run]);
      if (length > 0) visit(above, run, length);
      if (end <= starts[run + 1]) above++;
      else run++;
    }
  }
}

/** How long each region's border with each class is, pixels: that of region i with class c is at i · classCount + c. */
export function neighbourClasses(regions: Regions, width: number, classCount: number): Uint32Array {
  const { count, classes, rows, starts, ofRun } = regions;
  const lengths = new Uint32Array(count * classCount);
  const meet = (a: number, b: number, length: number) => {
    if (a === b) return;
    lengths[a * classCount + classes[b]] += length;
    lengths[b * classCount + classes[a]] += length;
  };
  visitTouching(rows, starts, width, (above, run, length) => meet(ofRun[above], ofRun[run], length));
  for (let y = 0; y + 1 < rows.length; y++)
    for (let r = rows[y] + 1; r < rows[y + 1]; r++) meet(ofRun[r - 1], ofRun[r], 1);
  return lengths;
}

/** Gives every region for which there is a new label (not negative) that label. */
export function relabel({ starts, ofRun }: Regions, data: Uint8Array, labels: Int8Array): void {
  for (let r = 0; r < ofRun.length; r++) {
    const label = labels[ofRun[r]];
    if (label >= 0) data.fill(label, starts[r], starts[r + 1]);
  }
}
