import {
  cameraOf,
  Extra,
  type LightingSpec,
  landmarkTruth,
  lightFrom,
  type Part,
  poseOf,
  renderPortrait,
  type Texture,
  type ViewSpec,
} from "@cameo/synth";
import { Label, type MorphableModel, toSrgb } from "cameo";
import { describe, expect, it } from "vitest";
import { ball, card } from "./shapes.ts";

const size = 96;
const view: ViewSpec = {
  head: { yaw: 0, pitch: 0, roll: 0 },
  trunk: { yaw: 0, pitch: 0, roll: 0 },
  focal35: 50,
  distance: 800,
  axis: [0.02, -0.01],
  span: 300,
  centre: [0.52, 0.47],
};
const even: LightingSpec = {
  scene: "test",
  above: [0.5, 0.5, 0.5],
  around: [0.5, 0.5, 0.5],
  below: [0.5, 0.5, 0.5],
  glows: [],
  lamps: [],
};
const sunny: LightingSpec = {
  ...even,
  lamps: [{ direction: lightFrom(30, 30), radius: 3, shape: "round", colour: [0.6, 0.5, 0.4] }],
};
const behind = new Float32Array(3 * size * size).fill(0.25);
const render = (parts: readonly Part[], lighting = even) =>
  renderPortrait({ parts, view, lighting, size }, () => behind);

const radius = 90;
const camera = cameraOf(view, size);
const { translation: centre } = poseOf(view);

/** Where the ray through a pixel's centre meets the ball; null where it misses. */
function hitBall(column: number, row: number) {
  const d = [(column + 0.5 - camera.cx) / camera.fx, (row + 0.5 - camera.cy) / camera.fy, 1];
  const dd = d[0] ** 2 + d[1] ** 2 + 1;
  const dc = d[0] * centre[0] + d[1] * centre[1] + centre[2];
  const root = dc * dc - dd * (Math.hypot(...centre) ** 2 - radius ** 2);
  if (root <= 0) return null;
  const z = (dc - Math.sqrt(root)) / dd;
  return { z, normal: d.map((x, k) => (x * z - centre[k]) / radius) };
}

