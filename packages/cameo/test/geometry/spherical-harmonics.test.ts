import fc from "fast-check";
import { expect, test } from "vitest";
import { fromRotationVector, rotate } from "../../src/geometry/quaternion.ts";
import { ambientSh, rotateSh, shade, shBasis, shCount } from "../../src/geometry/spherical-harmonics.ts";
import { normalize, type Vec3 } from "../../src/geometry/vec3.ts";

const component = fc.integer({ min: -1000, max: 1000 }).map((i) => i / 500);
const direction = fc
  .tuple(component, component, component)
  .filter((v) => Math.hypot(...v) > 0.1)
  .map((v) => normalize(v));
const coefficients = (channels: number) =>
  fc
    .array(component, { minLength: shCount * channels, maxLength: shCount * channels })
    .map((c) => Float32Array.from(c));

/** Evenly spread directions (a Fibonacci lattice); each stands for 4π / count of the sphere. */
const lattice = Array.from({ length: 20_000 }, (_, i): Vec3 => {
  const z = 1 - (2 * i + 1) / 20_000;
  const azimuth = i * Math.PI * (3 - Math.sqrt(5));
  const r = Math.sqrt(1 - z * z);
  return [r * Math.cos(azimuth), r * Math.sin(azimuth), z];
});
const basisAt = (d: Vec3) => shBasis(Float32Array.from(d));
const lobe = [1, 2 / 3, 2 / 3, 2 / 3, 1 / 4, 1 / 4, 1 / 4, 1 / 4, 1 / 4];

test("without the cosine lobe the basis is orthonormal on the sphere", () => {
  const sums = new Float64Array(81);
  for (const d of lattice) {
    const y = basisAt(d).map((h, b) => h / lobe[b]);
    for (let a = 0; a < 9; a++)
      for (let b = 0; b < 9; b++) sums[9 * a + b] += (y[a] * y[b] * 4 * Math.PI) / lattice.length;
  }
  for (let a = 0; a < 9; a++) for (let b = 0; b < 9; b++) expect(sums[9 * a + b]).toBeCloseTo(a === b ? 1 : 0, 3);
});

test("the light on a matt surface is the cosine-weighted integral of the radiance over its hemisphere", () => {
  fc.assert(
    fc.property(coefficients(1), direction, (gamma, n) => {
      let sum = 0;
      for (const d of lattice) {
        const cosine = d[0] * n[0] + d[1] * n[1] + d[2] * n[2];
        if (cosine <= 0) continue;
        const radiance = basisAt(d).reduce((total, h, b) => total + (gamma[b] * h) / lobe[b], 0);
        sum += (radiance * cosine * 4) / lattice.length;
      }
      expect(shade(Float32Array.from(n), gamma)[0]).toBeCloseTo(sum, 2);
    }),
    { numRuns: 20 },
  );
});

test("light from everywhere shows a surface at its own reflectance", () => {
  fc.assert(
    fc.property(direction, (n) => {
      const [r, g, b] = shade(Float32Array.from(n), ambientSh([1, 0.5, 0.25]));
      expect([r, g, b].map((x) => Math.round(1e5 * x) / 1e5)).toEqual([1, 0.5, 0.25]);
    }),
  );
});

test("light from the viewer's side, from above and from the right brightens what faces there", () => {
  const towards = [
    [3, [1, 0, 0]],
    [1, [0, 1, 0]],
    [2, [0, 0, 1]],
  ] as const;
  for (const [b, d] of towards) {
    const gamma = new Float32Array(9);
    gamma[b] = 1;
    expect(shade(Float32Array.from(d), gamma)[0]).toBeCloseTo((2 / 3) * Math.sqrt(3 / (4 * Math.PI)), 6);
    expect(
      shade(
        Float32Array.from(d, (x) => -x),
        gamma,
      )[0],
    ).toBeLessThan(0);
  }
});

test("shading is the basis times the coefficients, channel by channel", () => {
  fc.assert(
    fc.property(coefficients(3), fc.array(direction, { minLength: 1, maxLength: 5 }), (gamma, normals) => {
      const flat = Float32Array.from(normals.flat());
      const shaded = shade(flat, gamma);
      const basis = shBasis(flat);
      for (let i = 0; i < normals.length; i++) {
        for (let c = 0; c < 3; c++) {
          let sum = 0;
          for (let b = 0; b < 9; b++) sum += gamma[3 * b + c] * basis[9 * i + b];
          expect(shaded[3 * i + c]).toBeCloseTo(sum, 4);
        }
      }
    }),
  );
});

test("turning the light and the surface together changes nothing", () => {
  fc.assert(
    fc.property(coefficients(3), fc.tuple(component, component, component), direction, (gamma, v, n) => {
      const q = fromRotationVector(v);
      const before = shade(Float32Array.from(n), gamma);
      const after = shade(Float32Array.from(rotate(q, n)), rotateSh(gamma, q));
      for (let c = 0; c < 3; c++) expect(after[c]).toBeCloseTo(before[c], 4);
    }),
  );
});

test("coefficients that are not groups of nine are refused", () => {
  expect(() => shade(new Float32Array(3), new Float32Array(10))).toThrow("10 coefficients");
  expect(() => rotateSh(new Float32Array(0), [0, 0, 0, 1])).toThrow("0 coefficients");
});
