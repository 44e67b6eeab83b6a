import {
  illuminate,
  illuminationOf,
  type LightingSpec,
  lightAt,
  lightFrom,
  placeParts,
  poseOf,
  random,
  sampleLighting,
  surroundings,
  type ViewSpec,
  vertexStride,
} from "@cameo/synth";
import { shade } from "cameo";
import { describe, expect, it } from "vitest";
import { ball } from "./shapes.ts";

const dark: LightingSpec = {
  scene: "test",
  above: [0, 0, 0],
  around: [0, 0, 0],
  below: [0, 0, 0],
  glows: [],
  lamps: [],
};
const view: ViewSpec = {
  head: { yaw: 0, pitch: 0, roll: 0 },
  trunk: { yaw: 0, pitch: 0, roll: 0 },
  focal35: 50,
  distance: 900,
  axis: [0, 0],
  span: 400,
  centre: [0.5, 0.5],
};
const pose = poseOf(view);
const all = (count: number) => Uint32Array.from({ length: count }, (_, i) => i);
const lit = (parts: Parameters<typeof placeParts>[0], lighting: LightingSpec) => {
  const scene = placeParts(parts, pose, view);
  return illuminate(scene, lighting, pose.translation, all(scene.vertexCount)).slice(
    0,
    scene.vertexCount * vertexStride,
  );
};

describe("surroundings", () => {
  it("of one radiance light a ball evenly: the white furnace", () => {
    const vertices = lit([ball(90)], {
      ...dark,
      above: [0.7, 0.5, 0.3],
      around: [0.7, 0.5, 0.3],
      below: [0.7, 0.5, 0.3],
    });
    for (let o = 0; o < vertices.length; o += vertexStride) {
      expect(vertices[o + lightAt + 3]).toBeGreaterThan(0.96);
      for (const [c, radiance] of [0.7, 0.5, 0.3].entries())
        expect(Math.abs(vertices[o + lightAt + c] / radiance - 1)).toBeLessThan(0.03);
    }
  });

  it("reach less into a gap between two balls", () => {
    const parts = [ball(60, [-64, 0, 0]), ball(60, [64, 0, 0])];
    const vertices = lit(parts, { ...dark, above: [1, 1, 1], around: [1, 1, 1], below: [1, 1, 1] });
    // The vertex that looks at the other ball, and the one that looks away.
    const openness = (x: number) => {
      let best = 0;
      for (let o = 0; o < vertices.length / 2; o += vertexStride) if (x * vertices[o] > x * vertices[best]) best = o;
      return vertices[best + lightAt + 3];
    };
    expect(openness(1)).toBeLessThan(0.35);
    expect(openness(-1)).toBeGreaterThan(0.95);
  });
});

describe("illuminationOf", () => {
  it("reproduces the irradiance of the surroundings", () => {
    for (let k = 0; k < 12; k++) {
      const lighting = { ...sampleLighting(random(4, k)), lamps: [] };
      const gamma = illuminationOf(lighting);
      const normals = Float32Array.from([...lightFrom(20, 10), ...lightFrom(-100, 40), ...lightFrom(60, -50)]);
      const fitted = shade(normals, gamma);
      const radiance = new Float64Array(3);
      let brightest = 0;
      for (let n = 0; n < normals.length; n += 3) {
        // Integrated over a fine grid of the sphere.
        const sum = [0, 0, 0];
        const steps = 120;
        for (let i = 0; i < steps; i++)
          for (let j = 0; j < 2 * steps; j++) {
            const e = (Math.PI * (i + 0.5)) / steps - Math.PI / 2;
            const a = (Math.PI * (j + 0.5)) / steps;
            const d = [Math.sin(a) * Math.cos(e), Math.sin(e), Math.cos(a) * Math.cos(e)];
            const cosine = d[0] * normals[n] + d[1] * normals[n + 1] + d[2] * normals[n + 2];
            if (cosine <= 0) continue;
            surroundings(lighting, d[0], d[1], d[2], radiance);
            for (let c = 0; c < 3; c++)
              sum[c] += (radiance[c] * cosine * Math.cos(e) * (Math.PI / steps) ** 2) / Math.PI;
          }
        brightest = Math.max(brightest, ...sum);
        for (let c = 0; c < 3; c++) expect(Math.abs(fitted[n + c] - sum[c])).toBeLessThan(0.06 * brightest + 0.005);
      }
    }
  });

  it("turns a lamp into light from its side", () => {
    const lamp = { direction: lightFrom(90, 0), radius: 1, shape: "round", colour: [1, 0.5, 0.25] } as const;
    const [right, left] = [1, -1].map((x) =>
      shade(Float32Array.of(x, 0, 0), illuminationOf({ ...dark, lamps: [lamp] })),
    );
    // Nine harmonics of a cosine lobe overshoot a little.
    expect(right[0]).toBeGreaterThan(0.9);
    expect(right[0]).toBeLessThan(1.1);
    expect(right[1] / right[0]).toBeCloseTo(0.5, 5);
    expect(Math.abs(left[0])).toBeLessThan(0.1);
  });
});

