/**
 * Times new views of a head, and measures the memory that a long transfer takes.
 *
 *   npm run bench:turn [-- --photo FILE --runs N --frames N --network FILE --threads N --json]
 *
 * Views: a turn of the head at 256 and 1024 pixels, warm; `coarse` is the head re-projected, what is missing left
 * transparent; `filled`, from its surroundings; `refined`, by the refinement network, the bundle's or that of `--network`.
 * Transfer: a video of the photo's own head that turns to and fro drives it; after every 100 frames, the resident memory and
 * what of it JavaScript holds once garbage is collected.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Cameo, type Head, openNodeBundle, REFINE_MODEL, type RgbaImage, type RgbImage } from "cameo";

/** Longer sides of the views, pixels. */
const SIZES = [256, 1024];
/** The turn that is timed, radians. */
const ANGLES = { yaw: 0.3, pitch: 0.1 };
/** Longer side of the driver and of what it makes. */
const TRANSFER_SIZE = 256;
/** Different frames of the driver; then they come again. */
const LOOP = 24;
/** Memory is looked at after so many frames. */
const STEP = 100;

interface Milliseconds {
  median: number;
  least: number;
  most: number;
}

interface Memory {
  frames: number;
  residentMB: number;
  heldMB: number;
}

const { values } = parseArgs({
  options: {
    photo: { type: "string", default: fileURLToPath(new URL("../examples/portrait.jpg", import.meta.url)) },
    runs: { type: "string", default: "10" },
    frames: { type: "string", default: "500" },
    network: { type: "string" },
    threads: { type: "string" },
    json: { type: "boolean", default: false },
  },
});

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

const threads = values.threads === undefined ? undefined : Number(values.threads);
const refine = values.network === undefined ? undefined : await readFile(values.network);
const hasNetwork = refine !== undefined || (await openNodeBundle()).models.some(({ name }) => name === REFINE_MODEL);
const cameo = await Cameo.load({ threads, networks: { refine } });
const head = await cameo.reconstruct(values.photo);
const views = await timeViews(head, Number(values.runs));
const memory = await watchMemory(head, Number(values.frames));
await cameo.dispose();

if (values.json)
  console.log(JSON.stringify({ photo: values.photo, runs: Number(values.runs), views, memory }, null, 2));
else {
  console.log(`${values.photo}, ${threads ?? "default"} threads; milliseconds, ${values.runs} runs`);
  console.table(views);
  console.log(`transfer at ${TRANSFER_SIZE} pixels; MB`);
  console.table(memory);
}

/** Milliseconds of each kind of view at each size, warm. */
async function timeViews(head: Head, runs: number): Promise<Record<string, Milliseconds>> {
  const ways: Record<string, (size: number) => RgbaImage | Promise<RgbaImage>> = {
    coarse: (size) => head.render({ angles: ANGLES, size, holes: "transparent" }),
    filled: (size) => head.render({ angles: ANGLES, size }),
    ...(hasNetwork && { refined: (size: number) => cameo.refine(head, { angles: ANGLES, size }) }),
  };
  const result: Record<string, Milliseconds> = {};
  for (const size of SIZES)
    for (const [way, make] of Object.entries(ways)) {
      await make(size);
      const times: number[] = [];
      for (let i = 0; i < runs; i++) {
        const start = performance.now();
        await make(size);
        times.push(performance.now() - start);
      }
      times.sort((a, b) => a - b);
      const [least, median, most] = [times[0], times[times.length >> 1], times[times.length - 1]].map((t) =>
        Number(t.toFixed(1)),
      );
      result[`${way}, ${size}`] = { median, least, most };
    }
  return result;
}

/** Memory in the course of a transfer. */
async function watchMemory(head: Head, count: number): Promise<Memory[]> {
  const loop = Array.from({ length: LOOP }, (_, i) =>
    opaque(head.render({ angles: { yaw: 0.25 * Math.sin((2 * Math.PI * i) / LOOP) }, size: TRANSFER_SIZE })),
  );
  function* driver() {
    for (let i = 0; i < count; i++) yield loop[i % LOOP];
  }
  const seen: Memory[] = [];
  let frames = 0;
  for await (const { held } of cameo.transferVideo(driver(), head, { size: TRANSFER_SIZE })) {
    if (held) throw new Error(`No face was found in frame ${frames} of the driver.`);
    frames++;
    if (frames % STEP === 0) seen.push(memoryAfter(frames));
  }
  return seen;
}

function memoryAfter(frames: number): Memory {
  const megabytes = (bytes: number) => Math.round(bytes / 2 ** 20);
  const residentMB = megabytes(process.memoryUsage().rss);
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { frames, residentMB, heldMB: megabytes(heapUsed + arrayBuffers) };
}

function opaque({ width, height, data }: RgbaImage): RgbImage {
  return { width, height, data: data.filter((_, i) => i % 4 !== 3) };
}
