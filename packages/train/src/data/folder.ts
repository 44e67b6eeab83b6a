import { readdir, readFile } from "node:fs/promises";
import { extname, join, parse } from "node:path";
import sharp from "sharp";
import { decodeNpy } from "./npy.ts";
import { type FieldKind, type Fields, fieldShape, type Source } from "./source.ts";

const pictures = new Set([".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff"]);

/**
 * A folder with one subfolder per field and one file per sample in each, of the same name but for the ending:
 * `image/0001.jpg`, `label/0001.png`, `depth/0001.npy`. Pictures and labels are image files (labels: one channel, the
 * value is the label); maps are image files (0 … white becomes 0 … 1) or `.npy` float32 of h × w, taken as they are;
 * vectors are `.npy`. Everything is brought to size × size, labels by nearest neighbour.
 * @throws if a field is missing or a sample lacks a file
 */
export async function openFolder(path: string, fields: Fields, size: number): Promise<Source> {
  const files: Record<string, Map<string, string>> = {};
  for (const field of Object.keys(fields)) {
    const folder = join(path, field);
    const names = await readdir(folder).catch(() => {
      throw new Error(
        `The data folder ${path} has no subfolder "${field}"; it needs ${Object.keys(fields).join(", ")}.`,
      );
    });
    const usable = names.filter((n) => pictures.has(extname(n).toLowerCase()) || extname(n) === ".npy");
    files[field] = new Map(usable.map((n) => [parse(n).name, join(folder, n)]));
  }
  const [first, ...rest] = Object.keys(fields);
  const samples = [...files[first].keys()].sort();
  if (samples.length === 0) throw new Error(`The folder ${join(path, first)} has no image or .npy files.`);
  for (const field of rest) {
    const missing = samples.find((name) => !files[field].has(name));
    if (missing) throw new Error(`The sample "${missing}" has no file in ${join(path, field)}.`);
  }
  return {
    count: samples.length,
    async sample(index) {
      const entries = Object.entries(fields).map(async ([field, kind]) => {
        const file = files[field].get(samples[index])!;
        return [field, await read(file, kind, size)] as const;
      });
      return Object.fromEntries(await Promise.all(entries));
    },
  };
}

async function read(file: string, kind: FieldKind, size: number): Promise<Float32Array | Int32Array> {
  if (extname(file) === ".npy") {
    const { shape, values } = decodeNpy(await readFile(file), file);
    const wanted = fieldShape(kind, size);
    if (values.length !== wanted.reduce((a, b) => a * b, 1))
      throw new Error(`${file} has shape ${shape.join(" × ")} instead of ${wanted.join(" × ")}.`);
    return kind === "labels" ? Int32Array.from(values) : values;
  }
  if (typeof kind === "object") throw new Error(`${file}: vectors are read from .npy files.`);
  const image = sharp(file, { failOn: "warning" }).autoOrient();
  const kernel = kind === "labels" ? "nearest" : "linear";
  const sized = image.resize(size, size, { fit: "fill", kernel }).removeAlpha();
  if (kind === "picture") {
    const { data } = await sized.toColourspace("srgb").raw().toBuffer({ resolveWithObject: true });
    return planes(data, 3, 255);
  }
  if (kind === "labels") {
    const data = await sized.extractChannel(0).raw().toBuffer();
    return Int32Array.from(data);
  }
  const data = await sized.toColourspace("grey16").extractChannel(0).raw({ depth: "ushort" }).toBuffer();
  const values = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  return Float32Array.from(values, (v) => v / 65535);
}

/** Interleaved bytes to planes of floats. */
function planes(data: Uint8Array, channels: number, white: number): Float32Array {
  const pixels = data.length / channels;
  const out = new Float32Array(data.length);
  for (let i = 0; i < pixels; i++)
    for (let c = 0; c < channels; c++) out[c * pixels + i] = data[i * channels + c] / white;
  return out;
}
