import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Assets,
  buildHead,
  type ExpressionSpec,
  Extra,
  findAssets,
  gazeAtCamera,
  type Head,
  openAssets,
  paintHead,
  random,
  type Stubble,
  type SubjectSpec,
  sampleColour,
  sampleExpression,
  sampleSubject,
} from "@cameo/synth";
import { decodeMorphableModel, Label, quaternion, quaternionFromAngles, synthesizeShape, type Vec3, vec3 } from "cameo";
import { beforeAll, describe, expect, it } from "vitest";

const folder = new URL("../../../../shared/makehuman", import.meta.url).pathname;
const model = await decodeMorphableModel(readFileSync(new URL("../../../models/head.bin", import.meta.url)));

describe("findAssets", () => {
  it("takes the option before the environment, and says what to do without either", () => {
    const before = process.env.CAMEO_ASSETS;
    try {
      process.env.CAMEO_ASSETS = tmpdir();
      expect(findAssets(process.cwd())).toBe(process.cwd());
      expect(findAssets()).toBe(tmpdir());
      delete process.env.CAMEO_ASSETS;
      expect(() => findAssets()).toThrow(/CAMEO_ASSETS.*docs/);
      expect(() => findAssets("/no/such/folder")).toThrow("/no/such/folder");
    } finally {
      if (before !== undefined) process.env.CAMEO_ASSETS = before;
    }
  });
  it("openAssets names a missing file", async () => {
    const empty = await mkdtemp(join(tmpdir(), "cameo-"));
    await expect(openAssets(empty, model)).rejects.toThrow(/is missing\. .*docs\/synthetic-data\.md/);
    await rm(empty, { recursive: true });
  });
});

const radians = (degrees: number) => (degrees * Math.PI) / 180;

const present = existsSync(folder);
if (!present) console.log(`subject: skipped, there is no MakeHuman pack at ${folder}`);

