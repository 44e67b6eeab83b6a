import { describe, expect, it } from "vitest";
import type { Camera } from "../../src/geometry/camera.ts";
import { type Pose, quaternionFromAngles } from "../../src/geometry/pose.ts";
import { apply2d, invert2d } from "../../src/geometry/transform2d.ts";
import { Label, type LabelMap, type RgbImage } from "../../src/image.ts";
import { createPyramid } from "../../src/resample.ts";
import type { CreateSession, Tensor } from "../../src/runtime/runtime.ts";
import { cleanLabels } from "../../src/stages/parse/clean.ts";
import { cutParseCrop, parseView } from "../../src/stages/parse/crop.ts";
import { guidedModels } from "../../src/stages/parse/guided.ts";
import { sampleLabels, spreadLabels } from "../../src/stages/parse/labels.ts";
import { createParser } from "../../src/stages/parse/network.ts";
import { refineLabels } from "../../src/stages/parse/refine.ts";
import { findRegions, neighbourClasses } from "../../src/stages/parse/regions.ts";

type Color = readonly [number, number, number];

/** The colour that each label is drawn in. */
const COLORS: readonly Color[] = [
  [70, 110, 160],
  [225, 170, 140],
  [60, 40, 30],
  [90, 200, 90],
  [220, 210, 60],
  [190, 30, 50],
];

/** A drawn head: positions in mm about the head centre, y down, as an upright orthographic view shows it. */
function labelOf(x: number, y: number): number {
  if (Math.hypot(x / 22, (y - 62) / 9) < 1) return Label.innerMouth;
  if (Math.hypot(x / 78, (y - 12) / 105) < 1 && y > -62 + 10 * Math.cos(x / 9)) return Label.face;
  if (Math.hypot((x + 84) / 14, (y - 5) / 34) < 1) return Label.earLeft;
  if (Math.hypot((x - 84) / 14, (y - 5) / 34) < 1) return Label.earRight;
  const angle = Math.atan2(y, x);
  const r = 118 + 7 * Math.sin(11 * angle);
  return (Math.hypot(x, y) < r && y < 90) || (Math.abs(x) > 88 && Math.abs(x) < 125 && y > -20 && y < 210)
    ? Label.hair
    : Label.background;
}

interface Drawn {
  readonly image: RgbImage;
  readonly labels: Uint8Array;
}

/** A photo of drawn heads, each at a pose; the first in front. */
function draw(width: number, height: number, camera: Camera, poses: readonly Pose[]): Drawn {
  const labels = new Uint8Array(width * height);
  const data = new Uint8Array(3 * width * height);
  const places = poses.map(({ rotation, translation: [x, y, z] }) => {
    const scale = camera.fx / z;
    const roll = 2 * Math.asin(-rotation[2]);
    return { x: x * scale + camera.cx, y: y * scale + camera.cy, scale, c: Math.cos(roll), s: Math.sin(roll) };
  });
  for (let v = 0, i = 0; v < height; v++) {
    for (let u = 0; u < width; u++, i++) {
      for (const { x, y, scale, c, s } of places) {
        const dx = (u + 0.5 - x) / scale;
        const dy = (v + 0.5 - y) / scale;
        labels[i] = labelOf(c * dx + s * dy, c * dy - s * dx);
        if (labels[i]) break;
      }
      // A little texture, which the filter must not follow.
      const grain = ((i * 2654435761) % 13) - 6;
      for (let k = 0; k < 3; k++) data[3 * i + k] = COLORS[labels[i]][k] + grain;
    }
  }
  return { image: { width, height, data }, labels };
}

const poseAt = (x: number, y: number, z: number, roll = 0): Pose => ({
  rotation: quaternionFromAngles({ yaw: 0, pitch: 0, roll }),
  translation: [x, y, z],
});

