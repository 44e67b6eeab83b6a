/**
 * Whether the ground truth of synthetic portraits is true.
 *
 *   npx tsx --conditions=source bench/synth-truth.ts --assets FOLDER [--count N] [--pairs N] [--seed S] [--sheet FILE] [--json]
 *
 * FOLDER holds MakeHuman's assets (default: the variable CAMEO_ASSETS, else ../shared/makehuman).
 *
 * - Pairs: the first picture, moved by its depth and the two poses, against the second, with one expression: their albedo maps;
 *   pictures in light that is even from everywhere, without the faults of a camera; pictures as they are.
 * - Borders: where labels change between head and not head, does depth change between the same two pixels.
 * - Overlay: the model made from coefficients and pose against depth, labels and landmarks; γ against the picture.
 * - Detector: the visible landmarks of the truth against those that the library finds in photos of heads within ±45° of yaw with
 *   nothing in front ("not behind hair": nor hair over a fifth of it), percent of the outer eye distance; "systematic" is what is the same in all photos, median over the points.
 *   --sheet FILE (PNG) shows those in which it finds no face, else the worst, truth green and found red.
 */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  type Assets,
  Extra,
  openAssets,
  type PortraitSample,
  type PortraitSpec,
  plainFilm,
  random,
  sampleNext,
  samplePortrait,
  takePortrait,
} from "@cameo/synth";
import { createDetector, decodeMorphableModel, Label, nodeRuntime, openNodeBundle, project } from "cameo";
import sharp from "sharp";
import { measureBorders } from "./synth-truth/borders.ts";
import { eyeDistance, landmarkError, layOver } from "./synth-truth/overlay.ts";
import { type Agreement, compareFrames } from "./synth-truth/reproject.ts";

