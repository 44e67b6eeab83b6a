import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { borders } from "../../src/mesh/border.ts";
import { vertexNormals } from "../../src/mesh/normals.ts";
import { applySparse } from "../../src/mesh/sparse.ts";
import { eyelids468, faceOval468, lips468 } from "../../src/morphable/facemesh.ts";
import { decodeMorphableModel, encodeMorphableModel } from "../../src/morphable/file.ts";
import { type LinearSpace, type MorphableModel, Region } from "../../src/morphable/model.ts";
import { surfacePositions, synthesizeAlbedo, synthesizeShape } from "../../src/morphable/synthesize.ts";
import { landmarks68Of } from "../../src/stages/detect/landmarks68.ts";
import { numbers } from "./small-model.ts";

/** The model that is shipped. */
let file: Uint8Array;
let model: MorphableModel;
let mean: Float32Array;
beforeAll(async () => {
  file = await readFile(new URL("../../../../models/head.bin", import.meta.url));
  model = await decodeMorphableModel(file);
  mean = synthesizeShape(model, [], []);
});

/** Standard normal numbers. */
function normals(seed: number, count: number): Float32Array {
  const random = numbers(seed);
  return Float32Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
}

const trianglesOf = (...regions: Region[]) =>
  model.triangles.filter((_, i) => regions.includes(model.regions[Math.floor(i / 3)] as Region));
const verticesOf = (...regions: Region[]) => [...new Set(trianglesOf(...regions))];
const at = (shape: Float32Array, v: number) => [...shape.subarray(3 * v, 3 * v + 3)];
const distance = (a: readonly number[], b: readonly number[]) => Math.hypot(...a.map((x, i) => x - b[i]));
const expression = (name: string, weight = 1) => {
  const coefficients = model.namedExpressions.get(name);
  if (!coefficients) throw new Error(`no expression ${name}`);
  return synthesizeShape(
    model,
    [],
    coefficients.map((c) => weight * c),
  );
};
const centroid = (shape: Float32Array, vertices: readonly number[]) =>
  [0, 1, 2].map((axis) => vertices.reduce((s, v) => s + shape[3 * v + axis], 0) / vertices.length);

const skin = [
  Region.face,
  Region.scalp,
  Region.earLeft,
  Region.earRight,
  Region.neck,
  Region.eyeSocket,
  Region.innerMouth,
];

