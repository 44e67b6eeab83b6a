import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  batchIndices,
  createLoader,
  curvesSvg,
  decodeSafeTensors,
  encodeSafeTensors,
  type MetricsLine,
  openSource,
} from "@cameo/train";
import sharp from "sharp";
import { afterAll, describe, expect, it } from "vitest";

const root = mkdtempSync(join(tmpdir(), "cameo-data-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A version 1 .npy file of float32. */
function npy(shape: number[], values: Float32Array): Uint8Array {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  const header = `${text.padEnd(117)}\n`;
  const head = Buffer.concat([Buffer.from([0x93]), Buffer.from("NUMPY"), Buffer.from([1, 0, header.length & 255, 0])]);
  return Buffer.concat([head, Buffer.from(header), Buffer.from(values.buffer)]);
}

async function makeFolder(name: string): Promise<string> {
  const folder = join(root, name);
  for (const field of ["image", "label", "depth", "coefficients"]) mkdirSync(join(folder, field), { recursive: true });
  for (const [i, sample] of ["a", "b"].entries()) {
    const image = Buffer.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 51 * i, 102, 204]);
    await sharp(image, { raw: { width: 2, height: 2, channels: 3 } })
      .png()
      .toFile(join(folder, "image", `${sample}.png`));
    await sharp(Buffer.from([0, 1, 2, 5]), { raw: { width: 2, height: 2, channels: 1 } })
      .png()
      .toFile(join(folder, "label", `${sample}.png`));
    writeFileSync(join(folder, "depth", `${sample}.npy`), npy([2, 2], Float32Array.of(1.5, 2, -3, i)));
    writeFileSync(join(folder, "coefficients", `${sample}.npy`), npy([3], Float32Array.of(i, 2, 3)));
  }
  return folder;
}

const fields = { image: "picture", label: "labels", depth: "map", coefficients: { vector: 3 } } as const;

describe("a data folder", () => {
  it("gives pictures, labels, maps and vectors", async () => {
    const path = await makeFolder("good");
    const source = await openSource({ kind: "folder", path }, fields, 2);
    expect(source.count).toBe(2);
    const sample = await source.sample(1);
    expect([...sample.image].map((v) => Math.round(v * 255))).toEqual([255, 0, 0, 51, 0, 255, 0, 102, 0, 0, 255, 204]);
    expect([...sample.label]).toEqual([0, 1, 2, 5]);
    expect([...sample.depth]).toEqual([1.5, 2, -3, 1]);
    expect([...sample.coefficients]).toEqual([1, 2, 3]);
  });

  it("is resized: labels stay labels", async () => {
    const path = await makeFolder("resized");
    const source = await openSource({ kind: "folder", path }, { image: "picture", label: "labels" }, 4);
    const { image, label } = await source.sample(0);
    expect(image).toHaveLength(48);
    expect(new Set(label)).toEqual(new Set([0, 1, 2, 5]));
  });

  it("says what is missing or does not fit", async () => {
    const path = await makeFolder("bad");
    const open = (wanted: Parameters<typeof openSource>[1]) => openSource({ kind: "folder", path }, wanted, 2);
    await expect(open({ mask: "map" })).rejects.toThrow('has no subfolder "mask"; it needs mask');
    rmSync(join(path, "label", "b.png"));
    await expect(open(fields)).rejects.toThrow('The sample "b" has no file in');
    const source = await open({ depth: "map", coefficients: { vector: 4 } });
    await expect(source.sample(0)).rejects.toThrow("has shape 3 instead of 4");
    writeFileSync(join(path, "depth", "a.npy"), "nonsense");
    await expect((await open({ depth: "map" })).sample(0)).rejects.toThrow("is not a .npy file");
  });
});