/** Stands in for a network that knows the colours: logits fall with the distance from each label's. Of ears it knows one by its side. */
const colourNetwork =
  (side: number | undefined): CreateSession =>
  async () => ({
    inputNames: ["image"],
    outputNames: ["logits"],
    inputShapes: { image: [1, 3, side, side] },
    run: async ({ image }: Record<string, Tensor>) => {
      const n = image.data.length / 3;
      const width = image.dims[3];
      const data = new Float32Array(6 * n);
      COLORS.forEach((color, label) => {
        for (let i = 0; i < n; i++)
          data[label * n + i] = -150 * color.reduce((sum, c, k) => sum + (image.data[k * n + i] - c / 255) ** 2, 0);
      });
      for (let i = 0; i < n; i++) {
        const [left, right] = [Label.earLeft * n + i, Label.earRight * n + i];
        const ear = Math.max(data[left], data[right]);
        data[left] = i % width < width / 2 ? ear : -150;
        data[right] = i % width < width / 2 ? -150 : ear;
      }
      return { logits: { data, dims: [1, 6, ...image.dims.slice(2)] } };
    },
    dispose: async () => {},
  });

const parserOf = (side: number | undefined = 256) => createParser(new Uint8Array(), colourNetwork(side));

function overlap(a: Uint8Array, b: Uint8Array, label: number): number {
  let both = 0;
  let either = 0;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] === label, b[i] === label];
    if (x && y) both++;
    if (x || y) either++;
  }
  return both / either;
}

async function parsed(drawn: Drawn, camera: Camera, pose: Pose, side?: number): Promise<LabelMap> {
  const found = await (await parserOf(side)).parse(createPyramid(drawn.image), camera, pose);
  return spreadLabels(found, drawn.image.width, drawn.image.height);
}

const cameraFor = (width: number, height: number, focal: number): Camera => ({
  fx: focal,
  fy: focal,
  cx: width / 2,
  cy: height / 2,
});

describe("the parse stage", () => {
  it("labels a drawn head at the photo's resolution, upright or tilted", async () => {
    const camera = cameraFor(820, 1000, 1500);
    for (const roll of [0, 0.5]) {
      const pose = poseAt(20, -60, 900, roll);
      const drawn = draw(820, 1000, camera, [pose]);
      const found = await parsed(drawn, camera, pose);
      for (const label of [0, 1, 2, 3, 4, 5]) expect(overlap(found.data, drawn.labels, label)).toBeGreaterThan(0.96);
    }
  });

  it("works for networks of other sizes", async () => {
    const camera = cameraFor(410, 500, 750);
    const pose = poseAt(0, -60, 900);
    const drawn = draw(410, 500, camera, [pose]);
    for (const side of [128, undefined]) {
      const found = await parsed(drawn, camera, pose, side);
      for (const label of [1, 2]) expect(overlap(found.data, drawn.labels, label)).toBeGreaterThan(0.95);
    }
  });

  it("labels the person asked for, not those beside", async () => {
    const camera = cameraFor(900, 600, 900);
    const poses = [poseAt(-200, -30, 1000), poseAt(130, -40, 1000)];
    const drawn = draw(900, 600, camera, poses);
    for (const [k, pose] of poses.entries()) {
      const alone = draw(900, 600, camera, [pose]);
      const found = await parsed(drawn, camera, pose);
      for (const label of [1, 2]) expect(overlap(found.data, alone.labels, label), `head ${k}`).toBeGreaterThan(0.95);
    }
  });

  it("copes with heads that the photo cuts off", async () => {
    const camera = cameraFor(400, 400, 1000);
    for (const pose of [poseAt(-130, 0, 900), poseAt(170, 120, 900), poseAt(0, -190, 900)]) {
      const drawn = draw(400, 400, camera, [pose]);
      const found = await parsed(drawn, camera, pose);
      expect(overlap(found.data, drawn.labels, Label.hair)).toBeGreaterThan(0.94);
      expect(overlap(found.data, drawn.labels, Label.face)).toBeGreaterThan(0.94);
    }
    // Nothing of the crop is in the photo.
    const far = await parsed(draw(40, 40, cameraFor(40, 40, 100), []), cameraFor(40, 40, 100), poseAt(9000, 0, 900));
    expect(far.data.every((label) => label === 0)).toBe(true);
  });

  it("keeps its map small on large photos, and labels tiny ones", async () => {
    const camera = cameraFor(1500, 1700, 2700);
    const pose = poseAt(0, -50, 900);
    const drawn = draw(1500, 1700, camera, [pose]);
    const found = await (await parserOf()).parse(createPyramid(drawn.image), camera, pose);
    expect(found.step).toBeGreaterThan(1);
    expect(found.map.data.length).toBeLessThanOrEqual(2 ** 21);
    const whole = spreadLabels(found, 1500, 1700);
    for (const label of [1, 2]) expect(overlap(whole.data, drawn.labels, label)).toBeGreaterThan(0.98);

    const small = cameraFor(60, 72, 120);
    const tiny = draw(60, 72, small, [pose]);
    const labels = await parsed(tiny, small, pose);
    for (const label of [1, 2]) expect(overlap(labels.data, tiny.labels, label)).toBeGreaterThan(0.85);
  });

  it("refuses what is no parsing network", async () => {
    const shaped =
      (shape: number[]): CreateSession =>
      async (bytes) => ({
        ...(await colourNetwork(8)(bytes)),
        inputShapes: { image: shape },
      });
    await expect(createParser(new Uint8Array(), shaped([1, 5, 8, 8]))).rejects.toThrow(/one square picture/);
    await expect(createParser(new Uint8Array(), shaped([1, 3, 8, 9]))).rejects.toThrow(/one square picture/);
    const wrong: CreateSession = async (bytes) => ({
      ...(await colourNetwork(8)(bytes)),
      run: async () => ({ logits: { data: new Float32Array(8 * 64), dims: [1, 8, 8, 8] } }),
    });
    const image = { width: 8, height: 8, data: new Uint8Array(192) };
    const parser = await createParser(new Uint8Array(), wrong);
    await expect(parser.parse(createPyramid(image), cameraFor(8, 8, 8), poseAt(0, 0, 900))).rejects.toThrow(
      /1, 8, 8, 8/,
    );
  });
});

