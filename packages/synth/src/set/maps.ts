import { encodeGrey, encodeImage } from "cameo";
import sharp from "sharp";
import type { PortraitSample } from "../sample.ts";

/** How pictures are stored: PNG exactly, WebP and JPEG at quality 95, WebP in about a fifth of the room. */
export const pictureFormats = ["webp", "jpeg", "png"] as const;
export type PictureFormat = (typeof pictureFormats)[number];

/** The maps of a sample. */
export const mapNames = ["image", "labels", "extras", "depth", "normals", "albedo"] as const;
export type MapName = (typeof mapNames)[number];
export type Maps = Pick<PortraitSample, MapName>;

/** Stored depth is in tenths of a millimetre: 16 bits reach to 6.5 m, and are at most 0.05 mm off. */
const DEPTH_STEPS_PER_MM = 10;
/** Stored normals are bytes: 127 times the component, plus this. */
const NORMAL_ZERO = 128;

/** The image files of a sample by map. All but WebP and JPEG pictures hold their map exactly; depth is rounded to 0.1 mm. */
export async function encodeMaps(sample: PortraitSample, format: PictureFormat): Promise<Record<MapName, Uint8Array>> {
  const { size, image, labels, extras, depth, normals, albedo } = sample;
  const square = { width: size, height: size };
  const colours = (data: Uint8Array) =>
    sharp(data, { raw: { ...square, channels: 3 } })
      .png({ compressionLevel: 4, adaptiveFiltering: true })
      .toBuffer();
  const files = await Promise.all([
    format === "png" ? colours(image) : encodeImage({ ...square, data: image }, { format, quality: 95 }),
    encodeGrey({ ...square, data: labels }),
    encodeGrey({ ...square, data: extras }),
    encodeGrey({ ...square, data: depthSteps(depth) }),
    colours(normalBytes(normals)),
    colours(albedo),
  ]);
  return Object.fromEntries(mapNames.map((name, i) => [name, files[i]])) as Record<MapName, Uint8Array>;
}

/** Reads the file of one map back. @throws if it is no image of size × size */
export async function decodeMap<N extends MapName>(name: N, file: Uint8Array, size: number): Promise<Maps[N]> {
  return (await decoders[name](file, size)) as Maps[N];
}

const decoders: Record<MapName, (file: Uint8Array, size: number) => Promise<Maps[MapName]>> = {
  image: (file, size) => pixels(file, size, 3),
  labels: (file, size) => pixels(file, size, 1),
  extras: (file, size) => pixels(file, size, 1),
  albedo: (file, size) => pixels(file, size, 3),
  normals: async (file, size) => {
    const bytes = await pixels(file, size, 3);
    const normals = new Int8Array(bytes.length);
    for (let i = 0; i < bytes.length; i++) normals[i] = bytes[i] - NORMAL_ZERO;
    return normals;
  },
  depth: async (file, size) => {
    const { data, info } = await sharp(file)
      .toColourspace("grey16")
      .extractChannel(0)
      .raw({ depth: "ushort" })
      .toBuffer({ resolveWithObject: true });
    checkSize(info, size);
    const steps = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
    const depth = new Float32Array(steps.length);
    for (let i = 0; i < steps.length; i++) depth[i] = steps[i] / DEPTH_STEPS_PER_MM;
    return depth;
  },
};

async function pixels(file: Uint8Array, size: number, channels: 1 | 3): Promise<Uint8Array> {
  const image = sharp(file);
  const { data, info } = await (channels === 1 ? image.extractChannel(0) : image.removeAlpha())
    .raw()
    .toBuffer({ resolveWithObject: true });
  checkSize(info, size);
  // A copy that owns its memory, so that it can move between threads.
  return new Uint8Array(data);
}

function checkSize({ width, height }: { width: number; height: number }, size: number): void {
  if (width !== size || height !== size) throw new Error(`it is ${width} × ${height} pixels, not ${size} × ${size}`);
}

function normalBytes(normals: Int8Array): Uint8Array {
  const bytes = new Uint8Array(normals.length);
  for (let i = 0; i < normals.length; i++) bytes[i] = normals[i] + NORMAL_ZERO;
  return bytes;
}

function depthSteps(depth: Float32Array): Uint16Array {
  const steps = new Uint16Array(depth.length);
  for (let i = 0; i < depth.length; i++) {
    if (!(depth[i] >= 0 && depth[i] * DEPTH_STEPS_PER_MM < 65535.5))
      throw new RangeError(`encodeMaps: a depth of ${depth[i]} mm cannot be stored`);
    // What is seen stays seen: 0 is the background.
    if (depth[i] > 0) steps[i] = Math.max(1, Math.round(depth[i] * DEPTH_STEPS_PER_MM));
  }
  return steps;
}
