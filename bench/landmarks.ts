/**
 * How far the landmarks of the reconstructed heads lie from those given with a folder of photos.
 *
 *   npm run bench:landmarks [-- --photos DIR] [--json]
 *
 * DIR/NAME.landmarks.json holds `points`, 68 × [x, y]; DIR/extra/NAME.points5.json holds five: eye centres, nose tip, mouth
 * corners, each pair from picture left to right. Both have pixel centres at whole numbers; ours are at +0.5. Distances are
 * in percent of the outer eye distance (points 36 and 45), for five points of the distance between the eye centres.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Cameo, type Head } from "cameo";

type Point = readonly [number, number];

/** The parts of the face in the usual order of the 68 points: first and one past the last. */
const parts = { jaw: [0, 17], brows: [17, 27], nose: [27, 36], eyes: [36, 48], mouth: [48, 68] } as const;
/** Mean distance that all photos with 68 points should stay under, percent. */
const LIMIT = 3.5;

interface Row {
  photo: string;
  /** Mean distance over all points, percent. */
  error: number;
  /** Mean distance per part, percent; only with 68 points. */
  parts?: Record<keyof typeof parts, number>;
  yaw: number;
}

const { values } = parseArgs({
  options: { photos: { type: "string", default: "../shared/photos" }, json: { type: "boolean", default: false } },
});

if (!existsSync(values.photos)) {
  const reason = `${values.photos} does not exist; name a folder of photos with landmarks: npm run bench:landmarks -- --photos DIR`;
  console.log(values.json ? JSON.stringify({ skipped: reason }) : `Skipped: ${reason}`);
} else {
  const cameo = await Cameo.load();
  const all = await measure(cameo, values.photos, ".landmarks.json", compare68);
  const five = await measure(cameo, join(values.photos, "extra"), ".points5.json", compare5);
  await cameo.dispose();
  if (values.json) console.log(JSON.stringify({ limit: LIMIT, landmarks68: all, points5: five }, null, 2));
  else {
    print("68 points, % of the outer eye distance", all.rows);
    print("5 points, % of the distance between the eyes", five.rows);
    for (const { photo, reason } of [...all.failed, ...five.failed]) console.log(`${photo}: ${reason}`);
    const over = all.rows.filter(({ error }) => error >= LIMIT).length;
    console.log(`${over} of ${all.rows.length} photos at or over the limit of ${LIMIT} %.`);
  }
  if (all.failed.length + five.failed.length > 0) process.exitCode = 1;
}

/** Reconstructs every photo of a folder that has reference points. */
async function measure(
  cameo: Cameo,
  folder: string,
  suffix: string,
  compare: (landmarks: Point[], reference: Point[]) => Pick<Row, "error" | "parts">,
): Promise<{ rows: Row[]; failed: { photo: string; reason: string }[] }> {
  const rows: Row[] = [];
  const failed = [];
  const files = existsSync(folder) ? readdirSync(folder).sort() : [];
  for (const file of files.filter((file) => file.endsWith(suffix))) {
    const photo = file.slice(0, -suffix.length);
    const { points }: { points: Point[] } = JSON.parse(readFileSync(join(folder, file), "utf8"));
    try {
      const head = await cameo.reconstruct(join(folder, `${photo}.jpg`));
      rows.push({ photo, ...compare(landmarksOf(head), points), yaw: (head.angles.yaw * 180) / Math.PI });
    } catch (error) {
      failed.push({ photo, reason: (error as Error).message });
    }
  }
  return { rows, failed };
}

/** The 68 landmarks with pixel centres at whole numbers. */
function landmarksOf({ landmarks }: Head): Point[] {
  return Array.from({ length: 68 }, (_, i) => [landmarks[2 * i] - 0.5, landmarks[2 * i + 1] - 0.5]);
}

function compare68(landmarks: Point[], reference: Point[]): Pick<Row, "error" | "parts"> {
  const unit = distance(reference[36], reference[45]) / 100;
  const errors = landmarks.map((point, i) => distance(point, reference[i]) / unit);
  const partErrors = Object.entries(parts).map(([part, [first, end]]) => [part, mean(errors.slice(first, end))]);
  return { error: mean(errors), parts: Object.fromEntries(partErrors) };
}

function compare5(landmarks: Point[], reference: Point[]): Pick<Row, "error"> {
  const unit = distance(reference[0], reference[1]) / 100;
  const five = [
    centre(landmarks.slice(36, 42)),
    centre(landmarks.slice(42, 48)),
    landmarks[30],
    landmarks[48],
    landmarks[54],
  ];
  return { error: mean(five.map((point, i) => distance(point, reference[i]) / unit)) };
}

function print(title: string, rows: Row[]): void {
  if (rows.length === 0) return;
  console.log(title);
  console.table(
    Object.fromEntries(
      [...rows, { photo: "mean", ...meanOf(rows) }].map(({ photo, error, parts, yaw }) => [
        photo,
        Object.fromEntries(
          Object.entries({ all: error, ...parts, yaw }).map(([key, x]) => [key, Number(x.toFixed(2))]),
        ),
      ]),
    ),
  );
}

function meanOf(rows: Row[]): Omit<Row, "photo"> {
  const names = Object.keys(rows[0]?.parts ?? {}) as (keyof typeof parts)[];
  return {
    error: mean(rows.map(({ error }) => error)),
    parts: Object.fromEntries(names.map((part) => [part, mean(rows.map((row) => row.parts![part]))])) as Row["parts"],
    yaw: mean(rows.map(({ yaw }) => Math.abs(yaw))),
  };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

function mean(values: number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

function centre(points: Point[]): Point {
  return [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
}
