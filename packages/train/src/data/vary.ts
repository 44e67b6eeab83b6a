import type { PortraitSample, Random } from "@cameo/synth";
import {
  anglesFromQuaternion,
  type CropFrame,
  cameraOfCrop,
  createPyramid,
  frameToPhoto,
  poseInCrop,
  quaternion,
  resample,
  rotateSh,
  type Transform2d,
} from "cameo";

/** How far a picture may be turned (radians), enlarged or reduced (a factor), and shifted (parts of its side). */
const limits = { turn: 0.1, zoom: 1.07, shift: 0.03 };

/**
 * A part of a portrait as another crop and another camera would have it: a little turned, enlarged and shifted, its colours
 * changed. What is known of it changes with it, so it is as true as before.
 * @param frame which part
 * @param size side of the result in pixels
 */
export const varied = (sample: PortraitSample, frame: CropFrame, size: number, random: Random): PortraitSample =>
  recoloured(moved(sample, size, frameToPhoto(variedFrame(frame, size, random), size)), random);

/** A frame a little turned, enlarged and shifted. @param size side of the result in pixels */
export function variedFrame(frame: CropFrame, size: number, random: Random): CropFrame {
  const within = (limit: number) => random.range(-limit, limit);
  const side = size * frame.scale;
  return {
    x: frame.x + side * within(limits.shift),
    y: frame.y + side * within(limits.shift),
    scale: frame.scale * limits.zoom ** within(1),
    angle: frame.angle + within(limits.turn),
  };
}

/** A part of a portrait, turned and resized. @param toOld maps positions in the result to positions in the portrait */
export function moved(sample: PortraitSample, size: number, toOld: Transform2d): PortraitSample {
  const { truth } = sample;
  const angle = Math.atan2(toOld[3], toOld[0]);
  const pose = poseInCrop(truth.pose, { toPhoto: toOld });
  // Camera space turns back as the crop turns.
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const turned = (vectors: ArrayLike<number>): number[] => {
    const out = Array.from(vectors);
    for (let i = 0; i < out.length; i += 3) {
      out[i] = c * vectors[i] + s * vectors[i + 1];
      out[i + 1] = c * vectors[i + 1] - s * vectors[i];
    }
    return out;
  };
  const degrees = (radians: number) => (radians * 180) / Math.PI;
  const { yaw, pitch, roll } = anglesFromQuaternion(pose.rotation);
  const nearest = nearestPixels(sample.size, size, toOld);
  const pick = <T extends Uint8Array | Int8Array | Float32Array>(map: T, out: T): T => picked(map, nearest, out);
  const length = (map: { readonly length: number }) => (map.length / sample.size ** 2) * size ** 2;
  const colours = (image: Uint8Array): Uint8Array => {
    if (image.length === 0) return image;
    const out = new Uint8ClampedArray(3 * size * size);
    resample(createPyramid({ width: sample.size, height: sample.size, data: image }), toOld, size, size, out);
    return new Uint8Array(out.buffer);
  };
  return {
    size,
    image: colours(sample.image),
    albedo: colours(sample.albedo),
    labels: pick(sample.labels, new Uint8Array(length(sample.labels))),
    extras: pick(sample.extras, new Uint8Array(length(sample.extras))),
    depth: pick(sample.depth, new Float32Array(length(sample.depth))),
    normals: Int8Array.from(turned(pick(sample.normals, new Int8Array(length(sample.normals)))), Math.round),
    truth: {
      ...truth,
      camera: cameraOfCrop(truth.camera, { toPhoto: toOld }),
      pose,
      angles: { yaw: degrees(yaw), pitch: degrees(pitch), roll: degrees(roll) },
      illumination: Array.from(rotateSh(truth.illumination, quaternion.fromAxisAngle([0, 0, 1], angle))),
      landmarks68: { ...truth.landmarks68, points: turned(truth.landmarks68.points) },
      landmarks468: { ...truth.landmarks468, points: turned(truth.landmarks468.points) },
    },
  };
}

/** The pixel of the old picture that each of the new one shows, −1 outside. */
function nearestPixels(oldSize: number, size: number, toOld: Transform2d): Int32Array {
  const pixels = new Int32Array(size * size);
  const [xu, xv, x0, yu, yv, y0] = toOld;
  for (let v = 0.5, i = 0; v < size; v++)
    for (let u = 0.5; u < size; u++, i++) {
      const x = Math.floor(xu * u + xv * v + x0);
      const y = Math.floor(yu * u + yv * v + y0);
      pixels[i] = x >= 0 && y >= 0 && x < oldSize && y < oldSize ? y * oldSize + x : -1;
    }
  return pixels;
}

function picked<T extends Uint8Array | Int8Array | Float32Array>(map: T, pixels: Int32Array, out: T): T {
  const channels = out.length / pixels.length;
  for (let i = 0, o = 0; i < pixels.length && channels > 0; i++)
    for (let c = 0; c < channels; c++, o++) out[o] = pixels[i] < 0 ? 0 : map[pixels[i] * channels + c];
  return out;
}

/** A portrait with the colours of its picture changed. */
export const recoloured = <T extends PortraitSample>(sample: T, random: Random): T => ({
  ...sample,
  image: recolouredPixels(sample.image, random),
});

/** Changes brightness, contrast, saturation and hue of RGB bytes a little, and adds noise to some pictures. */
export function recolouredPixels(pixels: ArrayLike<number>, random: Random): Uint8Array {
  const gamma = 1.15 ** random.range(-1, 1);
  const contrast = 1.15 ** random.range(-1, 1);
  const saturation = random.chance(0.05) ? 0 : random.range(0.8, 1.15);
  const gains = [0, 1, 2].map(() => 1.06 ** random.range(-1, 1));
  const noise = random.chance(0.3) ? 5 * random.uniform() : 0;
  // Per channel: what each byte becomes.
  const curves = gains.map((gain) =>
    Float32Array.from({ length: 256 }, (_, i) => 128 + contrast * (255 * Math.min(1, gain * (i / 255) ** gamma) - 128)),
  );
  const image = new Uint8ClampedArray(pixels.length);
  for (let i = 0; i < image.length; i += 3) {
    const [r, g, b] = [curves[0][pixels[i]], curves[1][pixels[i + 1]], curves[2][pixels[i + 2]]];
    const grey = 0.299 * r + 0.587 * g + 0.114 * b;
    const grain = noise > 0 ? noise * random.normal() : 0;
    image[i] = grey + saturation * (r - grey) + grain;
    image[i + 1] = grey + saturation * (g - grey) + grain;
    image[i + 2] = grey + saturation * (b - grey) + grain;
  }
  return new Uint8Array(image.buffer);
}