describe("the parsing crop", () => {
  it("is what its own view of the head shows", () => {
    const camera = cameraFor(640, 480, 700);
    const pose = poseAt(40, 30, 800, 0.4);
    const { image, toPhoto } = cutParseCrop(createPyramid(draw(640, 480, camera, [pose]).image), camera, pose);
    const view = parseView(camera, pose);
    expect(view.toPhoto).toEqual(toPhoto);
    const direct = draw(256, 256, view.camera, [view.pose]);
    let off = 0;
    for (let i = 0; i < 256 * 256; i++) {
      const [u, v] = apply2d(toPhoto, (i % 256) + 0.5, Math.floor(i / 256) + 0.5);
      if (u < 1 || v < 1 || u > 639 || v > 479) continue;
      if (Math.abs(image.data[3 * i] - direct.image.data[3 * i]) > 40) off++;
    }
    expect(off).toBeLessThan(0.01 * 256 * 256);
  });
});

describe("refinement", () => {
  /** Edges of a photo of 640 pixels, drawn through each row. */
  const edge = (v: number): number => 320 + 40 * Math.sin(v / 60);

  it("moves a boundary onto the photo's edge, to within a pixel", () => {
    const size = 640;
    const side = 128;
    const data = new Uint8Array(3 * size * size);
    for (let v = 0, i = 0; v < size; v++)
      for (let u = 0; u < size; u++, i += 3) data.set(u + 0.5 < edge(v + 0.5) ? [150, 120, 100] : [110, 120, 135], i);
    const photo = createPyramid({ width: size, height: size, data });
    const step = size / side;
    const crop = new Uint8ClampedArray(3 * side * side);
    const right = new Float32Array(side * side);
    for (let y = 0, i = 0; y < side; y++) {
      for (let x = 0; x < side; x++, i++) {
        const u = (x + 0.5) * step;
        const v = (y + 0.5) * step;
        const share = Math.min(1, Math.max(0, (u - edge(v)) / step + 0.5));
        for (let k = 0; k < 3; k++) crop[3 * i + k] = [150, 120, 100][k] + share * [-40, 0, 35][k];
        // The network is off by 1.2 pixels of the crop, to and fro, and soft.
        const off = 1.2 * Math.sin(y / 5) * step;
        right[i] = 1 / (1 + Math.exp(-(u - edge(v) - off) / (0.6 * step)));
      }
    }
    const left = right.map((p) => 1 - p);
    const found = refineLabels(
      photo,
      { image: { width: side, height: side, data: crop }, toPhoto: [step, 0, 0, 0, step, 0] },
      [left, right],
    );
    expect(found).toMatchObject({ x: 0, y: 0, step: 1, map: { width: size, height: size } });
    const errors: number[] = [];
    for (let v = 20; v < size - 20; v++) {
      const count = found.map.data.subarray(v * size, (v + 1) * size).reduce((sum, label) => sum + label, 0);
      errors.push(Math.abs(size - count - edge(v + 0.5)));
    }
    errors.sort((a, b) => a - b);
    expect(errors[Math.floor(0.9 * errors.length)]).toBeLessThan(1);
    expect(errors[errors.length - 1]).toBeLessThan(step);
  });

  it("leaves boundaries alone where the photo is even", () => {
    const side = 64;
    const even = { width: side, height: side, data: new Uint8ClampedArray(3 * side * side).fill(128) };
    const right = Float32Array.from({ length: side * side }, (_, i) => 1 / (1 + Math.exp(30.3 - (i % side))));
    const crop = { image: even, toPhoto: [1, 0, 0, 0, 1, 0] as const };
    const { map } = refineLabels(createPyramid(even), crop, [right.map((p) => 1 - p), right]);
    for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) expect(map.data[y * side + x]).toBe(x > 30 ? 1 : 0);
  });

  it("solves for planes that are linear in the guide, whatever is invalid", () => {
    const [width, height] = [12, 9];
    const data = new Uint8Array(3 * width * height).map((_, i) => (i * 7919) % 251);
    const plane = Float32Array.from(
      { length: width * height },
      (_, i) => 0.002 * data[3 * i] - 0.001 * data[3 * i + 2] + 0.3,
    );
    const valid = new Uint8Array(width * height).fill(1);
    for (let x = 0; x < width; x++) valid[x] = 0;
    const spoilt = plane.map((value, i) => (valid[i] ? value : 1e6));
    const wanted = new Uint8Array(width * height).fill(1);
    const models = guidedModels(
      { guide: { width, height, data }, planes: [spoilt], valid, wanted },
      { radius: 2, epsilon: 1e-9 },
    );
    for (let i = width; i < width * height; i++) {
      const [r, g, b] = data.subarray(3 * i, 3 * i + 3);
      const [m0, m1, m2, m3] = models.subarray(4 * i, 4 * i + 4);
      expect(m0 * r + m1 * g + m2 * b + m3).toBeCloseTo(plane[i], 3);
    }
  });
});

