import { defaultPortraitOptions, type PortraitSample, random } from "@cameo/synth";
import { mirroredPicture, moved, varied } from "@cameo/train";
import { apply2d, type Camera, frameToPhoto, invert2d, project, rotateNormals, shade, transformToCamera } from "cameo";
import { beforeAll, describe, expect, it } from "vitest";
import { makeToys } from "../../synth/test/set/toy-maker.ts";

const size = 32;
const whole = { x: 16, y: 16, scale: 2, angle: 0 };
let portrait: PortraitSample;
beforeAll(async () => {
  const [toy] = await makeToys(4, 2, { ...defaultPortraitOptions, size });
  const camera: Camera = { fx: 300, fy: 300, cx: 14, cy: 17 };
  // The toy's normals are longer than normals are.
  portrait = { ...toy, normals: toy.normals.map((n) => n >> 1), truth: { ...toy.truth, camera } };
});

const toOld = frameToPhoto({ x: 15, y: 17, scale: 1.8, angle: 0.3 }, 16);

describe("a portrait that is turned, scaled and shifted", () => {
  it("has its landmarks where the picture shows them", () => {
    const { truth } = moved(portrait, 16, toOld);
    for (const kind of ["landmarks68", "landmarks468"] as const) {
      const before = project(Float32Array.from(portrait.truth[kind].points), portrait.truth.camera);
      const after = project(Float32Array.from(truth[kind].points), truth.camera);
      for (let i = 0; i < before.length; i += 2) {
        const [u, v] = apply2d(invert2d(toOld), before[i], before[i + 1]);
        expect(after[i]).toBeCloseTo(u, 3);
        expect(after[i + 1]).toBeCloseTo(v, 3);
      }
    }
  });

  it("has its head in the same place of the picture, lit as before", () => {
    const { truth } = moved(portrait, 16, toOld);
    const points = Float32Array.of(0, -30, 80, 50, 20, 10, -40, 60, -20);
    const [before, after] = [portrait.truth, truth].map(({ pose, camera }) =>
      project(transformToCamera(points, pose), camera),
    );
    for (let i = 0; i < 6; i += 2) {
      const [u, v] = apply2d(invert2d(toOld), before[i], before[i + 1]);
      expect(after[i]).toBeCloseTo(u, 3);
      expect(after[i + 1]).toBeCloseTo(v, 3);
    }
    const normals = Float32Array.of(1, 0, 0, 0, 0.6, 0.8, 0.48, -0.6, 0.64);
    const light = ({ pose, illumination }: typeof truth) => shade(rotateNormals(normals, pose), illumination);
    const there = light(portrait.truth);
    light(truth).forEach((value, i) => {
      expect(value).toBeCloseTo(there[i], 4);
    });
    expect(Math.abs(truth.angles.roll - portrait.truth.angles.roll)).toBeGreaterThan(5);
  });

  it("shows in each pixel what was there", () => {
    const result = moved(portrait, 16, toOld);
    let outside = 0;
    for (let v = 0, p = 0; v < 16; v++)
      for (let u = 0; u < 16; u++, p++) {
        const [x, y] = apply2d(toOld, u + 0.5, v + 0.5).map(Math.floor);
        const isInside = x >= 0 && y >= 0 && x < size && y < size;
        if (!isInside) outside++;
        const q = y * size + x;
        expect(result.labels[p]).toBe(isInside ? portrait.labels[q] : 0);
        expect(result.depth[p]).toBe(isInside ? portrait.depth[q] : 0);
        const [a, b] = isInside ? portrait.normals.subarray(3 * q) : [0, 0];
        expect(Math.abs(result.normals[3 * p] - (Math.cos(0.3) * a + Math.sin(0.3) * b))).toBeLessThan(1.01);
      }
    expect(outside).toBeGreaterThan(5);
    expect(outside).toBeLessThan(100);
  });

  it("differs from variant to variant, and is the same each time", () => {
    const variant = (n: number) => varied(portrait, whole, 16, random(0, "variant", n));
    expect(variant(1)).toEqual(variant(1));
    expect(variant(1).image).not.toEqual(variant(2).image);
    expect(variant(1).truth.pose).not.toEqual(variant(2).truth.pose);
    expect(variant(1).image).toHaveLength(3 * 16 * 16);
  });

  it("needs only the maps that are there", () => {
    const none = new Uint8Array();
    const { labels, image } = varied({ ...portrait, labels: none }, whole, 16, random(0));
    expect([labels.length, image.length]).toEqual([0, 768]);
  });
});

describe("a portrait in a mirror", () => {
  it("has left and right changed over, ears too", () => {
    const seen = mirroredPicture({ ...portrait, labels: portrait.labels.map((_, i) => (i % size < 16 ? 3 : 0)) });
    for (const i of [0, 5, 40, 777]) {
      const j = i - (i % size) + (size - 1 - (i % size));
      expect(seen.image.subarray(3 * j, 3 * j + 3)).toEqual(portrait.image.subarray(3 * i, 3 * i + 3));
      expect(seen.labels[j]).toBe(i % size < 16 ? 4 : 0);
    }
    const again = mirroredPicture(mirroredPicture(portrait));
    expect(again.image).toEqual(portrait.image);
    expect(again.labels).toEqual(portrait.labels);
  });
});
