import { readFileSync } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { CameoError, failWriting, writeFileWhole } from "cameo";
import { defaultPortraitOptions, type PortraitOptions, type PortraitSample } from "../sample.ts";
import { decodeMap, encodeMaps, type MapName, type Maps, mapNames, type PictureFormat } from "./maps.ts";
import { type StreamOptions, streamPortraits } from "./stream.ts";
import { indexTar, type Place, readPlace, tarEnd, tarEntry } from "./tar.ts";
import { decodeTruths, encodeTruths, type Truths } from "./truths.ts";

/** Subjects in a shard, unless told otherwise. */
const SHARD_SIZE = 256;
const descriptionFile = "set.json";
const truthsFile = "truths.bin";

/** What a folder of shards says of itself, in `set.json`. */
export interface SetDescription {
  readonly version: 1;
  /** Version of the package that made the portraits, and edition of the portraits: another one may draw others from the same seed. */
  readonly generator: string;
  readonly seed: number;
  readonly format: PictureFormat;
  readonly options: PortraitOptions;
}

/** A shard holds the subjects `first` to `last`; it is called `portraits-<first>-<last>.tar`. */
interface Span {
  readonly first: number;
  readonly last: number;
}

export interface WriteShardsOptions extends StreamOptions {
  readonly folder: string;
  readonly format: PictureFormat;
  /** Subjects in a shard. Default 256. */
  readonly shardSize?: number;
  /** Called with each subject's pictures when they are written. */
  readonly onPortrait?: (frames: readonly PortraitSample[]) => void;
  /** Called before the first portrait is made: how many subjects are there already, of those asked for. */
  readonly onStart?: (present: number) => void;
}

export interface ShardsWritten {
  /** Subjects that were there already, and that were made. */
  readonly kept: number;
  readonly made: number;
  /** Size of what was written. */
  readonly bytes: number;
}

/**
 * Makes portraits and writes them into a folder as shards: tar archives with the image files of each picture and one
 * binary record of what is known about them. A shard appears whole or not at all. What the folder already holds of the
 * same set is kept and not made again, so that the same call goes on after an interruption.
 * @throws {@link CameoError} `set-differs` if the folder holds another set; OutputError if something cannot be written; what
 *   {@link streamPortraits} throws
 */
export async function writeShards(options: WriteShardsOptions): Promise<ShardsWritten> {
  const { folder, format, seed, first = 0, count, shardSize = SHARD_SIZE, onStart, onPortrait } = options;
  const description: SetDescription = {
    version: 1,
    generator,
    seed,
    format,
    options: { ...defaultPortraitOptions, ...options.options },
  };
  await mkdir(folder, { recursive: true }).catch((cause) => failWriting(folder, cause));
  await claim(folder, description);
  const missing = gaps(await listShards(folder), { first, last: first + count - 1 });
  const absent = missing.reduce((sum, gap) => sum + gap.last - gap.first + 1, 0);
  onStart?.(count - absent);
  let bytes = 0;
  for (const gap of missing) {
    const portraits = streamPortraits({ ...options, first: gap.first, count: gap.last - gap.first + 1 });
    const encoded = encodeAhead(portraits, format);
    try {
      for (const span of split(gap, shardSize)) bytes += await writeShard(folder, span, format, encoded, onPortrait);
    } finally {
      await encoded.return();
    }
  }
  return { kept: count - absent, made: absent, bytes };
}

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};
/** To be raised whenever a seed comes to give other portraits: sets must not mix them. */
const edition = 2;
const generator = `${version}+${edition}`;

/** Writes the description, or checks that the one that is there says the same. */
async function claim(folder: string, wanted: SetDescription): Promise<void> {
  const path = join(folder, descriptionFile);
  const exists = await stat(path).catch(() => null);
  if (!exists) return writeFileWhole(path, `${JSON.stringify(wanted, null, 2)}\n`);
  const found = await readDescription(folder);
  const flat = ({ options, ...rest }: SetDescription) => new Map(Object.entries({ ...rest, ...options }));
  const before = flat(found);
  for (const [name, value] of flat(wanted))
    if (String(before.get(name)) !== String(value))
      throw new CameoError(
        "set-differs",
        `${folder} holds portraits with ${name} ${String(before.get(name))}, not ${String(value)}; choose another folder, or the same options to go on.`,
      );
}