describe("the shipped head", () => {
  it("is small, and fine enough", () => {
    expect(file.length).toBeLessThanOrEqual(15e6);
    expect(verticesOf(...skin).length).toBeGreaterThan(12_000);
    expect([model.identity.count, model.expression.count, model.texture.count]).toEqual([80, 64, 80]);
  });

  it("has orthonormal components with falling deviations", () => {
    const refined = ({ basis, count }: LinearSpace, k: number) => {
      const row = basis.subarray((k * basis.length) / count, ((k + 1) * basis.length) / count);
      return row.length === 3 * model.vertexCount || !model.refinement ? row : applySparse(model.refinement, row, 3);
    };
    for (const [space, tolerance] of [
      [model.identity, 1e-4],
      [model.expression, 1e-4],
      [model.texture, 5e-3],
    ] as const) {
      const rows = Array.from({ length: space.count }, (_, k) => refined(space, k));
      for (let i = 0; i < space.count; i++) {
        expect(space.deviations[i]).toBeGreaterThan(0);
        if (i > 0) expect(space.deviations[i]).toBeLessThanOrEqual(space.deviations[i - 1]);
        for (let j = 0; j <= i; j += i === j ? 1 : 7) {
          let dot = 0;
          for (let x = 0; x < rows[i].length; x++) dot += rows[i][x] * rows[j][x];
          expect(Math.abs(dot - (i === j ? 1 : 0))).toBeLessThan(tolerance);
        }
      }
    }
  });

  it("loses less than 0.05 mm to 16-bit storage", async () => {
    // Neighbouring components turned into each other are as good a basis, but lie off the stored grid.
    const turned = (space: LinearSpace): LinearSpace => {
      const width = space.basis.length / space.count;
      const basis = space.basis.slice();
      for (let k = 0; k + 1 < space.count; k += 2)
        for (let i = 0; i < width; i++) {
          const [a, b] = [basis[k * width + i], basis[(k + 1) * width + i]];
          basis[k * width + i] = 0.8 * a + 0.6 * b;
          basis[(k + 1) * width + i] = 0.8 * b - 0.6 * a;
        }
      return { ...space, basis };
    };
    const exact = { ...model, identity: turned(model.identity), expression: turned(model.expression) };
    const stored = await decodeMorphableModel(await encodeMorphableModel(exact));
    let worst = 0;
    for (let seed = 1; seed <= 5; seed++) {
      const [alpha, beta] = [normals(seed, 80), normals(seed + 50, 64)];
      const a = synthesizeShape(exact, alpha, beta);
      const b = synthesizeShape(stored, alpha, beta);
      for (let v = 0; v < model.vertexCount; v++) worst = Math.max(worst, distance(at(a, v), at(b, v)));
    }
    expect(worst).toBeGreaterThan(0);
    expect(worst).toBeLessThan(0.05);
  });

  it("has a symmetric mean, with landmarks in mirrored places", () => {
    const mirrored: number[] = [];
    const pair = (a: number, b: number) => {
      mirrored[a] = b;
      mirrored[b] = a;
    };
    for (let i = 0; i <= 8; i++) pair(i, 16 - i);
    for (let i = 17; i <= 21; i++) pair(i, 43 - i);
    for (const i of [27, 28, 29, 30, 33, 51, 57, 62, 66]) pair(i, i);
    for (const [a, b] of [
      [31, 35],
      [32, 34],
      [36, 45],
      [37, 44],
      [38, 43],
      [39, 42],
      [40, 47],
      [41, 46],
      [48, 54],
      [49, 53],
      [50, 52],
      [55, 59],
      [56, 58],
      [60, 64],
      [61, 63],
      [65, 67],
    ])
      pair(a, b);
    const points = surfacePositions(model, mean, model.landmarks68);
    expect(mirrored.length).toBe(68);
    for (const [i, j] of mirrored.entries()) {
      const [x, y, z] = at(points, i);
      expect(distance([-x, y, z], at(points, j)), `points ${i} and ${j}`).toBeLessThan(0.5);
    }
    // The subject's right comes first: that is picture left, and negative x.
    expect(points[0]).toBeLessThan(-50);
    expect(points[3 * 36]).toBeLessThan(-20);

    const dense = surfacePositions(model, mean, model.landmarks468);
    for (const [right, left] of [
      [33, 263],
      [133, 362],
      [61, 291],
      [78, 308],
      [234, 454],
      [58, 288],
      [105, 334],
      [50, 280],
      [98, 327],
      [159, 386],
    ])
      expect(distance([-dense[3 * right], dense[3 * right + 1], dense[3 * right + 2]], at(dense, left))).toBeLessThan(
        0.2,
      );
  });

  it("has the 68 points where detection reads them off the dense ones, on distinct places of the skin", () => {
    const dense = surfacePositions(model, mean, model.landmarks468);
    const sparse = surfacePositions(model, mean, model.landmarks68);
    const read = landmarks68Of(dense, 3);
    for (let i = 0; i < 68; i++) expect(distance(at(read, i), at(sparse, i)), `point ${i}`).toBeLessThan(2);
    const places = Array.from({ length: 468 }, (_, i) =>
      at(dense, i)
        .map((x) => x.toFixed(2))
        .join(),
    );
    expect(new Set(places).size).toBeGreaterThan(460);
    expect(Math.min(...model.landmarkSpread468)).toBeGreaterThan(0);
    const skinOnly: Region[] = [Region.face, Region.scalp, Region.earLeft, Region.earRight, Region.neck];
    for (const t of model.landmarks468.triangles) expect(skinOnly).toContain(model.regions[t]);
  });

  it("has dense landmarks on the edges of lids and lips", () => {
    const loops = borders(trianglesOf(Region.face)).map(({ vertices }) => [...vertices].map((v) => at(mean, v)));
    const [, mouth, ...eyes] = loops.sort((a, b) => b.length - a.length);
    const dense = surfacePositions(model, mean, model.landmarks468);
    const toLine = (p: readonly number[], line: readonly number[][]) =>
      Math.min(
        ...line.map((a, i) => {
          const b = line[(i + 1) % line.length];
          const along = b.map((x, k) => x - a[k]);
          const length = along.reduce((s, x) => s + x * x, 0);
          const t = Math.min(1, Math.max(0, p.reduce((s, x, k) => s + (x - a[k]) * along[k], 0) / length));
          return distance(
            p,
            a.map((x, k) => x + t * along[k]),
          );
        }),
      );
    for (const i of [...lips468.innerUpper, ...lips468.innerLower])
      expect(toLine(at(dense, i), mouth)).toBeLessThan(0.01);
    for (const i of [...eyelids468.left, ...eyelids468.right])
      expect(Math.min(...eyes.map((eye) => toLine(at(dense, i), eye)))).toBeLessThan(0.01);
    // Outlines lie outside of what they surround.
    for (const i of faceOval468) expect(Math.hypot(dense[3 * i], dense[3 * i + 1] + 20)).toBeGreaterThan(60);
  });

  it("has smooth regions without holes", () => {
    const loopsOf = (...regions: Region[]) => borders(trianglesOf(...regions)).map((b) => b.vertices.length);
    // Around the face, both eyes, and the mouth.
    expect(loopsOf(Region.face).length).toBe(4);
    expect(loopsOf(Region.earLeft).length).toBe(1);
    expect(loopsOf(Region.earRight)).toEqual(loopsOf(Region.earLeft));
    // Skin ends at the neck and behind both eyeballs, nowhere else.
    expect(loopsOf(...skin).length).toBe(3);
    for (const eye of [Region.eyeLeft, Region.eyeRight]) expect(loopsOf(eye).length).toBe(1);

    // The border of the face turns gently.
    const [outer] = borders(trianglesOf(Region.face)).sort((a, b) => b.vertices.length - a.vertices.length);
    const loop = [...outer.vertices].map((v) => at(mean, v));
    for (const [i, b] of loop.entries()) {
      const a = loop[(i + loop.length - 1) % loop.length];
      const c = loop[(i + 1) % loop.length];
      const cosine = b.reduce((s, x, k) => s + (x - a[k]) * (c[k] - x), 0) / (distance(a, b) * distance(b, c));
      expect(cosine).toBeGreaterThan(Math.cos(Math.PI / 5));
    }
  });

  it("is closed but for its borders, and turned outwards", () => {
    const directed = new Set<number>();
    let repeated = 0;
    const { triangles } = model;
    for (let t = 0; t < triangles.length; t += 3)
      for (let k = 0; k < 3; k++) {
        const edge = triangles[t + k] * 2 ** 20 + triangles[t + ((k + 1) % 3)];
        if (directed.has(edge)) repeated++;
        directed.add(edge);
      }
    expect(repeated).toBe(0);
    const outward = (centre: readonly number[], ...regions: Region[]) => {
      const own = trianglesOf(...regions);
      const normal = vertexNormals(mean, own);
      const vertices = [...new Set(own)];
      return (
        vertices.filter((v) => at(mean, v).reduce((s, x, k) => s + (x - centre[k]) * normal[3 * v + k], 0) > 0).length /
        vertices.length
      );
    };
    expect(outward([0, 0, 0], Region.scalp)).toBeGreaterThan(0.95);
    expect(outward([0, 0, 0], Region.face)).toBeGreaterThan(0.9);
    for (const eye of [Region.eyeLeft, Region.eyeRight]) {
      const [x, y, z] = centroid(mean, verticesOf(eye));
      expect(outward([x, y, z - 8], eye)).toBe(1);
    }
    expect(outward(centroid(mean, verticesOf(Region.tongue)), Region.tongue)).toBeGreaterThan(0.8);
  });

  it("has its origin amid the skull, faces +z, and has human size", () => {
    const points = surfacePositions(model, mean, model.landmarks68);
    const head = verticesOf(Region.scalp, Region.face);
    const extent = (axis: number) => {
      const values = head.map((v) => mean[3 * v + axis]);
      return [Math.min(...values), Math.max(...values)];
    };
    const [width, height, depth] = [0, 1, 2].map(extent);
    expect(width[1] + width[0]).toBeCloseTo(0, 2);
    expect(Math.abs(height[1] + height[0])).toBeLessThan(10);
    expect(width[1] - width[0]).toBeGreaterThan(135);
    expect(width[1] - width[0]).toBeLessThan(175);
    expect(height[1] - height[0]).toBeGreaterThan(195);
    expect(height[1] - height[0]).toBeLessThan(245);
    expect(depth[1] - depth[0]).toBeGreaterThan(175);
    expect(points[3 * 30 + 2]).toBeGreaterThan(80);
  });

  it("has a texture atlas within the unit square, the face large in it", () => {
    expect(Math.min(...model.uvs)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...model.uvs)).toBeLessThanOrEqual(1);
    let area = 0;
    let flipped = 0;
    for (const [t, region] of model.regions.entries()) {
      if (region !== Region.face) continue;
      const [a, b, c] = [0, 1, 2].map((k) => model.uvTriangles[3 * t + k]);
      const uv = (i: number) => [model.uvs[2 * i], model.uvs[2 * i + 1]];
      const [p, q, r] = [uv(a), uv(b), uv(c)];
      const signed = ((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])) / 2;
      if (signed > 1e-7) flipped++;
      area -= signed;
    }
    // Seen from outside as in the picture: v goes down, so counter-clockwise is negative.
    expect(flipped).toBe(0);
    expect(area).toBeGreaterThan(0.2);
  });
});

