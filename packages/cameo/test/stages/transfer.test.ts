import { expect, it } from "vitest";
import { anglesFromQuaternion, type Pose, quaternionFromAngles } from "../../src/geometry/pose.ts";
import type { RgbaImage, RgbImage } from "../../src/image.ts";
import { oneEuroFilter } from "../../src/stages/pose/one-euro.ts";
import { type Performance, performanceFilter, performanceOf, transferred } from "../../src/stages/pose/transfer.ts";
import { transferFrames } from "../../src/transfer.ts";
import { normals } from "../support/synthetic.ts";

const turned = (yaw: number) => quaternionFromAngles({ yaw, pitch: 0, roll: 0 });
const posed = (yaw: number, x = 0): Pose => ({ rotation: turned(yaw), translation: [x, 0, 1000] });
const coefficients = (...values: number[]) => Float32Array.from(values);

it("a signal at rest is steadied, and a fast one followed", () => {
  const random = normals(3);
  const filter = oneEuroFilter(30, { minCutoff: 1, beta: 2 });
  let [before, after] = [0, 0];
  let last = 0;
  for (let i = 0; i < 300; i++) {
    const sample = 0.01 * random();
    [last] = filter([sample]);
    if (i > 100) {
      before += sample ** 2;
      after += last ** 2;
    }
  }
  expect(Math.sqrt(after / before)).toBeLessThan(0.5);
  // A ramp of 3 a second: without the speed term a cut-off of 1 Hz would lag by half a unit.
  let value = 0;
  for (let i = 0; i < 90; i++) {
    value = i / 10;
    [last] = filter([value]);
  }
  expect(value - last).toBeLessThan(0.12);
  expect(value - last).toBeGreaterThan(0);
});

it("the first sample passes, and rotations keep their length whatever the sign of the quaternion", () => {
  const filter = performanceFilter(25);
  const first = performanceOf(posed(0.3), coefficients(1, 2));
  expect(filter(first).expression).toEqual(first.expression);
  const [x, y, z, w] = turned(0.32);
  const { rotation } = filter({ rotation: [-x, -y, -z, -w], expression: coefficients(1, 2) });
  expect(Math.hypot(...rotation)).toBeCloseTo(1, 9);
  const { yaw } = anglesFromQuaternion(rotation);
  expect(yaw).toBeGreaterThan(0.3);
  expect(yaw).toBeLessThan(0.32);
});

it("a head at another place in its picture looks as the driver looks to its viewer", () => {
  const driver = performanceOf(posed(0.2), coefficients(1));
  const target = { pose: posed(-0.1, 250), expression: coefficients(3) };
  const { pose, expression } = transferred(driver, target, {});
  expect(pose.translation).toEqual([250, 0, 1000]);
  expect(anglesFromQuaternion(pose.rotation).yaw).toBeCloseTo(0.2 - Math.atan2(250, 1000), 6);
  expect([...expression!]).toEqual([1]);
});

it("relative: only what the driver changed comes on top", () => {
  const start = performanceOf(posed(0.2), coefficients(1));
  const driver = performanceOf(posed(0.5), coefficients(1.5));
  const target = { pose: posed(-0.1), expression: coefficients(3) };
  const { pose, expression } = transferred(driver, target, {}, start);
  expect(anglesFromQuaternion(pose.rotation).yaw).toBeCloseTo(0.2, 6);
  expect([...expression!]).toEqual([3.5]);
});

it("one of pose and expression can stay", () => {
  const driver = performanceOf(posed(0.2), coefficients(1));
  const target = { pose: posed(-0.1), expression: coefficients(3) };
  expect(transferred(driver, target, { pose: false }).pose).toBe(target.pose);
  expect(transferred(driver, target, { expression: false }).expression).toBeUndefined();
});

it("frames without the face hold what was seen last, and are said to", async () => {
  const target = { pose: posed(0), coefficients: { expression: coefficients(0) } as never };
  const frame = (yaw: number): RgbImage => ({ width: yaw, height: 1, data: new Uint8Array() });
  const seen: (Performance | undefined)[] = [];
  const track = async ({ width }: RgbImage, last: Performance | undefined) => {
    seen.push(last);
    return width === 0 ? undefined : performanceOf(posed(width / 10), coefficients(width));
  };
  const shown: { yaw: number; expression: number | undefined }[] = [];
  const show = async ({ pose, expression }: { pose?: Pose; expression?: unknown }): Promise<RgbaImage> => {
    const [value] = (expression as Float32Array | undefined) ?? [];
    shown.push({ yaw: Math.round(100 * anglesFromQuaternion(pose!.rotation).yaw), expression: value });
    return { width: 1, height: 1, data: new Uint8Array(4) };
  };
  const held: boolean[] = [];
  const frames = [0, 2, 0, 3].map(frame);
  for await (const made of transferFrames(frames, track, target, show, { smooth: false })) held.push(made.held);
  expect(held).toEqual([true, false, true, false]);
  expect(shown).toEqual([
    { yaw: 0, expression: undefined },
    { yaw: 20, expression: 2 },
    { yaw: 20, expression: 2 },
    { yaw: 30, expression: 3 },
  ]);
  expect(seen.map((last) => last?.expression[0])).toEqual([undefined, undefined, 2, 2]);
});
