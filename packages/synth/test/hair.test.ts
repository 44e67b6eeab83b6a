import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { decodeMorphableModel, Label, synthesizeShape, vertexNormals } from "cameo";
import { beforeAll, describe, expect, it } from "vitest";
import { type Assets, openAssets } from "../src/assets.ts";
import { growBeard, sampleBeard } from "../src/hair/beard.ts";
import { type Growth, growHair } from "../src/hair/grow.ts";
import { sampleHair } from "../src/hair/sample.ts";
import { centreY, distanceAlong, hairDensity, measureScalp, scalpMap } from "../src/hair/scalp.ts";
import { type BeardSpec, beardKinds, type HairSpec, hairKinds } from "../src/hair/spec.ts";
import type { Person } from "../src/makehuman/macro.ts";
import { fitPart } from "../src/makehuman/mhclo.ts";
import { type BareHead, Extra, type Part } from "../src/part.ts";
import { random } from "../src/random.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const pack = `${root}../shared/makehuman`;
const absent = !existsSync(pack);
if (absent) console.warn("skipped: the MakeHuman pack is not at ../shared/makehuman");

const person = (male: number, age: number): Person => ({
  age,
  male,
  african: 0.3,
  asian: 0.3,
  caucasian: 0.4,
  muscle: 0.5,
  weight: 0.5,
});