/** ARKit's blend shapes. */
const arkit = `browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff cheekSquintLeft
  cheekSquintRight eyeBlinkLeft eyeBlinkRight eyeLookDownLeft eyeLookDownRight eyeLookInLeft eyeLookInRight
  eyeLookOutLeft eyeLookOutRight eyeLookUpLeft eyeLookUpRight eyeSquintLeft eyeSquintRight eyeWideLeft eyeWideRight
  jawForward jawLeft jawOpen jawRight mouthClose mouthDimpleLeft mouthDimpleRight mouthFrownLeft mouthFrownRight
  mouthFunnel mouthLeft mouthLowerDownLeft mouthLowerDownRight mouthPressLeft mouthPressRight mouthPucker mouthRight
  mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper mouthSmileLeft mouthSmileRight mouthStretchLeft
  mouthStretchRight mouthUpperUpLeft mouthUpperUpRight noseSneerLeft noseSneerRight tongueOut`.split(/\s+/);

describe("its expressions", () => {
  it("are ARKit's 52, and do something", () => {
    expect(arkit.length).toBe(52);
    for (const name of arkit) {
      const shape = expression(name);
      const moved = Math.max(...shape.map((x, i) => Math.abs(x - mean[i])));
      expect(moved, name).toBeGreaterThan(1);
      expect(moved, name).toBeLessThan(60);
    }
  });

  it("leave the skull and the ears where they are", () => {
    const skull = verticesOf(Region.scalp).filter((v) => mean[3 * v + 1] > 0 && mean[3 * v + 2] < 20);
    const ears = verticesOf(Region.earLeft, Region.earRight);
    for (const name of model.namedExpressions.keys()) {
      const shape = expression(name);
      for (const [vertices, limit] of [
        [skull, 0.15],
        [ears, 1],
      ] as const)
        expect(Math.max(...vertices.map((v) => distance(at(shape, v), at(mean, v)))), name).toBeLessThan(limit);
    }
  });

  it("come in mirrored pairs", () => {
    const eyes = [Region.eyeLeft, Region.eyeRight] as const;
    const points = (name: string) => surfacePositions(model, expression(name), model.landmarks68);
    const left = points("mouthSmileLeft");
    const right = points("mouthSmileRight");
    expect(distance([-left[3 * 54], left[3 * 54 + 1], left[3 * 54 + 2]], at(right, 48))).toBeLessThan(0.2);
    const look = eyes.map((eye) => centroid(expression("eyeLookOutLeft"), verticesOf(eye)));
    const rest = eyes.map((eye) => centroid(mean, verticesOf(eye)));
    // The subject's left eye turns to the subject's left, +x; the other stays.
    expect(look[0][0] - rest[0][0]).toBeGreaterThan(2);
    expect(distance(look[1], rest[1])).toBeLessThan(0.3);
  });

  it("jawOpen parts the lips and carries lower teeth and tongue with the chin", () => {
    const open = expression("jawOpen");
    const points = surfacePositions(model, open, model.landmarks68);
    const rest = surfacePositions(model, mean, model.landmarks68);
    expect(points[3 * 62 + 1] - points[3 * 66 + 1]).toBeGreaterThan(15);
    expect(Math.abs(rest[3 * 62 + 1] - rest[3 * 66 + 1])).toBeLessThan(1);
    expect(rest[3 * 8 + 1] - points[3 * 8 + 1]).toBeGreaterThan(12);
    const teeth = verticesOf(Region.teeth);
    const middle =
      (Math.max(...teeth.map((v) => mean[3 * v + 1])) + Math.min(...teeth.map((v) => mean[3 * v + 1]))) / 2;
    const lower = teeth.filter((v) => mean[3 * v + 1] < middle - 6);
    const upper = teeth.filter((v) => mean[3 * v + 1] > middle + 6);
    expect(Math.max(...upper.map((v) => distance(at(open, v), at(mean, v))))).toBeLessThan(0.3);
    expect(Math.min(...lower.map((v) => mean[3 * v + 1] - open[3 * v + 1]))).toBeGreaterThan(4);
    // Rigidly: distances within the lower row stay.
    for (let i = 0; i + 40 < lower.length; i += 25) {
      const before = distance(at(mean, lower[i]), at(mean, lower[i + 40]));
      const after = distance(at(open, lower[i]), at(open, lower[i + 40]));
      expect(Math.abs(after - before)).toBeLessThan(0.03 * before + 0.1);
    }
  });

  it("eyeBlink closes the lids in front of the eyeball", () => {
    const shut = expression("eyeBlinkLeft");
    const eye = verticesOf(Region.eyeLeft);
    const points = surfacePositions(model, shut, model.landmarks68);
    const rest = surfacePositions(model, mean, model.landmarks68);
    // Upper lid 43, 44; lower lid 47, 46.
    for (const [upper, lower] of [
      [43, 47],
      [44, 46],
    ]) {
      expect(rest[3 * upper + 1] - rest[3 * lower + 1]).toBeGreaterThan(6);
      expect(Math.abs(points[3 * upper + 1] - points[3 * lower + 1])).toBeLessThan(1.5);
      const front = Math.max(...eye.map((v) => mean[3 * v + 2]));
      expect(points[3 * upper + 2]).toBeGreaterThan(front - 6);
    }
    // Seen from the front, no part of the eyeball lies before the lids.
    const lids = verticesOf(Region.face).filter((v) => Math.abs(shut[3 * v + 1] - points[3 * 43 + 1]) < 12);
    const nearest = (v: number) =>
      lids.reduce(
        (best, l) => {
          const d = (shut[3 * l] - shut[3 * v]) ** 2 + (shut[3 * l + 1] - shut[3 * v + 1]) ** 2;
          return d < best.d ? { d, z: shut[3 * l + 2] } : best;
        },
        { d: Infinity, z: 0 },
      );
    let exposed = 0;
    for (const v of eye) {
      const { d, z } = nearest(v);
      if (d < 2) exposed = Math.max(exposed, shut[3 * v + 2] - z);
    }
    expect(exposed).toBeLessThan(0.3);
  });
});

