import { beforeAll, describe, expect, it } from "vitest";
import { CameoError } from "../../src/errors.ts";
import { type Pose, quaternionFromAngles, transformToCamera } from "../../src/geometry/pose.ts";
import type { RgbaImage } from "../../src/image.ts";
import { createTexture } from "../../src/raster/texture.ts";
import { buildHead } from "../../src/stages/head/build.ts";
import { headExpressions } from "../../src/stages/head/expressions.ts";
import type { SplitMesh } from "../../src/stages/head/split.ts";
import { headTemplate } from "../../src/stages/head/template.ts";
import { dilated } from "../../src/stages/pose/distance.ts";
import { blendExpressions, expressionNames } from "../../src/stages/pose/expression.ts";
import { apparentRotation, chinHeight, mobility, moved, slerp } from "../../src/stages/pose/motion.ts";
import { turned } from "../../src/stages/pose/render.ts";
import { createScene, type Motion, renderScene } from "../../src/stages/pose/turn.ts";
import { headInput } from "../support/head-input.ts";
import { loadModel, meanDifference, type SyntheticPortrait, syntheticPortrait } from "../support/synthetic.ts";

const SIDE = 256;

let portrait: SyntheticPortrait;
let head: SplitMesh;
let expressions: ReturnType<typeof headExpressions>;
beforeAll(async () => {
  const template = headTemplate(await loadModel());
  portrait = syntheticPortrait(template.model, { seed: 12, yaw: 0, size: SIDE });
  head = buildHead(headInput(template, portrait));
  expressions = headExpressions(template.model, head, portrait.expression);
});

const sceneOf = (background: "photo" | "none", size?: number) =>
  createScene({ ...portrait, mesh: head.mesh }, createTexture(head.mesh.texture), { size, background });

const show = (motion: Partial<Motion>, holes: "filled" | "transparent" = "filled"): RgbaImage =>
  renderScene(sceneOf("photo"), { pose: portrait.pose, ...motion }, holes);

const countHoles = ({ data }: RgbaImage) => data.filter((value, i) => i % 4 === 3 && value === 0).length;

const opaque = ({ width, height, data }: RgbaImage) => ({ width, height, data: data.filter((_, i) => i % 4 !== 3) });

describe("a new view", () => {
  it("keeps the background to the bit, and leaves holes transparent where the head was", () => {
    const view = show({ pose: turned(portrait.pose, { yaw: 0.5 }) }, "transparent");
    expect([view.width, view.height]).toEqual([SIDE, SIDE]);
    const holes = countHoles(view);
    expect(holes).toBeGreaterThan(20);
    expect(holes).toBeLessThan(9000);
    // The photo's rows above the head.
    for (let i = 0; i < 4 * SIDE * 8; i++)
      expect(view.data[i]).toBe(i % 4 === 3 ? 255 : portrait.image.data[3 * (i >> 2) + (i % 4)]);
  });

  it("is opaque when filled, and what fills a hole beside the head looks like the background there", () => {
    const pose = turned(portrait.pose, { yaw: 0.5 });
    const [coarse, filled] = [show({ pose }, "transparent"), show({ pose })];
    expect(filled.data.every((value, i) => i % 4 !== 3 || value === 255)).toBe(true);
    // The upper half of the picture: no neck there, only background of one colour.
    const background = portrait.image.data.subarray(0, 3);
    let [sum, count] = [0, 0];
    for (let p = 0; p < (SIDE * SIDE) / 2; p++) {
      if (coarse.data[4 * p + 3] !== 0) continue;
      for (let k = 0; k < 3; k++) sum += Math.abs(filled.data[4 * p + k] - background[k]);
      count += 3;
    }
    expect(count).toBeGreaterThan(60);
    expect(sum / count).toBeLessThan(6);
  });

  it("is nearly the photo when nothing moves", () => {
    expect(meanDifference(opaque(show({})), portrait.image, () => true)).toBeLessThan(3);
  });

  it("moves the neck the less with the head the lower, without a tear", () => {
    const { mesh } = head;
    const chin = chinHeight(mesh);
    const weights = mobility(mesh.positions, chin);
    const pose = turned(portrait.pose, { yaw: 0.4, pitch: 0.2, roll: 0.2 });
    const before = transformToCamera(mesh.positions, portrait.pose);
    const after = moved(mesh.positions, weights, portrait.pose, pose);
    const whole = transformToCamera(mesh.positions, pose);
    let [rigid, longest] = [0, 0];
    for (let v = 0; v < weights.length; v++) {
      const off = (a: Float32Array, b: Float32Array) =>
        Math.hypot(a[3 * v] - b[3 * v], a[3 * v + 1] - b[3 * v + 1], a[3 * v + 2] - b[3 * v + 2]);
      if (mesh.positions[3 * v + 1] > chin) {
        expect(off(after, whole)).toBeLessThan(0.01);
        rigid++;
      } else expect(off(after, before)).toBeLessThan(0.01 + (0.05 + weights[v]) * off(whole, before) + 2);
    }
    expect(rigid).toBeGreaterThan(1000);
    expect(weights.some((weight) => weight < 0.4)).toBe(true);
    const edge = (points: Float32Array, a: number, b: number) =>
      Math.hypot(
        points[3 * a] - points[3 * b],
        points[3 * a + 1] - points[3 * b + 1],
        points[3 * a + 2] - points[3 * b + 2],
      );
    for (let k = 0; k < mesh.triangles.length; k++) {
      const [a, b] = [mesh.triangles[k], mesh.triangles[k % 3 === 2 ? k - 2 : k + 1]];
      longest = Math.max(longest, edge(after, a, b) / (edge(before, a, b) + 1));
    }
    expect(longest).toBeLessThan(2);
  });

  it("scales with the size asked for, and can show the head alone", () => {
    const scene = sceneOf("none", 100);
    const { width, height, data } = renderScene(scene, { pose: portrait.pose }, "filled");
    expect([width, height]).toEqual([100, 100]);
    expect(data[3]).toBe(0);
    const away: Pose = { ...portrait.pose, translation: [5000, 0, 1100] };
    expect(renderScene(scene, { pose: away }, "filled").data.some((value, i) => i % 4 === 3 && value > 0)).toBe(false);
  });

  it("changes about the mouth and nowhere else when the jaw opens", () => {
    const offsets = blendExpressions(expressions.named(), { jawOpen: 0.7 });
    const [still, open] = [show({}), show({ offsets })];
    let [changed, above] = [0, 0];
    for (let p = 0; p < SIDE * SIDE; p++) {
      const difference = Math.abs(open.data[4 * p] - still.data[4 * p]);
      if (difference > 8) changed++;
      if (difference > 8 && p < SIDE * SIDE * 0.4) above++;
    }
    expect(changed).toBeGreaterThan(150);
    expect(above).toBe(0);
  });
});