describe.skipIf(absent)("hair", () => {
  let assets: Assets;
  let head: BareHead;
  const specs: HairSpec[] = [];
  const beards: BeardSpec[] = [];
  const grown: Growth[] = [];

  beforeAll(async () => {
    const model = await decodeMorphableModel(readFileSync(`${root}models/head.bin`));
    assets = await openAssets(pack, model);
    head = meanHead(assets);
    // Every kind at least once: draw until each was seen, and keep a few of each.
    const seen = new Map<string, number>();
    for (let k = 0; k < 3000 && specs.length < 3 * hairKinds.length; k++) {
      const spec = sampleHair(random(5, "hair", k), person(k % 2, 8 + (k % 80)));
      const count = seen.get(spec.kind) ?? 0;
      if (count >= 3) continue;
      seen.set(spec.kind, count + 1);
      specs.push(spec);
    }
    for (let k = 0; k < 3000 && beards.length < beardKinds.length; k++) {
      const beard = sampleBeard(random(5, "beard", k), person(1, 40), specs[0]);
      if (!beards.some(({ kind }) => kind === beard.kind)) beards.push(beard);
    }
    for (const spec of specs) grown.push(growHair(assets, head, spec));
  }, 180_000);

  it("draws every kind of hair and beard", () => {
    expect(new Set(specs.map(({ kind }) => kind))).toEqual(new Set(hairKinds));
    expect(new Set(beards.map(({ kind }) => kind))).toEqual(new Set(beardKinds));
  });

  it("gives women and children no beard", () => {
    for (let k = 0; k < 50; k++) {
      expect(sampleBeard(random(6, k), person(0, 40), specs[0]).kind).toBe("none");
      expect(sampleBeard(random(6, k), person(1, 10), specs[0]).kind).toBe("none");
    }
  });

  it("makes sound surfaces within the budget", () => {
    for (const [i, { parts }] of grown.entries()) {
      const triangles = parts.reduce((sum, part) => sum + part.triangles.length / 3, 0);
      if (specs[i].kind !== "bald") expect(triangles, specs[i].kind).toBeGreaterThan(300);
      expect(triangles, specs[i].kind).toBeLessThan(50_000);
      for (const part of parts) checkSurface(part, Label.hair);
    }
    for (const beard of beards) for (const part of growBeard(assets, head, beard).parts) checkSurface(part, Label.face);
  });

  it("grows the same from the same spec, also after a round trip through JSON", () => {
    for (const [i, spec] of specs.entries()) {
      const again = growHair(assets, head, JSON.parse(JSON.stringify(spec)));
      expect(again.parts.length).toBe(grown[i].parts.length);
      for (const [k, part] of again.parts.entries())
        expect(sameNumbers(part.positions, grown[i].parts[k].positions)).toBe(true);
      const [density, before] = [again.stubble?.density, grown[i].stubble?.density];
      expect(density === before || sameNumbers(density!, before!)).toBe(true);
    }
  });

  it("grows other hair from another seed", () => {
    const spec = specs.find(({ kind }) => kind === "strands")!;
    const other = growHair(assets, head, { ...spec, seed: spec.seed + 1 });
    expect(sameNumbers(other.parts[1].positions, growHair(assets, head, spec).parts[1].positions)).toBe(false);
  });

  it("keeps grown hair outside the head", () => {
    const scalp = measureScalp(head);
    for (const spec of specs) {
      // The mean head of this test only nearly fits the base mesh that styles hang on.
      const layers = spec.layers.filter(({ type }) => type !== "style");
      const { parts } = growHair(assets, head, { ...spec, layers });
      expect(shareInside(scalp, parts, 2), spec.kind).toBeLessThan(0.04);
    }
  });

  it("lets heavy hair slide off the head rather than through it", () => {
    const scalp = measureScalp(head);
    const spec = specs.find(({ layers }) => layers.some((layer) => layer.type === "strands" && !layer.tie))!;
    const heavy = {
      top: 200,
      sides: 200,
      back: 200,
      gravity: 3,
      stiffness: 6,
      hold: 10,
      lift: 0,
      flyaway: 0,
      cut: null,
    };
    const layers = spec.layers
      .filter((layer) => layer.type === "strands")
      .map((layer) => ({ ...layer, ...heavy, curl: 0, fringe: null, width: 0.1 }));
    const { parts } = growHair(assets, head, { ...spec, layers });
    expect(shareInside(scalp, parts, 0.5)).toBeLessThan(0.01);
  });

  it("leaves the face free when there is no fringe and no cheek covered", () => {
    const spec = specs.find(({ layers }) => layers.some((layer) => layer.type === "strands" && !layer.tie))!;
    const layers = spec.layers
      .filter((layer) => layer.type === "strands")
      .map((layer) => ({ ...layer, fringe: null, cheeks: [0, 0] as const, curl: 0, flyaway: 0, frizz: 0 }));
    const { parts } = growHair(assets, head, { ...spec, layers });
    const scalp = measureScalp(head);
    let inFace = 0;
    let count = 0;
    for (const { positions } of parts)
      for (let v = 0; v < positions.length; v += 3) {
        const [x, y, z] = positions.subarray(v, v + 3);
        count++;
        if (z > 40 && Math.abs(x) < 0.55 * scalp.halfWidth && y < scalp.browY && y > scalp.chinY) inFace++;
      }
    expect(count).toBeGreaterThan(0);
    expect(inFace / count).toBeLessThan(0.01);
  });

  it("cuts styles that hang over the face above the eyes", () => {
    const scalp = measureScalp(head);
    const spec = specs.find(({ kind }) => kind === "style")!;
    const [style] = spec.layers.flatMap((layer) => (layer.type === "style" ? [layer] : []));
    const overFace = (fringe: number | null): number => {
      const bob = { ...style, name: "bob01", cut: null, reach: null, warp: 0, sweep: [0, 0] as const, fringe };
      const [{ positions, triangles }] = growHair(assets, head, { ...spec, layers: [bob] }).parts;
      return triangles.filter((v) => {
        const [x, y, z] = positions.subarray(3 * v, 3 * v + 3);
        return z > 40 && Math.abs(x) < 0.6 * scalp.halfWidth && y < scalp.eyeY && y > scalp.chinY;
      }).length;
    };
    expect(overFace(null)).toBeGreaterThan(100);
    expect(overFace(25)).toBe(0);
  });

  it("grows no hair on the face, and none on a bald head", () => {
    const scalp = measureScalp(head);
    const spec = specs.find(({ kind }) => kind === "strands")!;
    const density = hairDensity(scalp, { ...spec.hairline, forehead: 0, temples: 0, peak: 0 }, 1);
    const { toFace, mean } = scalpMap(head.model);
    let onScalp = 0;
    for (let v = 0; v < density.length; v++) {
      if (toFace[v] < -20) expect(density[v]).toBe(0);
      if (mean[3 * v + 1] > 85) onScalp = Math.max(onScalp, density[v]);
    }
    expect(onScalp).toBeGreaterThan(0.9);
    expect(growHair(assets, head, { ...spec, hairline: { ...spec.hairline, density: 0 } })).toEqual({
      parts: [],
      stubble: null,
    });
  });

  it("leaves the lips free of beard", () => {
    const { stubble } = growBeard(assets, head, {
      ...beards.find(({ kind }) => kind === "full")!,
      patchy: 0,
    });
    const { triangles, landmarks68 } = head.model;
    // Middle of the upper lip's border, of the lower lip's, and the chin.
    const at = (point: number) => stubble!.density[triangles[3 * landmarks68.triangles[point]]];
    expect(at(62)).toBe(0);
    expect(at(66)).toBe(0);
    expect(at(8)).toBeGreaterThan(0.5);
  });

  it("asks for a style that exists", () => {
    const spec = specs.find(({ kind }) => kind === "style")!;
    const layers = spec.layers.map((layer) => ({ ...layer, name: "wig" }));
    expect(() => growHair(assets, head, { ...spec, layers } as HairSpec)).toThrow(/hair\/wig\/wig/);
  });
});

