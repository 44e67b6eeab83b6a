import { expect, test } from "vitest";
import { continueDetail } from "../../src/stages/head/hair/strands.ts";

const [width, height] = [240, 96];

/** Vertical stripes of a period of six pixels about a grey, known in the left third only. */
function striped() {
  const data = new Float32Array(3 * width * height);
  const weight = new Float32Array(width * height);
  for (let p = 0; p < weight.length; p++) {
    const x = p % width;
    weight[p] = x < 80 ? 1 : 0;
    for (let k = 0; k < 3; k++) data[3 * p + k] = 90 + 20 * k + 30 * Math.sin((2 * Math.PI * x) / 6);
  }
  return { data, weight };
}

const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const spread = (values: number[]) => {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((v) => (v - middle) ** 2)));
};

test("keeps what is known", () => {
  const { data, weight } = striped();
  const filled = data.slice();
  continueDetail(filled, weight, width, height);
  let worst = 0;
  for (let i = 0; i < data.length; i++)
    if (weight[Math.floor(i / 3)] === 1) worst = Math.max(worst, Math.abs(filled[i] - data[i]));
  expect(worst).toBeLessThan(0.001);
});

test("continues colour and stripes: their contrast, and their direction", () => {
  const { data, weight } = striped();
  for (let p = 0; p < weight.length; p++) if (weight[p] === 0) data.fill(0, 3 * p, 3 * p + 3);
  continueDetail(data, weight, width, height);
  const far = (x: number, y: number) => data[3 * (y * width + x) + 1];
  const part = Array.from({ length: 100 }, (_, i) => Array.from({ length: height }, (_, y) => far(130 + i, y)));
  const all = part.flat();
  expect(Math.abs(mean(all) - 110)).toBeLessThan(10);
  const known = 30 / Math.SQRT2;
  expect(spread(all) / known).toBeGreaterThan(0.6);
  expect(spread(all) / known).toBeLessThan(1.3);
  const along = mean(part.flatMap((column) => column.slice(1).map((v, y) => Math.abs(v - column[y]))));
  const across = mean(part.slice(1).flatMap((column, i) => column.map((v, y) => Math.abs(v - part[i][y]))));
  expect(across).toBeGreaterThan(4 * along);
});

test("without a known patch of any size there is colour, and no detail", () => {
  const data = new Float32Array(3 * width * height);
  const weight = new Float32Array(width * height);
  for (let p = 0; p < weight.length; p += 7) {
    weight[p] = 1;
    data.set([40, 50, 60], 3 * p);
  }
  continueDetail(data, weight, width, height);
  const worst = data.reduce((most, value, i) => Math.max(most, Math.abs(value - [40, 50, 60][i % 3])), 0);
  expect(worst).toBeLessThan(0.01);
});
