/**
 * How close the fitted faces of random MakeHuman heads are to the truth, in 3D.
 *
 *   npx tsx --conditions=source bench/fit.ts --data FOLDER [--count N] [--seed S] [--cache FOLDER] [--json]
 *
 * FOLDER is the MakeHuman head pack. Heads the model has not seen are drawn with random expressions, skins, hair, light,
 * cameras (24–135 mm, 0.4–2 m) and poses; the real detector looks at the pictures, and its landmarks are fitted. Pictures
 * are seen only once: what the detector saw is kept in the cache. Medians over all heads, then by |yaw|.
 */
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createDetector, decodeMorphableModel, nodeRuntime, openNodeBundle, project } from "cameo";
import { type FitOptions, fitFace } from "../packages/cameo/src/stages/face/fit.ts";
import { landmarkBasis } from "../packages/cameo/src/stages/face/landmark-basis.ts";
import { type Errors, measure, partsOf } from "./fit/measure.ts";
import { type Sitting, sit } from "./fit/sittings.ts";
import { openStudio, pointsOf } from "./fit/subjects.ts";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/makehuman" },
    count: { type: "string", default: "60" },
    seed: { type: "string", default: "5000" },
    cache: { type: "string", default: join(tmpdir(), "cameo-bench-fit") },
    json: { type: "boolean", default: false },
  },
});

/** What is fitted, and how. */
interface Trial {
  readonly name: string;
  /** The true landmarks instead of those detected. */
  readonly exact?: boolean;
  readonly focalKnown?: boolean;
  readonly options?: FitOptions;
}

const trials: readonly Trial[] = [
  { name: "detected, focal length known", focalKnown: true },
  { name: "detected, focal length estimated" },
  { name: "exact landmarks, focal length known", exact: true, focalKnown: true },
  { name: "exact landmarks, focal length estimated", exact: true },
  { name: "mean face, focal length known", focalKnown: true, options: { iterations: 0 } },
];
/** Borders of the bins of |yaw|, degrees. */
const bins = [0, 10, 20, 35, 60.1];

if (!existsSync(values.data)) {
  const reason = `${values.data} does not exist; name the MakeHuman head pack: bench/fit.ts --data FOLDER`;
  console.log(values.json ? JSON.stringify({ skipped: reason }) : `Skipped: ${reason}`);
} else {
  await run(values.data);
}

async function run(data: string): Promise<void> {
  const bundle = await openNodeBundle();
  const model = await decodeMorphableModel(await bundle.read("head"));
  const seeds = Array.from({ length: Number(values.count) }, (_, i) => Number(values.seed) + i);
  const open = async () => ({
    studio: await openStudio(data, model),
    detector: await createDetector(bundle, nodeRuntime({ threads: 1 })),
  });
  const sittings = await sit(seeds, model, values.cache, open, (done) => {
    if (done % 20 === 0 && !values.json) console.log(`${done} of ${seeds.length} heads`);
  });
  const found = sittings.filter(({ landmarks }) => landmarks !== null);
  const basis = landmarkBasis(model);
  const parts = partsOf(model);

  const results = trials.map(({ name, exact, focalKnown, options }) => {
    const errors: Errors[] = [];
    const times: number[] = [];
    for (const { truth, landmarks } of found) {
      const points = exact ? project(pointsOf(model, truth, "landmarks468"), truth.camera) : planar(landmarks!);
      const start = performance.now();
      const fit = fitFace(basis, points, truth.size, { ...options, focal: focalKnown ? truth.camera.fx : undefined });
      times.push(performance.now() - start);
      errors.push(measure(model, parts, truth, fit));
    }
    return { name, errors, times };
  });

  const groups = [
    { name: "all", chosen: found.map(() => true) },
    ...bins.slice(1).map((end, b) => ({
      name: `|yaw| ${bins[b]}–${Math.round(end)}°`,
      chosen: found.map((s) => yawOf(s) >= bins[b] && yawOf(s) < end),
    })),
  ].map(({ name, chosen }) => ({
    name,
    heads: chosen.filter(Boolean).length,
    rows: Object.fromEntries(
      results.map((result) => [result.name, summary(result.errors.filter((_, i) => chosen[i]))]),
    ),
  }));
  const times = Object.fromEntries(results.map((result) => [result.name, median(result.times)]));
  if (values.json) {
    console.log(JSON.stringify({ heads: seeds.length, found: found.length, groups, times }, null, 2));
    return;
  }
  console.log(
    `A face was found on ${found.length} of ${seeds.length} heads. Medians of sizes; mm, degrees, % of eye distance.`,
  );
  for (const { name, heads, rows } of groups) {
    console.log(`${name}: ${heads} heads`);
    if (heads > 0) console.table(rows);
  }
  console.log("Median time of a fit, ms:", times);
}

function yawOf({ truth }: Sitting): number {
  return (Math.abs(truth.angles.yaw) * 180) / Math.PI;
}

/** Median size of every error. */
function summary(errors: readonly Errors[]): Record<string, number> {
  const names = Object.keys(errors[0] ?? {}) as (keyof Errors)[];
  return Object.fromEntries(
    names.map((name) => [name, Number(median(errors.map((e) => Math.abs(e[name]))).toFixed(2))]),
  );
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** x, y of x, y, z triples. */
function planar(points: Float32Array): Float32Array {
  return Float32Array.from({ length: (points.length / 3) * 2 }, (_, i) => points[3 * (i >> 1) + (i & 1)]);
}