/** A map of characters: . background, f face, h hair, l and r ears, m inner mouth. */
const mapOf = (...rows: string[]): LabelMap => ({
  width: rows[0].length,
  height: rows.length,
  data: Uint8Array.from(rows.join(""), (c) => ".fhlrm".indexOf(c)),
});
const textOf = ({ width, data }: LabelMap): string[] =>
  Array.from({ length: data.length / width }, (_, y) =>
    Array.from(data.subarray(y * width, (y + 1) * width), (label) => ".fhlrm"[label]).join(""),
  );

describe("regions", () => {
  it("are connected by edges and know their neighbours", () => {
    const regions = findRegions(mapOf("hh.f", ".hf.", "hh.f"), [0, 1, 2, 3, 4, 5]);
    const byClass = (c: number) => Array.from(regions.areas.filter((_, i) => regions.classes[i] === c)).sort();
    expect(byClass(2)).toEqual([5]);
    expect(byClass(1)).toEqual([1, 1, 1]);
    expect(byClass(0)).toEqual([1, 1, 1, 1]);
    expect(regions.atBorder[regions.ofRun[0]]).toBe(1);
    const ring = findRegions(mapOf("hhhh", "hffh", "hhhh"), [0, 1, 2, 3, 4, 5]);
    const inner = ring.classes.indexOf(1);
    expect(ring.atBorder[inner]).toBe(0);
    expect(neighbourClasses(ring, 4, 6)[6 * inner + 2]).toBe(6);
  });
});