describe("expressions by name", () => {
  it("knows the model's names, those for both sides, and everyday words", () => {
    const targets = expressions.named();
    const names = expressionNames(targets);
    for (const name of ["jawOpen", "eyeBlink", "smile"]) expect(names).toContain(name);
    const smile = blendExpressions(targets, { smile: 0.5 })!;
    const both = blendExpressions(targets, { mouthSmileLeft: 0.5, mouthSmileRight: 0.5 })!;
    expect(smile).toEqual(both);
    expect(smile.some((value) => Math.abs(value) > 1)).toBe(true);
  });

  it("lists those that there are where one is unknown", () => {
    expect(() => blendExpressions(expressions.named(), { smirk: 1 })).toThrow(CameoError);
    expect(() => blendExpressions(expressions.named(), { smirk: 1 })).toThrow(/"smirk"; there are smile, .*jawOpen/);
    expect(() => blendExpressions(expressions.named(), { constructor: 1 })).toThrow(/no expression/);
    expect(() => blendExpressions(expressions.named(), { smile: Number.NaN })).toThrow(/strength/);
  });
});

describe("rotations", () => {
  it("are halved by half the way", () => {
    const [a, b] = [
      quaternionFromAngles({ yaw: 0.2, pitch: 0, roll: 0 }),
      quaternionFromAngles({ yaw: 1, pitch: 0, roll: 0 }),
    ];
    const half = slerp(a, b, 0.5);
    quaternionFromAngles({ yaw: 0.6, pitch: 0, roll: 0 }).forEach((x, k) => {
      expect(half[k]).toBeCloseTo(x, 9);
    });
    slerp(a, [-b[0], -b[1], -b[2], -b[3]], 0.5).forEach((x, k) => {
      expect(x).toBeCloseTo(half[k], 9);
    });
  });

  it("seen from where the head is: a head at the right of the picture that looks along the axis seems turned", () => {
    const yaw = Math.atan2(300, 1000);
    const expected = quaternionFromAngles({ yaw: -yaw, pitch: 0, roll: 0 });
    const seen = apparentRotation({ rotation: [0, 0, 0, 1], translation: [300, 0, 1000] });
    seen.forEach((x, k) => {
      expect(x).toBeCloseTo(expected[k], 6);
    });
  });
});

it("dilates by a round neighbourhood", () => {
  const mask = new Uint8Array(21 * 21);
  mask[10 * 21 + 10] = 1;
  const grown = dilated(mask, 21, 21, 5);
  const at = (x: number, y: number) => grown[y * 21 + x];
  expect([at(15, 10), at(16, 10), at(10, 5), at(10, 4), at(13, 13), at(14, 14)]).toEqual([1, 0, 1, 0, 1, 0]);
});