describe("batches", () => {
  it("go through all samples in each epoch, in another order each time", () => {
    const all = Array.from({ length: 10 }, (_, i) => batchIndices({ count: 15 }, 3, 7, i)).flat();
    const sorted = (list: number[]) => [...list].sort((a, b) => a - b);
    expect(sorted(all.slice(0, 15))).toEqual(Array.from({ length: 15 }, (_, i) => i));
    expect(sorted(all.slice(15))).toEqual(sorted(all.slice(0, 15)));
    expect(all.slice(15)).not.toEqual(all.slice(0, 15));
    expect(batchIndices({ count: 15 }, 4, 7, 3)).toEqual(Array.from({ length: 4 }, (_, i) => all[12 + i]));
  });

  it("are the same from threads and without, and errors arrive", async () => {
    const options = { spec: { kind: "shapes", count: 9, seed: 3 } as const, size: 16, batchSize: 4, seed: 1 };
    const some = { image: "picture", depth: "map", label: "labels" } as const;
    const here = await createLoader({ ...options, fields: some, workers: 0 });
    const there = await createLoader({ ...options, fields: some, workers: 2 });
    for (const number of [0, 1, 2, 5, 1]) expect(await there.batch(number)).toEqual(await here.batch(number));
    await there.close();
    const wrong = await createLoader({ ...options, fields: { coefficients: { vector: 99 } }, workers: 1 });
    await expect(wrong.batch(0)).rejects.toThrow("The built-in shapes have 27 coefficients, not 99.");
    await wrong.close();
  });

  it("of the built-in shapes are consistent", async () => {
    const all = {
      image: "picture",
      depth: "map",
      face: "map",
      mask: "map",
      label: "labels",
      holes: "map",
      view: "picture",
      viewHoles: "map",
    } as const;
    const source = await openSource({ kind: "shapes", count: 20, seed: 1 }, all, 32);
    const seen = new Set<number>();
    for (let i = 0; i < 20; i++) {
      const { image, depth, face, mask, label, holes, view, viewHoles } = await source.sample(i);
      label.forEach((l, p) => {
        seen.add(l);
        expect(face[p]).toBe(l === 1 ? depth[p] : 0);
        expect(mask[p]).toBe(l > 1 ? 1 : 0);
        expect(depth[p]).toBeGreaterThan(0);
        expect(depth[p]).toBeLessThan(1);
      });
      expect(Math.min(...image)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...image)).toBeLessThanOrEqual(1);
      expect(holes).toContain(1);
      // Only the head moves, and only what it covered is unknown.
      viewHoles.forEach((hole, p) => {
        if (label[p] === 0) expect(hole).toBe(0);
      });
      expect(view).not.toEqual(image);
    }
    expect(seen).toEqual(new Set([0, 1, 2, 3, 4]));
    await expect(openSource({ kind: "shapes", count: 1, seed: 1 }, { teeth: "map" }, 8)).rejects.toThrow(
      'The built-in shapes have no field "teeth"',
    );
  });
});

describe("safetensors", () => {
  const file = Buffer.concat(
    encodeSafeTensors({
      tensors: new Map([
        ["odd", { shape: [3], values: Int8Array.of(1, -2, 3) }],
        ["w", { shape: [2, 1], values: Float32Array.of(1.5, -2) }],
      ]),
      metadata: { note: "für Ü" },
    }),
  );

  it("are read as they were written", () => {
    const { tensors, metadata } = decodeSafeTensors(file);
    expect(metadata).toEqual({ note: "für Ü" });
    expect(tensors.get("odd")).toEqual({ shape: [3], values: Int8Array.of(1, -2, 3) });
    expect(tensors.get("w")).toEqual({ shape: [2, 1], values: Float32Array.of(1.5, -2) });
  });

  it("that are damaged are refused", () => {
    expect(() => decodeSafeTensors(file.subarray(0, 5), "x")).toThrow(
      "x is not a readable safetensors file: it is too short",
    );
    expect(() => decodeSafeTensors(file.subarray(0, 40), "x")).toThrow("the header is cut off");
    expect(() => decodeSafeTensors(file.subarray(0, file.length - 1), "x")).toThrow('"w" is cut off');
    const broken = Buffer.from(file);
    broken[9] = 0x7b;
    expect(() => decodeSafeTensors(broken, "x")).toThrow("the header is not JSON");
  });
});

describe("curves", () => {
  it("show training and validation of every metric", () => {
    const lines: MetricsLine[] = [
      { step: 1, loss: 2, error: 0.5 },
      { step: 2, loss: 1, error: -0.5 },
      { step: 2, "validation/loss": 1.5 },
    ];
    const svg = curvesSvg(lines);
    expect(svg.match(/<polyline/g)).toHaveLength(3);
    expect(svg).toContain("and validation");
    expect(svg).not.toContain("NaN");
    expect(curvesSvg([])).toContain("<svg");
  });
});
