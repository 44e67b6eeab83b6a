import { describe, expect, it } from "vitest";
import { paintBackdrop } from "../sample-portrait/background.ts";
import { develop } from "../sample-portrait/film.ts";
import { castShadows, isLit, sampleLighting, toward } from "../sample-portrait/light.ts";
import { portraits } from "../sample-portrait/people.ts";
import { findStrands, strandAt } from "../sample-portrait/strands.ts";
import { createSurface, selectFaces } from "../sample-portrait/surface.ts";
import { spreadUnderSurface } from "../sample-portrait/transfer.ts";
import type { Texture } from "../src/texture.ts";

/** n × n quads in the plane z = 1000, x and y from −50 to 50, seen from the camera. */
function plane(n: number) {
  const positions: number[] = [];
  const uvs: number[] = [];
  const faces: number[] = [];
  for (let j = 0; j <= n; j++)
    for (let i = 0; i <= n; i++) {
      positions.push((100 * i) / n - 50, (100 * j) / n - 50, 1000);
      uvs.push(i / n, 1 - j / n);
    }
  for (let j = 0; j < n; j++)
    for (let i = 0; i < n; i++) {
      const a = j * (n + 1) + i;
      faces.push(a, a + n + 1, a + n + 2, a + 1);
    }
  const indices = Uint32Array.from(faces);
  return { positions: Float64Array.from(positions), uvs: Float64Array.from(uvs), faces: indices, faceUvs: indices };
}

/** Stripes that run along (du, dv). */
function stripes(du: number, dv: number): Texture {
  const size = 128;
  const data = new Uint8Array(4 * size * size);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      data.fill(Math.round(127 + 120 * Math.sin(0.9 * (x * dv - y * du))), 4 * (y * size + x), 4 * (y * size + x) + 3);
  for (let i = 3; i < data.length; i += 4) data[i] = 255;
  return { width: size, height: size, data };
}

describe("surfaces", () => {
  it("face the camera and keep their texture", () => {
    const { normals, uvs, triangles } = createSurface(plane(2), 1);
    expect(triangles.length).toBe(3 * 2 * 16);
    for (let i = 0; i < normals.length; i += 3) expect(normals[i + 2]).toBeCloseTo(-1, 6);
    expect(Math.min(...uvs)).toBe(0);
    expect(Math.max(...uvs)).toBe(1);
  });
  it("drop unused vertices", () => {
    const part = selectFaces(plane(2), (f) => f === 3);
    expect([...part.vertices]).toEqual([4, 7, 8, 5]);
    expect([...part.faces]).toEqual([0, 1, 2, 3]);
    expect([...part.positions.slice(0, 3)]).toEqual([0, 0, 1000]);
  });
});

describe("light", () => {
  const lighting = {
    lamps: [{ direction: toward(30, 40), radius: [0.1, 0.2], irradiance: [3, 2, 1] }] as const,
    ceiling: [0.5, 0.5, 0.5],
    horizon: [0.5, 0.5, 0.5],
    floor: [0.5, 0.5, 0.5],
  } as const;
  it("comes in bundles that sum to the lamp and to an even sky", () => {
    const samples = sampleLighting(lighting, 16, 400, 1);
    const lamp = samples.filter((s) => s.source === 0);
    expect(lamp.reduce((sum, s) => sum + s.irradiance[0], 0)).toBeCloseTo(3, 9);
    for (const { direction } of lamp)
      expect(direction.reduce((sum, c, k) => sum + c * lighting.lamps[0].direction[k], 0)).toBeGreaterThan(
        Math.cos(0.21),
      );
    // A sky of radiance L gives a surface the irradiance π L.
    const sky = samples.filter((s) => s.source === 1);
    const up = sky.reduce((sum, s) => sum + Math.max(0, -s.direction[1]) * s.irradiance[0], 0);
    expect(up).toBeCloseTo(0.5 * Math.PI, 2);
  });
  it("is stopped by what is in its way", () => {
    const map = castShadows([{ surface: createSurface(plane(4), 0) }], [0, 0, -1], [0, 0, 1000], 100, 256);
    expect(isLit(map, 10, -20, 990, 1)).toBe(true);
    expect(isLit(map, 10, -20, 1000.5, 1)).toBe(true);
    expect(isLit(map, 10, -20, 1010, 1)).toBe(false);
    expect(isLit(map, 70, 0, 1010, 1)).toBe(true);
  });
  it("passes where the texture is clear", () => {
    const half = stripes(1, 0);
    for (let i = 0; i < half.width * half.height; i++) half.data[4 * i + 3] = i % half.width < 64 ? 0 : 255;
    const surface = createSurface(plane(4), 0);
    const map = castShadows([{ surface, cutout: half }], [0, 0, -1], [0, 0, 1000], 100, 256);
    expect(isLit(map, -30, 0, 1010, 1)).toBe(true);
    expect(isLit(map, 30, 0, 1010, 1)).toBe(false);
  });
  it("spreads under a surface without loss, farther with a larger radius", () => {
    const surface = createSurface(plane(40), 0);
    const values = new Float32Array(surface.positions.length);
    const middle = 3 * (20 * 41 + 20);
    values.fill(1, middle, middle + 3);
    spreadUnderSurface(surface, values, [4, 2, 0]);
    const total = (k: number) => values.reduce((sum, x, i) => (i % 3 === k ? sum + x : sum), 0);
    expect(total(0)).toBeCloseTo(1, 1);
    expect(total(1)).toBeCloseTo(1, 1);
    expect(values[middle]).toBeLessThan(values[middle + 1]);
    expect(values[middle + 2]).toBe(1);
  });
});

describe("findStrands", () => {
  it.each([
    [0, 1],
    [0.6, 0.8],
    [-0.8, 0.6],
  ])("finds stripes along (%f, %f)", (du, dv) => {
    const strands = findStrands(stripes(du, dv), 32);
    const out = new Float64Array(2);
    strandAt(strands, 0.4, 0.6, out);
    expect(out[0]).toBeCloseTo(du, 1);
    expect(out[1]).toBeCloseTo(dv, 1);
  });
});

describe("pictures", () => {
  it("are developed the same every time, darker for less light", () => {
    const backdrop = paintBackdrop(32, 40, ["#8c959c", "#3f474e"], 3);
    const print = (exposure: number) => develop(backdrop, 32, 40, { exposure, seed: 3 });
    expect(print(1)).toEqual(print(1));
    const mean = (data: Uint8Array) => data.reduce((sum, x) => sum + x, 0) / data.length;
    expect(mean(print(0.5))).toBeLessThan(mean(print(1)) - 10);
  });
  it("have names of their own", () => {
    expect(new Set(portraits.map(({ name }) => name)).size).toBe(portraits.length);
  });
});