describe("its albedo", () => {
  it("is skin: brighter in red than in green than in blue, everywhere on the face", () => {
    const face = verticesOf(Region.face);
    for (let seed = 1; seed <= 3; seed++) {
      const albedo = synthesizeAlbedo(model, seed === 1 ? [] : normals(seed, 80));
      const [r, g, b] = centroid(albedo, face);
      expect(r).toBeGreaterThan(g);
      expect(g).toBeGreaterThan(b);
      expect(r).toBeGreaterThan(0.05);
      expect(r).toBeLessThan(0.9);
    }
  });

  it("has dark pupils, bright whites, and lips redder than cheeks", () => {
    const eye = verticesOf(Region.eyeLeft);
    const front = eye.reduce((a, b) => (mean[3 * b + 2] > mean[3 * a + 2] ? b : a));
    expect(model.meanAlbedo[3 * front]).toBeLessThan(0.1);
    expect(Math.max(...eye.map((v) => model.meanAlbedo[3 * v + 1]))).toBeGreaterThan(0.35);
    const redness = (i: number) => {
      const corner = 3 * model.landmarks468.triangles[i];
      const v = model.triangles[corner];
      return model.meanAlbedo[3 * v] / model.meanAlbedo[3 * v + 1];
    };
    expect(redness(17)).toBeGreaterThan(redness(50));
  });
});
