import { expect, test } from "vitest";
import { continueStrands } from "../../src/stages/head/hair/strands.ts";

const [width, height, around] = [424, 160, 400];
/** Rows from the crown, which is row 0, widen up to row 100. */
const rowWidth = (row: number): number => Math.min(1, row / 100);

/** Fine stripes about a colour, known in the first columns only. */
function striped(contrast = 12) {
  const data = new Float32Array(3 * width * height);
  const weight = new Float32Array(width * height);
  for (let p = 0; p < weight.length; p++) {
    const x = p % width;
    if (x >= 80) continue;
    weight[p] = 1;
    for (let k = 0; k < 3; k++) data[3 * p + k] = 90 + 20 * k + contrast * Math.SQRT2 * Math.sin((2 * Math.PI * x) / 6);
  }
  return { data, weight };
}

/** The second channel of columns 130 to 330, in rows below the crown. */
const unseen = (data: Float32Array, from = 60) =>
  Array.from({ length: 200 }, (_, i) =>
    Array.from({ length: height - from }, (_, y) => data[3 * ((from + y) * width + 130 + i) + 1]),
  );

const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const spread = (values: number[]) => {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((v) => (v - middle) ** 2)));
};

/** Mean difference of texels that are so many columns apart, of those so many rows apart. */
const across = (part: number[][], step: number) =>
  mean(part.slice(step).flatMap((column, i) => column.map((v, y) => Math.abs(v - part[i][y]))));
const along = (part: number[][], step: number) =>
  mean(part.flatMap((column) => column.slice(step).map((v, y) => Math.abs(v - column[y]))));

const run = ({ data, weight }: { data: Float32Array; weight: Float32Array }) => {
  continueStrands({ data, width, height, around, rowWidth }, weight);
  return data;
};

test("keeps what is known", () => {
  const { data, weight } = striped();
  const filled = run({ data: data.slice(), weight });
  let worst = 0;
  for (let i = 0; i < data.length; i++)
    if (weight[Math.floor(i / 3)] === 1) worst = Math.max(worst, Math.abs(filled[i] - data[i]));
  expect(worst).toBeLessThan(0.001);
});

test("has the colour and the contrast of what is known, up to a limit", () => {
  for (const contrast of [4, 12]) {
    const all = unseen(run(striped(contrast))).flat();
    expect(Math.abs(mean(all) - 110)).toBeLessThan(5);
    expect(spread(all) / contrast).toBeGreaterThan(0.7);
    expect(spread(all) / contrast).toBeLessThan(1.3);
  }
  expect(spread(unseen(run(striped(60))).flat())).toBeLessThan(0.35 * 110);
});

test("strands run down: what differs from column to column stays from row to row", () => {
  const part = unseen(run(striped()), 100);
  expect(across(part, 3)).toBeGreaterThan(3 * along(part, 3));
});

test("strands keep their width towards the crown, where a turn has fewer columns' room", () => {
  const data = run(striped());
  const row = (y: number) => Array.from({ length: 200 }, (_, i) => [data[3 * (y * width + 130 + i) + 1]]);
  expect(across(row(12), 2)).toBeLessThan(0.6 * across(row(120), 2));
});

test("repeats after one turn", () => {
  const { data, weight } = striped();
  // What is known lies in the middle, so that both ends have the same colour.
  const filled = run({ data: roll(data, 3), weight: roll(weight, 1) });
  const ends = Array.from({ length: (width - around) * height }, (_, n) => {
    const p = Math.floor(n / (width - around)) * width + (n % (width - around));
    return [filled[3 * p + 1], filled[3 * (p + around) + 1]];
  });
  expect(spread(ends.map(([left]) => left))).toBeGreaterThan(5);
  expect(mean(ends.map(([left, right]) => Math.abs(left - right)))).toBeLessThan(2);
});

test("where nothing tells the contrast there is colour, and no strands", () => {
  const data = new Float32Array(3 * width * height);
  const weight = new Float32Array(width * height);
  weight[200] = 1;
  data.set([40, 50, 60], 600);
  const worst = run({ data, weight }).reduce((most, v, i) => Math.max(most, Math.abs(v - [40, 50, 60][i % 3])), 0);
  expect(worst).toBeLessThan(0.01);
});

/** Half a picture to the right. */
function roll(values: Float32Array, channels: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let p = 0; p < width * height; p++) {
    const q = Math.floor(p / width) * width + ((p + width / 2) % width);
    out.set(values.subarray(channels * p, channels * (p + 1)), channels * q);
  }
  return out;
}