async function readDescription(folder: string): Promise<SetDescription> {
  const path = join(folder, descriptionFile);
  const text = await readFile(path, "utf8").catch((cause) => {
    throw new CameoError("no-set", `${folder} holds no portraits: there is no ${path}.`, { cause });
  });
  let found: Partial<SetDescription> | null = null;
  try {
    found = JSON.parse(text);
  } catch {}
  if (found?.version !== 1 || typeof found.options?.size !== "number" || typeof found.options.frames !== "number")
    throw new CameoError("no-set", `${path} does not describe portraits that this version can read.`);
  return found as SetDescription;
}

const number = (index: number) => String(index).padStart(8, "0");
const shardName = ({ first, last }: Span) => `portraits-${number(first)}-${number(last)}.tar`;
/** Names as WebDataset groups them: what is before the first dot is the same for all files of a picture. */
const memberName = (index: number, frame: number, map: MapName, format: PictureFormat) =>
  `${number(index)}-${frame}.${map}.${map === "image" ? format : "png"}`;

/** The shards of a folder, in the order of their subjects. */
async function listShards(folder: string): Promise<Span[]> {
  const spans: Span[] = [];
  for (const name of await readdir(folder)) {
    const found = /^portraits-(\d{8,})-(\d{8,})\.tar$/.exec(name);
    if (found) spans.push({ first: Number(found[1]), last: Number(found[2]) });
  }
  return spans.sort((a, b) => a.first - b.first);
}

/** What of a span is in none of the others. */
function gaps(present: readonly Span[], { first, last }: Span): Span[] {
  const found: Span[] = [];
  let next = first;
  for (const span of [...present, { first: last + 1, last }]) {
    if (span.first > next) found.push({ first: next, last: Math.min(last, span.first - 1) });
    next = Math.max(next, span.last + 1);
    if (next > last) break;
  }
  return found;
}

/** Parts of a span that end at multiples of the shard size. */
function* split({ first, last }: Span, size: number): Generator<Span> {
  for (let start = first; start <= last; ) {
    const end = Math.min(last, (Math.floor(start / size) + 1) * size - 1);
    yield { first: start, last: end };
    start = end + 1;
  }
}

interface Encoded {
  readonly frames: readonly PortraitSample[];
  readonly files: readonly Record<MapName, Uint8Array>[];
}

/** Portraits that are encoded at a time, or wait to be written. */
const ENCODED_AHEAD = 4;

/** Encodes portraits, in order. */
async function* encodeAhead(
  portraits: AsyncGenerator<PortraitSample[]>,
  format: PictureFormat,
): AsyncGenerator<Encoded, void, undefined> {
  const pending: Promise<Encoded>[] = [];
  let failure: unknown;
  try {
    for await (const frames of portraits) {
      const encoding = Promise.all(frames.map((frame) => encodeMaps(frame, format))).then((files) => ({
        frames,
        files,
      }));
      // An error surfaces when its turn has come.
      encoding.catch(() => {});
      pending.push(encoding);
      if (pending.length === ENCODED_AHEAD) yield await pending.shift()!;
    }
  } catch (error) {
    failure = error;
  }
  // Portraits that were made before another failed are not lost.
  while (pending.length > 0) yield await pending.shift()!;
  if (failure) throw failure;
}

/** Writes the next subjects into one shard. @returns its size in bytes */
async function writeShard(
  folder: string,
  span: Span,
  format: PictureFormat,
  encoded: AsyncGenerator<Encoded>,
  onPortrait: WriteShardsOptions["onPortrait"],
): Promise<number> {
  const path = join(folder, shardName(span));
  const temporary = join(folder, `.${shardName(span)}.tmp`);
  const file = await open(temporary, "w").catch((cause) => failWriting(path, cause));
  const write = (bytes: Uint8Array) => file.writeFile(bytes).catch((cause) => failWriting(path, cause));
  let size = 0;
  try {
    const samples: PortraitSample[] = [];
    const add = async (name: string, content: Uint8Array) => {
      const entry = tarEntry(name, content);
      await write(entry);
      size += entry.length;
    };
    for (let index = span.first; index <= span.last; index++) {
      const { frames, files } = (await encoded.next()).value as Encoded;
      for (const [frame, maps] of files.entries())
        for (const map of mapNames) await add(memberName(index, frame, map, format), maps[map]);
      samples.push(...frames);
      onPortrait?.(frames);
    }
    await add(truthsFile, encodeTruths(samples));
    await write(tarEnd);
    await file.sync().catch((cause) => failWriting(path, cause));
    await file.close();
    await rename(temporary, path).catch((cause) => failWriting(path, cause));
    return size + tarEnd.length;
  } finally {
    await file.close().catch(() => {});
    await rm(temporary, { force: true });
  }
}