describe("cleaning", () => {
  /** Each character stands for 10 × 10 pixels. */
  function cleaned(...rows: string[]): string[] {
    const wide = rows.flatMap((row) => Array<string>(10).fill(row.replace(/./g, "$&$&$&$&$&$&$&$&$&$&")));
    const map = mapOf(...wide);
    const centre = { x: map.width / 2, y: map.height / 2 };
    return textOf(cleanLabels(map, { ...centre, reach: 60, angle: 0 }))
      .filter((_, y) => y % 10 === 5)
      .map((row) => row.replace(/.{5}(.).{4}/g, "$1"));
  }

  it("removes heads of others, and loose hair if it is little", () => {
    expect(
      cleaned(
        "....................", //
        ".......hhhhhh.......",
        "ff.....hffffh...hh..",
        "fh.....hffffh...hh..",
        "hh.....hffffh.......",
        "........ffff........",
      ),
    ).toEqual([
      "....................", //
      ".......hhhhhh.......",
      ".......hffffh...hh..",
      ".......hffffh...hh..",
      ".......hffffh.......",
      "........ffff........",
    ]);
    // A sixtieth of the head and a thirtieth.
    for (const [loose, kept] of [
      ["h...", "...."],
      ["hh..", "hh.."],
    ]) {
      const rows = [`${loose}....`, ...Array<string>(9).fill("....ffffff..")];
      expect(cleaned(...rows.map((row) => row.padEnd(14, ".")))[0].slice(0, 4)).toBe(kept);
    }
  });

  it("tells ears by their side, and keeps one of each", () => {
    expect(
      cleaned(
        "....hhhhhhhhhh....", //
        "...rffffffffffl...",
        "...rffffffffffl...",
        "....fffffffffll...",
        "....ffffffffff....",
      ),
    ).toEqual([
      "....hhhhhhhhhh....",
      "...lffffffffffr...",
      "...lffffffffffr...",
      "....fffffffffrr...",
      "....ffffffffff....",
    ]);
    expect(
      cleaned("..hlffffffh", "..hlffffffh", "..hhffffffh", "..hlffffffh")
        .map((row) => row[3])
        .join(""),
    ).not.toMatch(/l.*h.*l/);
  });

  it("fills holes and islands, and keeps mouths within the face", () => {
    const map = mapOf(
      ...Array.from({ length: 120 }, (_, y) =>
        Array.from({ length: 120 }, (_, x) => {
          if (Math.hypot(x - 60, y - 60) > 50) return x === 115 && y === 115 ? "h" : ".";
          if (Math.hypot(x - 40, y - 50) < 2) return ".";
          if (Math.hypot(x - 80, y - 50) < 2) return "h";
          if (Math.hypot(x - 60, y - 85) < 6) return "m";
          if (y < 25 && Math.abs(x - 60) < 6) return "m";
          return y < 30 ? "h" : "f";
        }).join(""),
      ),
    );
    const { data } = cleanLabels(map, { x: 60, y: 60, reach: 60, angle: 0 });
    const at = (x: number, y: number) => data[y * 120 + x];
    expect([at(40, 50), at(80, 50)]).toEqual([Label.face, Label.face]);
    expect(at(115, 115)).toBe(Label.background);
    expect(at(60, 85)).toBe(Label.innerMouth);
    expect(at(60, 20)).toBe(Label.hair);
  });

  it("leaves nothing where there is no head", () => {
    const map = mapOf("....", ".hh.", "....");
    expect(cleanLabels(map, { x: 40, y: 2, reach: 5, angle: 0 }).data.every((label) => label === 0)).toBe(true);
  });
});

describe("label maps", () => {
  it("are read through a similarity, background outside", () => {
    const labels = { x: 2, y: 1, step: 1, map: mapOf("hf", "fm") };
    expect(textOf(sampleLabels(labels, [1, 0, 0, 0, 1, 0], 5, 4))).toEqual([".....", "..hf.", "..fm.", "....."]);
    expect(textOf(sampleLabels(labels, invert2d([2, 0, -4, 0, 2, -2]), 4, 4))).toEqual([
      "hhff",
      "hhff",
      "ffmm",
      "ffmm",
    ]);
    expect(textOf(spreadLabels({ ...labels, step: 2 }, 5, 6))).toEqual([
      ".....",
      "..hhf",
      "..hhf",
      "..ffm",
      "..ffm",
      ".....",
    ]);
  });
});