describe("lamps", () => {
  const from = (azimuth: number, elevation: number): LightingSpec => ({
    ...dark,
    lamps: [{ direction: lightFrom(azimuth, elevation), radius: 1, shape: "round", colour: [1, 1, 1] }],
  });

  it("light a ball by the cosine, and not its far side", () => {
    const direction = lightFrom(50, 20);
    const vertices = lit([ball(90)], from(50, 20));
    for (let o = 0; o < vertices.length; o += vertexStride) {
      const cosine = vertices[o] * direction[0] - vertices[o + 1] * direction[1] - vertices[o + 2] * direction[2];
      if (cosine > 0.3) expect(Math.abs(vertices[o + lightAt] - cosine)).toBeLessThan(0.05);
      if (cosine < -0.02) expect(vertices[o + lightAt]).toBe(0);
    }
  });

  it("throw the shadow of a small ball on a large one, on the side away from the lamp", () => {
    // The small ball is in front and to the right; the lamp on the right too, so the shadow falls to the left of the ball's foot.
    const direction = lightFrom(40, 0);
    const small = [direction[0] * 130, 0, direction[2] * 130];
    const vertices = lit([ball(90, [0, 0, 0], 96, 192), ball(18, small)], from(40, 0));
    const at = (azimuth: number) => {
      const d = lightFrom(azimuth, 0);
      let best = 0;
      let most = -1;
      for (let v = 0; v < 97 * 192; v++) {
        const o = v * vertexStride;
        const agreement = d[0] * vertices[o] - d[1] * vertices[o + 1] - d[2] * vertices[o + 2];
        if (agreement > most) [most, best] = [agreement, o];
      }
      return vertices[best + lightAt + 4];
    };
    expect(at(40)).toBeLessThan(0.05);
    expect(at(36)).toBeLessThan(0.1);
    expect(at(15)).toBeGreaterThan(0.95);
    expect(at(65)).toBeGreaterThan(0.95);
  });
});

describe("sampleLighting", () => {
  const specs = Array.from({ length: 300 }, (_, k) => sampleLighting(random(9, k)));
  it("draws many kinds of light, all bright enough on the viewer's side", () => {
    expect(new Set(specs.map(({ scene }) => scene)).size).toBe(13);
    for (const spec of specs) {
      const light = shade(
        Float32Array.from([...lightFrom(40, 20), ...lightFrom(-40, 20), ...lightFrom(0, 0)]),
        illuminationOf(spec),
      );
      expect(Math.max(...light)).toBeGreaterThan(0.5);
      for (const { direction } of spec.lamps) expect(Math.hypot(...direction)).toBeCloseTo(1, 6);
    }
  });
  it("is plain data, the same for the same seed", () => {
    expect(JSON.parse(JSON.stringify(specs[0]))).toEqual(specs[0]);
    expect(sampleLighting(random(9, 5))).toEqual(specs[5]);
  });
});
