import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Assets,
  bodyFaceCount,
  bodyVertexCount,
  buildHead,
  dress,
  Extra,
  openAssets,
  type Part,
  random,
  randomPerson,
  randomShape,
  sampleWear,
  type WearSpec,
} from "@cameo/synth";
import { decodeMorphableModel, Region, rasterize, surfacePositions, vertexNormals } from "cameo";
import { beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");
const folder = join(root, "../shared/makehuman");
const isThere = existsSync(folder);
if (!isThere) console.warn(`wear: skipped, there is no MakeHuman pack at ${folder}`);

const crew = { shape: "crew", depth: 0, half: 0 } as const;
const grey = [0.3, 0.3, 0.3] as const;
const plain = { pattern: "plain", colours: [grey, grey, grey], repeat: 10, turn: 0, seed: 0 } as const;
const bare: WearSpec = {
  cut: crew,
  fabric: plain,
  seed: 1,
  jacket: null,
  collar: null,
  necklace: null,
  headwear: null,
  glasses: null,
  occluder: null,
  earrings: null,
  headphones: null,
  flower: null,
};
const glasses: NonNullable<WearSpec["glasses"]> = {
  shape: "rectangle",
  rim: "full",
  metal: false,
  colour: grey,
  thickness: 2,
  size: 0.95,
  slip: 2,
  lens: grey,
  opacity: 0.08,
};
const headwear = (kind: NonNullable<WearSpec["headwear"]>["kind"]): NonNullable<WearSpec["headwear"]> => ({
  kind,
  colours: [grey, grey],
  rim: [68, 80, 98],
  size: 1,
  turn: 0,
  seed: 5,
});

describe.skipIf(!isThere)("dress", () => {
  let assets: Assets;
  const subjects: { head: ReturnType<typeof buildHead>; spec: WearSpec }[] = [];
  beforeAll(async () => {
    const model = await decodeMorphableModel(new Uint8Array(readFileSync(join(root, "models/head.bin"))));
    assets = await openAssets(folder, model);
    for (let k = 0; k < 40; k++) {
      const source = random(3, "wear-test", k);
      const person = randomPerson(source);
      const shape = Object.fromEntries(randomShape(source, assets.rig.sliders));
      // Only who it is decides the shape; paint does not matter here.
      const subject = { person, shape, spanned: k % 2 === 0 } as Parameters<typeof buildHead>[1];
      const head = buildHead(assets, subject, { named: {}, units: {}, gaze: [0, 0] });
      subjects.push({ head, spec: sampleWear(source, person) });
    }
  }, 180_000);

  it("makes finite parts of few triangles, of background label", () => {
    for (const { head, spec } of subjects) {
      const { parts } = dress(assets, head, spec);
      let clothes = 0;
      let rest = 0;
      for (const part of parts) {
        expect(part.positions.every(Number.isFinite)).toBe(true);
        expect(part.normals?.every(Number.isFinite) ?? true).toBe(true);
        expect(part.triangles.reduce((most, v) => Math.max(most, v), 0)).toBeLessThan(part.positions.length / 3);
        if (part.texture) expect(part.uvs?.length).toBe((2 * part.positions.length) / 3);
        expect(part.labels).toBe(0);
        if (part.extras === Extra.clothes) clothes += part.triangles.length / 3;
        else rest += part.triangles.length / 3;
      }
      expect(clothes).toBeLessThan(16_000);
      expect(rest).toBeLessThan(12_000);
    }
  });

  it.each(["shirt", "lapels", "turtleneck", "hood", "scarf", "fur", "shawl"] as const)(
    "turns the outside of collars outwards: %s",
    (kind) => {
      for (const seed of [4, 5]) {
        const collar = { kind, colour: grey, open: 0.3, size: 1, tie: null, seed };
        const [, { positions, triangles }] = dress(assets, subjects[0].head, { ...bare, collar }).parts;
        const normals = vertexNormals(positions, triangles);
        const middle = [0, 2].map((axis) => mean(positions.filter((_, i) => i % 3 === axis)));
        // In each of 24 directions from the neck, the farthest vertex of what is about it: outside is away from it and up.
        const top = positions.reduce((most, y, i) => (i % 3 === 1 ? Math.max(most, y) : most), -Infinity);
        const farthest = new Map<number, { reach: number; outward: number }>();
        for (let i = 0; i < positions.length; i += 3) {
          if (positions[i + 1] < top - 90) continue;
          const [x, z] = [positions[i] - middle[0], positions[i + 2] - middle[1]];
          const reach = Math.hypot(x, z);
          const direction = Math.floor((12 * Math.atan2(x, z)) / Math.PI);
          if (reach <= (farthest.get(direction)?.reach ?? 0)) continue;
          farthest.set(direction, { reach, outward: (normals[i] * x + normals[i + 2] * z) / reach + normals[i + 1] });
        }
        const outwards = [...farthest.values()].filter(({ outward }) => outward > 0).length;
        expect(outwards / farthest.size).toBeGreaterThan(0.75);
      }
    },
  );

  it("gives the same for the same spec, and for the spec from JSON", () => {
    for (const { head, spec } of subjects.slice(0, 12)) {
      const once = dress(assets, head, spec);
      const again = dress(assets, head, JSON.parse(JSON.stringify(spec)));
      expect(digest(again)).toEqual(digest(once));
    }
    const person = randomPerson(random(1, "p"));
    expect(sampleWear(random(4, "w"), person)).toEqual(sampleWear(random(4, "w"), person));
  });

  it("puts about as much on people as it says", () => {
    const count = { headwear: 0, glasses: 0, occluder: 0 };
    const total = 3000;
    for (let k = 0; k < total; k++) {
      const source = random(9, k);
      const spec = sampleWear(source, randomPerson(source));
      for (const key of ["headwear", "glasses", "occluder"] as const) if (spec[key]) count[key]++;
    }
    expect(count.headwear / total).toBeCloseTo(0.1, 1);
    expect(Math.abs(count.headwear / total - 0.1)).toBeLessThan(0.02);
    expect(Math.abs(count.glasses / total - 0.12)).toBeLessThan(0.025);
    expect(Math.abs(count.occluder / total - 0.08)).toBeLessThan(0.02);
  });

  it("covers the shoulders: from the front, skin shows in less than 1 % of the shirt below the neck", () => {
    const size = { width: 128, height: 128 };
    const camera = { fx: 320, fy: 320, cx: 64, cy: 0 };
    let poking = 0;
    let covered = 0;
    for (const { head } of subjects.slice(0, 12)) {
      const { parts, hidden } = dress(assets, head, bare);
      const isHidden = new Uint8Array(bodyVertexCount);
      for (const v of hidden) isHidden[v] = 1;
      const { faces } = assets.pack.base;
      const skin: number[] = [];
      for (let f = 0; f < 4 * bodyFaceCount; f += 4) {
        const [a, b, c, d] = faces.subarray(f, f + 4);
        if (isHidden[a] + isHidden[b] + isHidden[c] + isHidden[d] < 4) skin.push(a, b, c, a, c, d);
      }
      const body = Float32Array.from(head.base.subarray(0, 3 * bodyVertexCount));
      // From the pit of the neck down, 1 m before it.
      const pit = body.slice(3 * 1524, 3 * 1524 + 3);
      const depth = (positions: Float32Array, triangles: Uint32Array) =>
        rasterize(
          positions.map((x, i) => (i % 3 === 0 ? x - pit[0] : i % 3 === 1 ? pit[1] - 20 - x : 1000 + pit[2] - x)),
          triangles,
          camera,
          { ...size, cull: "none" },
        ).depth;
      const bodyDepth = depth(body, Uint32Array.from(skin));
      const cloth = depth(parts[0].positions, parts[0].triangles);
      for (let row = 0; row < 60; row++)
        for (let column = 20; column < 108; column++) {
          const i = row * size.width + column;
          if (cloth[i] === 0) continue;
          covered++;
          if (bodyDepth[i] > 0 && bodyDepth[i] < cloth[i]) poking++;
        }
    }
    expect(covered).toBeGreaterThan(30_000);
    expect(poking / covered).toBeLessThan(0.01);
  });

  it("hides less of the body the deeper the neckline", () => {
    const { head } = subjects[0];
    const hidden = (cut: WearSpec["cut"]) => dress(assets, head, { ...bare, cut }).hidden.length;
    const whole = hidden(crew);
    const shallow = hidden({ shape: "vNeck", depth: 30, half: 80 });
    const deep = hidden({ shape: "vNeck", depth: 110, half: 80 });
    const none = hidden({ shape: "strapless", depth: 120, half: 0 });
    expect([whole > shallow, shallow > deep, deep > none]).toEqual([true, true, true]);
  });

  it("sets glasses before the eyes, and their temples on the ears", () => {
    for (const { head } of subjects.slice(0, 16)) {
      const [frame, lenses] = dress(assets, head, { ...bare, glasses }).parts.slice(1);
      expect([frame.extras, lenses.extras, lenses.material]).toEqual([Extra.glasses, Extra.glasses, "glass"]);
      const { model, shape } = head;
      const eyes = surfacePositions(model, shape, model.landmarks68).subarray(3 * 36, 3 * 48);
      const glass = heightField(lenses, 6);
      for (let i = 0; i < eyes.length; i += 3) {
        const z = glass(eyes[i], eyes[i + 1]);
        if (z !== undefined) expect(z - eyes[i + 2]).toBeGreaterThan(2);
      }
      for (const ear of [Region.earLeft, Region.earRight]) expect(distanceToRegion(frame, head, ear)).toBeLessThan(3);
    }
  });

  it("encloses the scalp with hats, and presses hair under them", () => {
    for (const kind of ["cap", "beanie", "brim", "helmet", "turban"] as const)
      for (const { head } of subjects.slice(0, 8)) {
        const { parts, covering } = dress(assets, head, { ...bare, headwear: headwear(kind) });
        if (!covering) throw new Error("no covering");
        const hat = parts.filter((p) => p.extras === Extra.headwear);
        let outside = 0;
        let inside = 0;
        const top = upperField(hat);
        for (let v = 0; v < head.shape.length; v += 3) {
          const [x, y, z] = head.shape.subarray(v, v + 3);
          if (y < 70 || !covering.inside(x, y, z)) continue;
          inside++;
          const hatTop = top(x, z);
          if (hatTop !== undefined && hatTop < y) outside++;
        }
        expect(inside).toBeGreaterThan(100);
        expect(outside / inside).toBeLessThan(0.01);
        const tuft = Float32Array.of(0, 190, 0, 0, -200, 90);
        covering.press(tuft);
        expect(tuft[1]).toBeLessThan(140);
        expect([...tuft.subarray(3)]).toEqual([0, -200, 90]);
      }
  });

  it("hides all hair only under hoods and head scarves that close", () => {
    const { head } = subjects[1];
    const hides = (kind: NonNullable<WearSpec["headwear"]>["kind"]) =>
      dress(assets, head, { ...bare, headwear: headwear(kind) }).covering?.hidesHair;
    expect([hides("hijab"), hides("hoodUp"), hides("cap"), hides("flowers")]).toEqual([true, true, false, undefined]);
  });
});

/** Everything that is worn as bytes. */
const digest = ({ parts, hidden }: ReturnType<typeof dress>): string => {
  const sum = createHash("sha256").update(hidden);
  for (const { positions, triangles, texture, colour, material } of parts)
    sum
      .update(positions)
      .update(triangles)
      .update(texture?.data ?? "")
      .update(JSON.stringify([colour, material]));
  return sum.digest("hex");
};

/** Greatest z of a part's vertices about x, y. */
function heightField({ positions }: Part, reach = 9) {
  return (x: number, y: number): number | undefined => {
    let best: number | undefined;
    for (let i = 0; i < positions.length; i += 3)
      if (
        Math.abs(positions[i] - x) < reach &&
        Math.abs(positions[i + 1] - y) < reach &&
        !(positions[i + 2] <= (best as number))
      )
        best = positions[i + 2];
    return best;
  };
}

/** Greatest y of the parts' vertices about x, z. */
function upperField(parts: readonly Part[]) {
  return (x: number, z: number): number | undefined => {
    let best: number | undefined;
    for (const { positions } of parts)
      for (let i = 0; i < positions.length; i += 3)
        if (
          Math.abs(positions[i] - x) < 10 &&
          Math.abs(positions[i + 2] - z) < 10 &&
          !(positions[i + 1] <= (best as number))
        )
          best = positions[i + 1];
    return best;
  };
}

/** Least distance of a part's vertices from the model's vertices of a region, mm. */
function distanceToRegion(
  { positions }: Part,
  { model, shape }: { model: Assets["model"]; shape: Float32Array },
  region: Region,
): number {
  const vertices = new Set<number>();
  for (let i = 0; i < model.triangles.length; i++)
    if (model.regions[Math.floor(i / 3)] === region) vertices.add(model.triangles[i]);
  let least = Infinity;
  // The ends of the temples are behind the eyes.
  for (const v of vertices)
    for (let i = 0; i < positions.length; i += 3)
      if (positions[i + 2] < 30)
        least = Math.min(
          least,
          Math.hypot(
            positions[i] - shape[3 * v],
            positions[i + 1] - shape[3 * v + 1],
            positions[i + 2] - shape[3 * v + 2],
          ),
        );
  return least;
}

const mean = (values: Float32Array) => values.reduce((sum, x) => sum + x, 0) / values.length;