const { values } = parseArgs({
  options: {
    assets: { type: "string", default: process.env.CAMEO_ASSETS ?? "../shared/makehuman" },
    count: { type: "string", default: "200" },
    pairs: { type: "string", default: "40" },
    seed: { type: "string", default: "11" },
    sheet: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const [count, pairs, seed] = [values.count, values.pairs, values.seed].map(Number);
const size = 256;
/** Side of the pictures that the detector sees. */
const photoSize = 384;
const widestYaw = 45;
/** Mean distance from the truth, percent of the eye distance, up to which a face found is the one meant. */
const sameFace = 40;
/** The parts of the 68 points: first and one past the last. */
const parts = { jaw: [0, 17], brows: [17, 27], nose: [27, 36], eyes: [36, 48], mouth: [48, 68] } as const;

if (!existsSync(values.assets)) {
  const reason = `${values.assets} does not exist; name the folder of MakeHuman's assets: bench/synth-truth.ts --assets FOLDER`;
  console.log(values.json ? JSON.stringify({ skipped: reason }) : `Skipped: ${reason}`);
} else {
  const bundle = await openNodeBundle();
  const assets = await openAssets(values.assets, await decodeMorphableModel(await bundle.read("head")));
  const report = {
    pairs: await measurePairs(assets),
    ...(await measureMaps(assets)),
    detector: await measureDetector(assets, await createDetector(bundle, nodeRuntime({ threads: 1 }))),
  };
  if (values.json) console.log(JSON.stringify(report, null, 2));
  else
    for (const [name, table] of Object.entries(report)) {
      console.log(`\n${name}`);
      console.table(table);
    }
}

/** Even light from everywhere and a faultless camera: then colours stay on the skin. */
function evenly(spec: PortraitSpec): PortraitSpec {
  const white = [1, 1, 1] as const;
  const lighting = { scene: "even", above: white, around: white, below: white, glows: [], lamps: [] };
  return { ...spec, lighting, film: plainFilm };
}

async function measurePairs(assets: Assets): Promise<Record<string, Record<string, number>>> {
  const results: Record<"albedo" | "even light, clean" | "as they are", Agreement[]> = {
    albedo: [],
    "even light, clean": [],
    "as they are": [],
  };
  const take = (spec: PortraitSpec) => takePortrait(assets, { ...spec, edge: null }, { size });
  for (let i = 0; i < pairs; i++) {
    const spec = samplePortrait(assets, seed, i, "head");
    const drawn = sampleNext(spec, [5, 15], random(seed, "portrait", i, "frame", 1));
    const next = { ...drawn, expression: spec.expression };
    const [first, second] = [await take(evenly(spec)), await take(evenly(next))];
    results.albedo.push(compareFrames(first, second, "albedo"));
    results["even light, clean"].push(compareFrames(first, second));
    results["as they are"].push(compareFrames(await take(spec), await take(next)));
  }
  return mapValues(results, (list) => ({
    "shift px, median": median(list.map(({ shift }) => Math.hypot(...shift))),
    "median x": median(list.map(({ shift }) => shift[0])),
    "median y": median(list.map(({ shift }) => shift[1])),
    "colour error of 255, median": median(list.map(({ colourError }) => colourError)),
    "depth error mm, median": median(list.map(({ depthError }) => depthError)),
    "share of head compared": mean(list.map(({ share }) => share)),
  }));
}

async function measureMaps(assets: Assets): Promise<Record<"borders" | "overlay", Record<string, number>>> {
  const totals = { open: 0, openSteps: 0, covered: 0, coveredSteps: 0, wrong: 0 };
  const overlays = [];
  const bare = [];
  for (let i = 0; i < pairs; i++) {
    const spec = samplePortrait(assets, seed, i, "head");
    const sample = await takePortrait(assets, { ...spec, film: plainFilm, edge: null }, { size });
    const borders = measureBorders(sample);
    for (const key of Object.keys(totals) as (keyof typeof totals)[]) totals[key] += borders[key];
    overlays.push(layOver(assets.model, sample));
    const { beard, wear } = spec;
    const hair = { ...spec.hair, kind: "bald", layers: [] } as const;
    const nothing = { headwear: null, glasses: null, occluder: null, earrings: null, headphones: null, flower: null };
    const plain = {
      ...spec,
      hair,
      beard: { ...beard, kind: "none", length: 0 },
      wear: { ...wear, ...nothing },
    } as const;
    bare.push(layOver(assets.model, await takePortrait(assets, { ...plain, film: plainFilm, edge: null }, { size })));
  }
  return {
    borders: {
      "head | background pairs": totals.open,
      "with a step in depth": totals.openSteps / totals.open,
      "head | clothes, occluders": totals.covered,
      "with a step above 5 mm": totals.coveredSteps / totals.covered,
      "pixels with label but no depth, or depth but no label": totals.wrong,
    },
    overlay: {
      "bare heads: IoU, median": median(bare.map(({ silhouette }) => silhouette)),
      "bare heads: face covered, mean": mean(bare.map(({ covered }) => covered)),
      "depth of face mm, median": median(overlays.map(({ depth }) => depth)),
      "landmarks % of eye distance, median": median(overlays.map(({ landmarks }) => landmarks)),
      "correlation of γ-lit luminance, median": median(overlays.map(({ light }) => light)),
    },
  };
}

async function measureDetector(
  assets: Assets,
  detector: Awaited<ReturnType<typeof createDetector>>,
): Promise<Record<string, number>> {
  const offsets68 = Array.from({ length: 68 }, (): Offset[] => []);
  const offsets468 = Array.from({ length: 468 }, (): Offset[] => []);
  const photos: Photo[] = [];
  for (let i = 0; photos.length < count; i++) {
    const spec = samplePortrait(assets, seed, i, "photo");
    if (spec.wear.occluder || Math.abs(spec.view.head.yaw) > widestYaw) continue;
    const sample = await takePortrait(assets, spec, { size: photoSize, seed, index: i });
    const { camera, landmarks68, landmarks468, angles, facts } = sample.truth;
    const expected = project(Float32Array.from(landmarks68.points), camera);
    const faces = await detector.detect({ width: photoSize, height: photoSize, data: sample.image });
    const face = faces.find(({ landmarks68: found }) => landmarkError(found, expected) < sameFace);
    const hidden = hiddenShare(sample, expected);
    if (!face) console.error(`no face: ${JSON.stringify({ index: i, hidden, ...angles, ...facts })}`);
    photos.push({
      sample,
      expected,
      found: face?.landmarks68,
      hidden,
      error: face ? landmarkError(face.landmarks68, expected) : Infinity,
    });
    if (!face) continue;
    const unit = eyeDistance(expected) / 100;
    const dense = project(Float32Array.from(landmarks468.points), camera);
    const found = face.landmarks468.filter((_, k) => k % 3 < 2);
    addOffsets(offsets68, face.landmarks68, expected, landmarks68.visible, unit, angles.roll);
    addOffsets(offsets468, found, dense, landmarks468.visible, unit, angles.roll);
  }
  if (values.sheet) await drawSheet(photos.toSorted((a, b) => b.error - a.error).slice(0, 24), values.sheet);
  const distances = (list: readonly Offset[][]) => list.flat().map((offset) => Math.hypot(...offset));
  return {
    photos: count,
    "face found": mean(photos.map(({ found }) => (found ? 1 : 0))),
    "face found, not behind hair": mean(
      photos.filter(({ hidden }) => hidden < 0.2).map(({ found }) => (found ? 1 : 0)),
    ),
    "68 points, median": median(distances(offsets68)),
    "68 points, mean": mean(distances(offsets68)),
    "468 points, median": median(distances(offsets468)),
    "468 points, mean": mean(distances(offsets468)),
    ...mapValues(parts, ([first, end]) => median(distances(offsets68.slice(first, end)))),
    "68 points, systematic": median(offsets68.map(typicalLength)),
    "468 points, systematic": median(offsets468.map(typicalLength)),
    "68 points without it, median": median(distances(offsets68.map(withoutTypical))),
    "468 points without it, median": median(distances(offsets468.map(withoutTypical))),
  };
}

/** x and y from a point of the truth to the one found, turned upright, percent of the outer eye distance. */
type Offset = readonly [number, number];

interface Photo {
  readonly sample: PortraitSample;
  readonly expected: Float32Array;
  readonly found?: Float32Array;
  readonly hidden: number;
  readonly error: number;
}

/** Share of brows, nose, eyes and mouth (points 17 to 67) at whose place the picture shows hair, glasses or anything but face. */
function hiddenShare({ labels, extras }: PortraitSample, points: Float32Array): number {
  let hidden = 0;
  for (let i = 34; i < points.length; i += 2) {
    const p = Math.floor(points[i + 1]) * photoSize + Math.floor(points[i]);
    if ((labels[p] !== Label.face && labels[p] !== Label.innerMouth) || extras[p] !== Extra.none) hidden++;
  }
  return hidden / (points.length / 2 - 17);
}

function addOffsets(
  offsets: readonly Offset[][],
  found: Float32Array,
  expected: Float32Array,
  visible: readonly number[],
  unit: number,
  roll: number,
): void {
  const [cos, sin] = [Math.cos((roll * Math.PI) / 180) / unit, Math.sin((roll * Math.PI) / 180) / unit];
  for (const [k, list] of offsets.entries()) {
    if (!visible[k]) continue;
    const x = found[2 * k] - expected[2 * k];
    const y = found[2 * k + 1] - expected[2 * k + 1];
    list.push([cos * x + sin * y, cos * y - sin * x]);
  }
}

/** The median offset: what is the same in all pictures. */
const typical = (offsets: readonly Offset[]): Offset => [
  median(offsets.map(([x]) => x)),
  median(offsets.map(([, y]) => y)),
];

const typicalLength = (offsets: readonly Offset[]): number => Math.hypot(...typical(offsets));

/** What is left: how far the two would lie apart if both meant the same places. */
function withoutTypical(offsets: readonly Offset[]): Offset[] {
  const [tx, ty] = typical(offsets);
  return offsets.map(([x, y]) => [x - tx, y - ty]);
}

async function drawSheet(photos: readonly Photo[], file: string): Promise<void> {
  const columns = 6;
  const tiles = photos.map(({ sample, found, expected }, k) => {
    const image = Buffer.from(sample.image);
    const mark = (points: Float32Array, colour: readonly number[]) => {
      for (let i = 0; i < points.length; i += 2) {
        const [x, y] = [Math.floor(points[i]), Math.floor(points[i + 1])];
        if (x >= 0 && y >= 0 && x < photoSize && y < photoSize) image.set(colour, 3 * (y * photoSize + x));
      }
    };
    mark(expected, [0, 255, 0]);
    if (found) mark(found, [255, 0, 0]);
    const raw = { width: photoSize, height: photoSize, channels: 3 } as const;
    return { input: image, raw, left: (k % columns) * photoSize, top: Math.floor(k / columns) * photoSize };
  });
  const height = Math.ceil(tiles.length / columns) * photoSize;
  await sharp({ create: { width: columns * photoSize, height, channels: 3, background: "black" } })
    .composite(tiles)
    .png()
    .toFile(file);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

function mapValues<K extends string, A, B>(record: Record<K, A>, change: (value: A) => B): Record<K, B> {
  return Object.fromEntries(Object.entries<A>(record).map(([key, value]) => [key, change(value)])) as Record<K, B>;
}