/** Portraits in a folder. */
export interface PortraitSet {
  readonly description: SetDescription;
  /** Number of pictures: all frames of the first subject, then those of the next, … */
  readonly count: number;
  /**
   * Reads one picture.
   * @param maps which maps to read; the others are left empty
   * @throws if its shard is damaged
   */
  sample(number: number, maps?: readonly MapName[]): Promise<PortraitSample>;
}

/** @throws {@link CameoError} `no-set` if the folder holds no portraits */
export async function openShards(folder: string): Promise<PortraitSet> {
  const description = await readDescription(folder);
  const { frames } = description.options;
  const spans = await listShards(folder);
  /** Number of the first picture of each shard, then of all. */
  const starts = [0];
  for (const { first, last } of spans) starts.push(starts[starts.length - 1] + (last - first + 1) * frames);
  const count = starts[spans.length];
  if (count === 0) throw new CameoError("no-set", `${folder} holds no shards of portraits.`);
  const opened = new Map<number, Promise<Shard>>();
  const shard = (number: number): Promise<Shard> => {
    const found = opened.get(number) ?? openShard(join(folder, shardName(spans[number])));
    // The most recently used is the last of the map; the first leaves.
    opened.delete(number);
    opened.set(number, found);
    found.catch(() => opened.delete(number));
    if (opened.size > OPEN_SHARDS) opened.delete(opened.keys().next().value!);
    return found;
  };
  return {
    description,
    count,
    async sample(number, maps = mapNames) {
      if (!(Number.isInteger(number) && number >= 0 && number < count))
        throw new RangeError(`openShards: there is no picture ${number}, only 0 to ${count - 1}`);
      let which = spans.length - 1;
      while (starts[which] > number) which--;
      return readSample(await shard(which), number - starts[which], maps, description);
    },
  };
}

/** Shards whose record is kept in memory: some 4 MB each. */
const OPEN_SHARDS = 128;

interface Shard {
  readonly path: string;
  readonly places: ReadonlyMap<string, Place>;
  readonly truths: Truths;
}

async function openShard(path: string): Promise<Shard> {
  const places = await indexTar(path);
  const place = places.get(truthsFile);
  if (!place) throw new Error(`${path} holds no ${truthsFile}.`);
  const file = await open(path, "r");
  try {
    return { path, places, truths: decodeTruths(await readPlace(file, place), `${path}: ${truthsFile}`) };
  } finally {
    await file.close();
  }
}

async function readSample(
  { path, places, truths }: Shard,
  record: number,
  wanted: readonly MapName[],
  { format }: SetDescription,
): Promise<PortraitSample> {
  if (record >= truths.count) throw new Error(`${path} holds ${truths.count} pictures, fewer than its name says.`);
  const { size, truth } = truths.record(record);
  const file = await open(path, "r");
  try {
    const read = async <N extends MapName>(map: N): Promise<Maps[N] | null> => {
      if (!wanted.includes(map)) return null;
      const name = memberName(truth.index, truth.frame, map, format);
      const place = places.get(name);
      if (!place) throw new Error(`${path} holds no ${name}.`);
      return decodeMap(map, await readPlace(file, place), size).catch((cause: Error) => {
        throw new Error(`${path}: ${name} cannot be read: ${cause.message}`, { cause });
      });
    };
    const [image, labels, extras, depth, normals, albedo] = await Promise.all([
      read("image"),
      read("labels"),
      read("extras"),
      read("depth"),
      read("normals"),
      read("albedo"),
    ]);
    return {
      size,
      image: image ?? new Uint8Array(),
      labels: labels ?? new Uint8Array(),
      extras: extras ?? new Uint8Array(),
      depth: depth ?? new Float32Array(),
      normals: normals ?? new Int8Array(),
      albedo: albedo ?? new Uint8Array(),
      truth,
    };
  } finally {
    await file.close();
  }
}