describe.skipIf(!present)("heads", () => {
  let assets: Assets;
  const count = 12;
  let subjects: SubjectSpec[];
  const still: ExpressionSpec = { named: {}, units: {}, gaze: [0, 0] };
  const bare = (subject: SubjectSpec, expression = still) => buildHead(assets, subject, expression);

  beforeAll(async () => {
    assets = await openAssets(folder, model);
    subjects = Array.from({ length: count }, (_, k) => sampleSubject(random(3, "portrait", k, "subject"), assets));
  }, 60_000);

  const vertexError = (a: Float32Array, b: Float32Array) => {
    let [sum, most] = [0, 0];
    for (let i = 0; i < a.length; i += 3) {
      const d = Math.hypot(a[i] - b[i], a[i + 1] - b[i + 1], a[i + 2] - b[i + 2]);
      sum += d;
      most = Math.max(most, d);
    }
    return { mean: (3 * sum) / a.length, most };
  };

  it("of the span are what their coefficients make, whatever their face does", () => {
    for (const [k, subject] of subjects.entries()) {
      const { units: _, ...expression } = sampleExpression(random(3, "portrait", k, "expression"));
      const { coefficients, shape } = bare({ ...subject, spanned: true }, { ...expression, units: {} });
      const made = synthesizeShape(model, coefficients.identity, coefficients.expression);
      expect(vertexError(shape, made).most).toBeLessThan(0.01);
    }
  });

  it("of MakeHuman lie near the span", () => {
    const errors = subjects.map((subject) => {
      const { coefficients, shape } = bare({ ...subject, spanned: false });
      return vertexError(shape, synthesizeShape(model, coefficients.identity, [])).mean;
    });
    expect(errors.reduce((s, x) => s + x, 0) / count).toBeLessThan(0.7);
    expect(Math.max(...errors)).toBeGreaterThan(0.1);
  });

  it("keep the base mesh on the cage, its helpers near", () => {
    for (const spanned of [false, true]) {
      const { base, cage } = bare({ ...subjects[0], spanned });
      for (const [i, v] of assets.cage.skin.vertices.entries())
        for (let k = 0; k < 3; k++) expect(base[3 * v + k]).toBeCloseTo(cage[3 * i + k], 3);
    }
  });

  const at = ({ base }: Head, name: string) => {
    const v = assets.pack.landmarks.named[name];
    return [base[3 * v], base[3 * v + 1], base[3 * v + 2]];
  };

  it("keep their teeth behind closed lips, and open them with the jaw", () => {
    for (const subject of subjects) {
      const closed = bare(subject);
      const open = bare(subject, { ...still, named: { jawOpen: 0.8 } });
      const teeth = closed.fit(assets.pack.teeth.fitting);
      const lips = at(closed, "stomion_upper")[2];
      let front = -Infinity;
      for (let i = 2; i < teeth.length; i += 3) front = Math.max(front, teeth[i]);
      expect(front).toBeLessThan(lips);
      expect(lips - front).toBeLessThan(16);
      const lowest = (positions: Float32Array) =>
        positions.reduce((low, y, i) => (i % 3 === 1 ? Math.min(low, y) : low), 1e9);
      const chin = at(closed, "menton")[1] - at(open, "menton")[1];
      const drop = lowest(teeth) - lowest(open.fit(assets.pack.teeth.fitting));
      expect(chin).toBeGreaterThan(8);
      expect(drop / chin).toBeGreaterThan(0.4);
    }
  });

  it("keep lashes at the lids, open or shut", () => {
    const { loops } = assets.pack.regions;
    const margin = [...loops.eyelid_margin_left, ...loops.eyelid_margin_right];
    const lash = assets.parts.get("eyelashes/eyelashes01/eyelashes01")!;
    for (const named of [{}, { eyeBlinkLeft: 1, eyeBlinkRight: 1 }] as Record<string, number>[]) {
      const head = bare({ ...subjects[1], spanned: true }, { ...still, named });
      const placed = head.fit(lash.fitting);
      for (let i = 0; i < placed.length; i += 3) {
        const distance = Math.min(
          ...margin.map((v) =>
            Math.hypot(
              placed[i] - head.base[3 * v],
              placed[i + 1] - head.base[3 * v + 1],
              placed[i + 2] - head.base[3 * v + 2],
            ),
          ),
        );
        expect(distance).toBeLessThan(13);
      }
    }
  });

  it("turn their eyes", () => {
    const ahead = bare(subjects[0]).cage;
    const left = bare(subjects[0], { ...still, gaze: [30, 0] }).cage;
    for (const first of [assets.cage.start.eyeLeft, assets.cage.start.eyeRight]) {
      const axis = (points: Float32Array) => [0, 2].map((k) => points[3 * (first + 3) + k] - points[3 * first + k]);
      const angle = (points: Float32Array) => (Math.atan2(axis(points)[0], axis(points)[1]) * 180) / Math.PI;
      expect(angle(left) - angle(ahead)).toBeGreaterThan(27);
      expect(angle(left) - angle(ahead)).toBeLessThan(33);
    }
  });

  it("meet the camera's eye however the head is turned", () => {
    for (const [yaw, pitch, roll] of [
      [20, 0, 0],
      [-15, 10, 20],
      [0, -20, -15],
    ]) {
      const { start } = assets.cage;
      const { cage } = bare(subjects[0], { ...still, gaze: gazeAtCamera({ yaw, pitch, roll }) });
      const neutral = bare(subjects[0]).cage;
      const rotation = quaternionFromAngles({ yaw: radians(yaw), pitch: radians(pitch), roll: radians(roll) });
      const axis = (points: Float32Array) =>
        vec3.normalize(
          [0, 1, 2].map((k) => points[3 * (start.eyeLeft + 3) + k] - points[3 * start.eyeLeft + k]) as unknown as Vec3,
        );
      // Seen from the camera, the eye looks as straight as it does in a frontal picture.
      const turned = quaternion.rotate(rotation, axis(cage));
      const away = Math.acos(vec3.dot(turned, axis(neutral)));
      expect((away * 180) / Math.PI).toBeLessThan(4);
    }
  });

  it("are the same for the same seed, and others for another", () => {
    const again = sampleSubject(random(3, "portrait", 0, "subject"), assets);
    expect(again).toEqual(subjects[0]);
    expect(subjects[1]).not.toEqual(subjects[0]);
    expect(JSON.parse(JSON.stringify(again))).toEqual(again);
    const expression = sampleExpression(random(3, "portrait", 0, "expression"));
    const same = (x: Float32Array | Uint8Array, y: Float32Array | Uint8Array) =>
      Buffer.from(x.buffer).equals(Buffer.from(y.buffer));
    const [a, b] = [0, 1].map(() => paintHead(assets, again, bare(again, expression), []));
    for (const [i, part] of a.parts.entries()) {
      expect(same(part.positions, b.parts[i].positions)).toBe(true);
      if (part.texture) expect(same(part.texture.data, b.parts[i].texture!.data)).toBe(true);
    }
    expect(a.texture).toEqual(b.texture);
  });

  it("are painted in the tone that was asked for, from dark to pale", () => {
    for (const tone of [
      [0.07, 0.03, 0.018],
      [0.55, 0.37, 0.29],
    ] as const) {
      const subject = { ...subjects[2], skin: { ...subjects[2].skin, tone, freckles: { count: 0, strength: 0 } } };
      const { parts, texture } = paintHead(assets, subject, bare(subject), []);
      const skin = parts.find((part) => part.material === "skin")!;
      const cheek = assets.skin.zones.middle.findIndex((x, v) => x === 1 && assets.skin.zones.cheeks[v] > 0.5);
      const corner = skin.triangles.indexOf(cheek);
      const uv = 2 * skin.uvTriangles![corner];
      const pixel = new Float64Array(4);
      sampleColour(skin.texture!, skin.uvs![uv], skin.uvs![uv + 1], pixel);
      for (let c = 0; c < 3; c++) expect(Math.abs(Math.log(pixel[c] / tone[c]))).toBeLessThan(0.6);
      expect(texture.every(Number.isFinite)).toBe(true);
    }
  });

  it("label what they show", () => {
    const head = bare(subjects[0]);
    const skin = paintHead(assets, subjects[0], head, []).parts.find((part) => part.material === "skin")!;
    const labels = skin.labels as Uint8Array;
    const extras = skin.extras as Uint8Array;
    const middle = (t: number) =>
      [0, 1, 2].map((axis) =>
        [0, 1, 2].reduce((s, k) => s + skin.positions[3 * skin.triangles[3 * t + k] + axis] / 3, 0),
      );
    const seen = new Map<number, number>();
    for (let t = 0; t < labels.length; t++) {
      seen.set(labels[t], (seen.get(labels[t]) ?? 0) + 1);
      const [x, y] = middle(t);
      if (labels[t] === Label.earLeft) expect(x).toBeLessThan(-40);
      if (labels[t] === Label.earRight) expect(x).toBeGreaterThan(40);
      if (y < at(head, "menton")[1] - 40) expect(labels[t]).toBe(Label.background);
      expect(extras[t]).toBe(labels[t] === Label.background ? Extra.neck : Extra.none);
    }
    for (const label of [Label.face, Label.earLeft, Label.earRight, Label.innerMouth, Label.background])
      expect(seen.get(label)).toBeGreaterThan(100);
    expect(seen.has(Label.hair)).toBe(false);
  });

  it("count dense stubble on the scalp as hair, and thin stubble not", () => {
    const head = bare(subjects[0]);
    const shaved = (density: number) => {
      const stubble: Stubble = {
        density: new Float32Array(model.vertexCount).fill(density),
        colour: [0.02, 0.02, 0.02],
      };
      const skin = paintHead(assets, subjects[0], head, [stubble]).parts.find((part) => part.material === "skin")!;
      return {
        hair: (skin.labels as Uint8Array).filter((label) => label === Label.hair).length,
        colours: skin.colours!,
      };
    };
    expect(shaved(0.3).hair).toBe(0);
    expect(shaved(0.8).hair).toBeGreaterThan(1000);
    expect(shaved(0.8).colours[0]).toBeLessThan(shaved(0.3).colours[0]);
  });

  it("come in all skin tones, ages and both sexes", () => {
    const many = Array.from({ length: 300 }, (_, k) => sampleSubject(random(5, "portrait", k, "subject"), assets));
    const share = (is: (subject: SubjectSpec) => boolean) => many.filter(is).length / many.length;
    const luminance = ({ skin: { tone } }: SubjectSpec) => 0.2126 * tone[0] + 0.7152 * tone[1] + 0.0722 * tone[2];
    expect(share((s) => luminance(s) < 0.12)).toBeGreaterThan(0.2);
    expect(share((s) => luminance(s) >= 0.12 && luminance(s) < 0.27)).toBeGreaterThan(0.2);
    expect(share((s) => luminance(s) >= 0.27)).toBeGreaterThan(0.2);
    expect(Math.abs(share((s) => s.person.male > 0.5) - 0.5)).toBeLessThan(0.1);
    expect(share((s) => s.person.age < 18)).toBeGreaterThan(0.04);
    expect(share((s) => s.person.age > 65)).toBeGreaterThan(0.08);
    expect(Math.abs(share((s) => s.spanned) - 0.5)).toBeLessThan(0.1);
  });
});