describe("renderPortrait", () => {
  it("gives depth, normals, labels and albedo of a ball", () => {
    const part: Part = {
      ...ball(radius, [0, 0, 0], 150, 300),
      colour: [0.5, 0.2, 0.1],
      labels: Label.earLeft,
      extras: Extra.jewellery,
    };
    const out = render([part]);
    let inside = 0;
    for (let row = 0, p = 0; row < size; row++)
      for (let column = 0; column < size; column++, p++) {
        const hit = hitBall(column, row);
        if (!hit) {
          if (out.coverage[p] < 0.5) expect(out.depth[p]).toBe(0);
          continue;
        }
        // The rim has steep depth and mixed pixels.
        if (-hit.normal[2] < 0.4) continue;
        inside++;
        expect(Math.abs(out.depth[p] - hit.z)).toBeLessThan(0.4);
        expect(out.labels[p]).toBe(Label.earLeft);
        expect(out.extras[p]).toBe(Extra.jewellery);
        for (let k = 0; k < 3; k++) expect(Math.abs(out.normals[3 * p + k] / 127 - hit.normal[k])).toBeLessThan(0.03);
        expect([...out.albedo.subarray(3 * p, 3 * p + 3)]).toEqual([0.5, 0.2, 0.1].map(toSrgb));
      }
    expect(inside).toBeGreaterThan(1500);
    const far = 0;
    expect([out.labels[far], out.extras[far], out.depth[far], out.coverage[far]]).toEqual([0, 0, 0, 0]);
    expect(out.linear[far]).toBe(0.25);
  });

  it("covers a disc's area, and mixes its edge with the background", () => {
    const { coverage, linear } = render([{ ...ball(radius), colour: [0, 0, 0] }]);
    let area = 0;
    let expected = 0;
    for (let row = 0, p = 0; row < size; row++)
      for (let column = 0; column < size; column++, p++) {
        area += coverage[p];
        if (hitBall(column, row)) expected++;
        expect(linear[3 * p]).toBeCloseTo(0.25 * (1 - coverage[p]), 5);
      }
    expect(Math.abs(area / expected - 1)).toBeLessThan(0.01);
    expect(coverage.some((c) => c > 0 && c < 1)).toBe(true);
  });

  it("shows matt white as bright as even light is, but for the fuzz at the rim", () => {
    const { linear } = render([ball(radius)]);
    for (let row = 0, p = 0; row < size; row++)
      for (let column = 0; column < size; column++, p++) {
        const hit = hitBall(column, row);
        if (hit && -hit.normal[2] > 0.8) expect(Math.abs(linear[3 * p] - 0.5)).toBeLessThan(0.035);
      }
  });

  it("makes no light: under even light every material stays about as dark as it is", () => {
    for (const material of ["skin", "eye", "teeth", "tongue", "hair", "cloth", "plastic", "metal"] as const) {
      const { linear } = render([{ ...ball(radius), material, tangents: ball(radius).normals }]);
      const [cu, cv] = [Math.round(size * view.centre[0]), Math.round(size * view.centre[1])];
      const middle = linear[3 * (cv * size + cu)];
      // A ball of hair takes in light, and shades itself.
      expect(middle).toBeGreaterThan(0.09);
      expect(middle).toBeLessThan(0.56);
    }
  });

  it("is the same every time", () => {
    const parts = [ball(radius), card(60, [0, 30, 95])];
    const first = render(parts, sunny);
    render([ball(30, [20, 20, 0])], even);
    expect(render(parts, sunny)).toEqual(first);
  });

  it("lets what is behind be seen through the holes of a texture, as much as its alpha says", () => {
    const rows: Texture = { width: 2, height: 1, data: Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 0) };
    const halved = render([ball(radius), { ...card(40, [0, 0, 95]), texture: rows }]);
    const at = (x: number) => {
      const u = Math.round(camera.fx * ((x + centre[0]) / (centre[2] - 95)) + camera.cx);
      return Math.round(size * view.centre[1]) * size + u;
    };
    expect(halved.labels[at(-20)]).toBe(Label.hair);
    expect(halved.depth[at(-20)]).toBeCloseTo(centre[2] - 95, 2);
    expect(halved.labels[at(20)]).toBe(Label.face);
    expect(halved.depth[at(20)]).toBeGreaterThan(centre[2] - 94);
    // A third opaque everywhere: a third of the samples see it, and no pixel counts as hair.
    const veil: Texture = { width: 1, height: 1, data: Uint8Array.of(255, 255, 255, 85) };
    const veiled = render([{ ...card(40, [0, 0, 95]), texture: veil }]);
    let sum = 0;
    let count = 0;
    for (let x = -35; x <= 35; x += 2, count++) sum += veiled.coverage[at(x)];
    expect(Math.abs(sum / count - 0.33)).toBeLessThan(0.1);
  });

  it("draws the sun's shadow of hair on a face", () => {
    const bare = render([ball(radius)], sunny);
    const d = lightFrom(30, 30);
    const shadowed = render(
      [
        ball(radius),
        card(
          25,
          d.map((x) => 125 * x),
        ),
      ],
      sunny,
    );
    // Where the ray from the card's middle meets the ball.
    const z = centre[2] - radius * d[2];
    const p =
      Math.floor((camera.fy * (centre[1] - radius * d[1])) / z + camera.cy) * size +
      Math.floor((camera.fx * (centre[0] + radius * d[0])) / z + camera.cx);
    const q = Math.floor(size * (view.centre[1] + 0.2)) * size + Math.floor(size * (view.centre[0] - 0.15));
    if (shadowed.labels[p] === Label.face) expect(shadowed.linear[3 * p]).toBeLessThan(0.6 * bare.linear[3 * p]);
    expect(shadowed.linear[3 * q]).toBeCloseTo(bare.linear[3 * q], 2);
    // Beside the card, in the direction away from the lamp, some of the ball is darker than without it.
    let darker = 0;
    for (let i = 0; i < size * size; i++)
      if (shadowed.labels[i] === Label.face && shadowed.linear[3 * i] < 0.75 * bare.linear[3 * i]) darker++;
    expect(darker).toBeGreaterThan(60);
  });

  it("asks for the background with the coverage, and refuses one of another size", () => {
    const options = { parts: [ball(radius)], view, lighting: even, size };
    const out = renderPortrait(options, (coverage) => {
      expect(coverage.length).toBe(size * size);
      expect(coverage.reduce((sum, c) => sum + c, 0)).toBeGreaterThan(2000);
      return behind;
    });
    expect(out.size).toBe(size);
    expect(() => renderPortrait(options, () => new Float32Array(3))).toThrow("background");
  });
});

describe("landmarkTruth", () => {
  it("projects points where the depth map shows them, and knows the hidden ones", () => {
    const part = ball(radius, [0, 0, 0], 150, 300);
    const { depth } = render([part, card(30, [-50, 0, 120])]);
    // Every 97th triangle's middle.
    const triangles = Uint32Array.from({ length: Math.floor(part.triangles.length / 3 / 97) }, (_, i) => 97 * i);
    const points = { triangles, weights: new Float32Array(3 * triangles.length).fill(1 / 3) };
    const model = { triangles: part.triangles } as MorphableModel;
    const truth = landmarkTruth(model, part.positions, points, poseOf(view), camera, depth, size);
    let seen = 0;
    let behindCard = 0;
    for (let i = 0; i < triangles.length; i++) {
      const [x, y, z] = truth.points.slice(3 * i, 3 * i + 3);
      const facing = -((x - centre[0]) * x + (y - centre[1]) * y + (z - centre[2]) * z) / radius / Math.hypot(x, y, z);
      const [u, v] = [(camera.fx * x) / z + camera.cx, (camera.fy * y) / z + camera.cy];
      if (facing < -0.1) expect(truth.visible[i]).toBe(0);
      if (facing < 0.5) continue;
      const shown = depth[Math.floor(v) * size + Math.floor(u)];
      if (shown < z - 10) {
        behindCard += 1 - truth.visible[i];
      } else if (Math.abs(shown - z) < 3) {
        seen++;
        expect(truth.visible[i]).toBe(1);
      }
    }
    expect(seen).toBeGreaterThan(80);
    expect(behindCard).toBeGreaterThan(5);
  });
});