/** Which share of the vertices above the chin (below, directions from the head centre run along the neck) is so deep under the skin, mm. */
function shareInside({ skin, chinY }: ReturnType<typeof measureScalp>, parts: readonly Part[], depth: number): number {
  let inside = 0;
  let count = 0;
  for (const { positions } of parts)
    for (let v = 0; v < positions.length; v += 3) {
      const [x, y, z] = positions.subarray(v, v + 3);
      if (y < chinY) continue;
      count++;
      if (distanceAlong(skin, x, y - centreY, z) - Math.hypot(x, y - centreY, z) > depth) inside++;
    }
  return inside / Math.max(1, count);
}

const sameNumbers = (a: Float32Array, b: Float32Array) => a.length === b.length && a.every((c, i) => c === b[i]);

function checkSurface(part: Part, label: number): void {
  const count = part.positions.length / 3;
  expect(part.material).toBe("hair");
  expect(part.labels).toBe(label);
  expect(part.extras).toBe(Extra.none);
  expect(part.follows).toBe("head");
  expect(part.positions.every(Number.isFinite)).toBe(true);
  expect(part.colours?.every((c) => c > 0 && c < 2) ?? true).toBe(true);
  expect(part.triangles.every((v) => v < count)).toBe(true);
  expect(part.uvs!.every((c) => c >= 0 && c <= 1)).toBe(true);
  expect((part.uvTriangles ?? part.triangles).every((v) => 2 * v < part.uvs!.length)).toBe(true);
  const used = new Set(part.triangles);
  for (const directions of [part.normals!, part.tangents!]) {
    expect(directions.length).toBe(part.positions.length);
    let worst = 0;
    for (const v of used)
      worst = Math.max(
        worst,
        Math.abs(Math.hypot(directions[3 * v], directions[3 * v + 1], directions[3 * v + 2]) - 1),
      );
    expect(worst).toBeLessThan(1e-3);
  }
}

/** The model's mean head, and MakeHuman's base mesh laid over it by its bounding box of the skull. */
function meanHead({ model, pack: { reference } }: Assets): BareHead {
  const shape = synthesizeShape(model, [], []);
  // Head joint of the base mesh; 100 mm per unit.
  const joint = [0, 0, 0];
  for (let v = 14070; v <= 14077; v++) for (let k = 0; k < 3; k++) joint[k] += reference[3 * v + k] / 8;
  const base = reference.map((c, i) => 100 * (c - joint[i % 3]));
  return {
    model,
    shape,
    normals: vertexNormals(shape, model.triangles),
    base,
    fit: (fitting) => Float32Array.from(fitPart(fitting, base)),
  };
}
