import { type Camera, Label, type Mesh, type RgbImage } from "cameo";
import { describe, expect, it } from "vitest";
import { drawClay, drawPhoto, frameOf, sheetOf, weld } from "../src/drawing.ts";
import { LABEL_COLORS } from "../src/overlay.ts";

const camera: Camera = { fx: 500, fy: 500, cx: 50, cy: 50 };
// A square of 20 mm that faces the camera, 30 mm to the right of its axis, with its two triangles apart.
const square: Mesh = {
  positions: Float32Array.of(20, -10, 500, 20, 10, 500, 40, 10, 500, 20, -10, 500, 40, 10, 500, 40, -10, 500),
  triangles: Uint32Array.of(0, 1, 2, 3, 4, 5),
};
const at = ({ width, data }: RgbImage, x: number, y: number) =>
  Array.from(data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3));
const white = [255, 255, 255];

describe("clay", () => {
  const frame = frameOf(square, camera);
  const sight = { camera, centre: [30, 0, 500] as const, frame };

  it("is drawn in the middle of a frame that holds it", () => {
    expect([frame.x + frame.side / 2, frame.y + frame.side / 2]).toEqual([80, 50]);
    expect(frame.side).toBeGreaterThan(20);
    const picture = drawClay(square, sight);
    const middle = picture.width / 2;
    expect(at(picture, middle, middle)).not.toEqual(white);
    expect(at(picture, 2, middle)).toEqual(white);
  });

  it("is turned about its centre: edge-on from the side, not seen from behind", () => {
    const dark = (yaw: number) => {
      const { data } = drawClay(square, sight, { yaw });
      return data.filter((value, i) => i % 3 === 0 && value < 255).length;
    };
    expect(dark(Math.PI / 3) / dark(0)).toBeCloseTo(0.5, 1);
    expect(dark(Math.PI)).toBe(0);
  });

  it("joins vertices that are in one place", () => {
    expect(Array.from(weld(square).triangles)).toEqual([0, 1, 2, 0, 2, 5]);
  });
});

describe("panels", () => {
  it("show a part of the photo, with its labels, and white beyond it", () => {
    const data = new Uint8Array(3 * 100 * 100).fill(100);
    const labels = { width: 100, height: 100, data: new Uint8Array(100 * 100).fill(Label.hair) };
    const frame = { x: 50, y: 0, side: 100 };
    const plain = drawPhoto({ width: 100, height: 100, data }, frame);
    const [near, far] = [plain.width / 4, (3 * plain.width) / 4];
    expect(at(plain, near, near)).toEqual([100, 100, 100]);
    expect(at(plain, far, near)).toEqual(white);
    const tinted = drawPhoto({ width: 100, height: 100, data }, frame, labels);
    const [red, , blue] = at(tinted, near, near);
    expect(Math.sign(red - 100)).toBe(Math.sign(LABEL_COLORS[Label.hair][0] - 100));
    expect(blue).toBeGreaterThan(100);
    expect(at(tinted, far, near)).toEqual(white);
  });

  it("lie in rows", () => {
    const panel = drawPhoto({ width: 1, height: 1, data: new Uint8Array(3) }, { x: 0, y: 0, side: 1 });
    const sheet = sheetOf([[panel], [panel, panel]]);
    expect([sheet.width, sheet.height]).toEqual([2 * panel.width, 2 * panel.height]);
    expect(at(sheet, panel.width + 5, 5)).toEqual(white);
    expect(at(sheet, panel.width + 5, panel.height + 5)).toEqual([0, 0, 0]);
  });
});
