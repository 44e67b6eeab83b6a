import { cameraOf, placeParts, poseOf, random, sampleView, type ViewSpec } from "@cameo/synth";
import { project, transformToCamera } from "cameo";
import { describe, expect, it } from "vitest";
import { ball } from "./shapes.ts";

const views = (framing: "photo" | "head" | "face") =>
  Array.from({ length: 400 }, (_, k) => sampleView(random(1, framing, k), framing));

const at = (view: ViewSpec, size: number, point: readonly number[]) =>
  project(transformToCamera(Float32Array.from(point), poseOf(view)), cameraOf(view, size));

describe("sampleView", () => {
  it.each(["photo", "head", "face"] as const)("keeps to its limits and is mostly near frontal: %s", (framing) => {
    const sampled = views(framing);
    for (const { head, distance, focal35 } of sampled) {
      expect(Math.abs(head.yaw)).toBeLessThanOrEqual(60);
      expect(Math.abs(head.pitch)).toBeLessThanOrEqual(30);
      expect(Math.abs(head.roll)).toBeLessThanOrEqual(25);
      expect(distance).toBeGreaterThanOrEqual(399);
      expect(distance).toBeLessThanOrEqual(2001);
      expect(focal35).toBeGreaterThanOrEqual(24);
      expect(focal35).toBeLessThanOrEqual(135);
    }
    const near = sampled.filter(({ head }) => Math.abs(head.yaw) < 20).length;
    expect(near).toBeGreaterThan(220);
    expect(sampled.filter(({ head }) => Math.abs(head.yaw) > 35).length).toBeGreaterThan(20);
  });

  it("shows the head centre where it says, at the scale it says", () => {
    for (const view of views("head").slice(0, 50)) {
      const [u, v] = at(view, 256, [0, 0, 0]);
      expect(u).toBeCloseTo(256 * view.centre[0], 3);
      expect(v).toBeCloseTo(256 * view.centre[1], 3);
      expect(Math.abs(view.centre[0] - 0.5)).toBeLessThanOrEqual(0.2);
      expect((cameraOf(view, 256).fx * view.span) / view.distance).toBeCloseTo(256, 6);
    }
  });

  it("has the optical axis of a photo in its middle", () => {
    for (const view of views("photo").slice(0, 50)) {
      const { cx, cy, fx } = cameraOf(view, 300);
      expect(cx).toBeCloseTo(150, 6);
      expect(cy).toBeCloseTo(150, 6);
      expect(((fx / 300) * 43.27) / Math.SQRT2).toBeCloseTo(view.focal35, 1);
    }
  });

  it("puts the middle of the face into the middle of the crop about the face", () => {
    for (const view of views("face")) {
      const [u, v] = at(view, 224, [0, -32, 80]);
      expect(Math.abs(u - 112)).toBeLessThan(0.05 * 224 + 0.01);
      expect(Math.abs(v - 112)).toBeLessThan(0.05 * 224 + 0.01);
    }
  });
});

describe("placeParts", () => {
  const view = {
    ...sampleView(random(3), "head"),
    head: { yaw: 40, pitch: -12, roll: 9 },
    trunk: { yaw: 5, pitch: 0, roll: 0 },
  };
  const pose = poseOf(view);

  it("moves what follows the neck with the head above the larynx, with the trunk below the collar", () => {
    const part = { ...ball(15, [0, -70, 60]), follows: "neck" } as const;
    const { positions, vertexCount } = placeParts([part], pose, view);
    const rigid = transformToCamera(part.positions, pose);
    for (let i = 0; i < 3 * vertexCount; i++) expect(positions[i]).toBeCloseTo(rigid[i], 2);
    // The trunk of a head that looks ahead like the trunk is where it was.
    const chest = { ...ball(15, [0, -300, 20]), follows: "neck" } as const;
    const one = placeParts([chest], pose, view).positions.slice(0, chest.positions.length);
    const turned = { ...view, head: { ...view.head, yaw: -20 } };
    const other = placeParts([chest], poseOf(turned), turned).positions.slice(0, chest.positions.length);
    const shift = [0, 1, 2].map((n) => other[n] - one[n]);
    for (let i = 0; i < one.length; i++) expect(other[i] - one[i]).toBeCloseTo(shift[i % 3], 2);
  });

  it("bends the neck without tearing: what is near stays near", () => {
    const part = { ...ball(60, [0, -140, 0], 120, 240), follows: "neck" } as const;
    const { positions } = placeParts([part], pose, view);
    let longest = 0;
    for (let k = 0; k < part.triangles.length; k += 3) {
      const [a, b] = [3 * part.triangles[k], 3 * part.triangles[k + 1]];
      longest = Math.max(longest, Math.hypot(...[0, 1, 2].map((n) => positions[a + n] - positions[b + n])));
    }
    expect(longest).toBeLessThan(5);
  });

  it("turns two-sided triangles to the eye, with their texture corners", () => {
    const card = {
      ...ball(50),
      doubleSided: true,
      uvs: Float32Array.from({ length: 2 * (ball(50).positions.length / 3) }, (_, i) => i),
    };
    const { positions, triangles, triangleCount, uvs, uvTriangles } = placeParts([card], pose, view);
    for (let k = 0; k < 3 * triangleCount; k += 3) {
      const [a, b, c] = [0, 1, 2].map((n) => positions.slice(3 * triangles[k + n], 3 * triangles[k + n] + 3));
      const [u, w] = [b, c].map((p) => p.map((x, n) => x - a[n]));
      const towards =
        a[0] * (u[1] * w[2] - u[2] * w[1]) + a[1] * (u[2] * w[0] - u[0] * w[2]) + a[2] * (u[0] * w[1] - u[1] * w[0]);
      expect(towards).toBeLessThanOrEqual(1);
      for (let n = 0; n < 3; n++) expect(uvs[2 * uvTriangles[k + n]]).toBe(2 * triangles[k + n]);
    }
  });
});
