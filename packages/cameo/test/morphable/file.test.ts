import { describe, expect, it } from "vitest";
import { CameoError } from "../../src/errors.ts";
import { decodeMorphableModel, encodeMorphableModel } from "../../src/morphable/file.ts";
import type { MorphableModel } from "../../src/morphable/model.ts";
import { smallModel } from "./small-model.ts";

const jsonAt = 48;

/** The file with its header changed, and length and checksum made right again. */
async function withHeader(file: Uint8Array, change: (header: Header) => void): Promise<Uint8Array> {
  const length = new DataView(file.buffer).getUint32(12, true);
  const header = JSON.parse(new TextDecoder().decode(file.subarray(jsonAt, jsonAt + length)));
  change(header);
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = 4 * Math.ceil(json.length / 4);
  const out = new Uint8Array(jsonAt + padded + file.length - jsonAt - length);
  out.set(file.subarray(0, jsonAt));
  out.fill(0x20, jsonAt, jsonAt + padded);
  out.set(json, jsonAt);
  out.set(file.subarray(jsonAt + length), jsonAt + padded);
  new DataView(out.buffer).setUint32(8, out.length, true);
  new DataView(out.buffer).setUint32(12, padded, true);
  out.set(new Uint8Array(await crypto.subtle.digest("SHA-256", out.subarray(jsonAt))), 16);
  return out;
}
type Header = {
  vertexCount: unknown;
  expressions: unknown;
  views: Record<string, { type: string; offset: number; count: number; scale?: number[] }>;
};

/** The problem that decoding meets. */
async function problemOf(bytes: Uint8Array): Promise<string> {
  const error = await decodeMorphableModel(bytes).then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(CameoError);
  expect((error as CameoError).code).toBe("models");
  const { message } = error as CameoError;
  expect(message).toMatch(/^[A-Z][^\n]*\.$/);
  return message;
}

const largest = (values: Float32Array) => values.reduce((m, x) => Math.max(m, Math.abs(x)), 0);

describe("encodeMorphableModel and decodeMorphableModel", () => {
  it.each([true, false])("give the model back (refined: %s)", async (refined) => {
    const model = smallModel(refined);
    const read = await decodeMorphableModel(await encodeMorphableModel(model));
    const exact = ["name", "vertexCount", "triangles", "regions", "uvTriangles", "refinement", "meanShape"] as const;
    for (const key of [...exact, "landmarks68", "landmarks468", "landmarkSpread468", "namedExpressions"] as const)
      expect(read[key], key).toEqual(model[key]);
    for (const key of ["uvs", "meanAlbedo"] as const)
      for (const [i, x] of model[key].entries()) expect(Math.abs(read[key][i] - x)).toBeLessThan(0.51 / 65535 + 1e-7);
    for (const [key, levels] of [
      ["identity", 32767],
      ["expression", 32767],
      ["texture", 127],
    ] as const) {
      const [written, found] = [model[key], read[key]];
      expect(found.count).toBe(written.count);
      expect(found.deviations).toEqual(written.deviations);
      const step = largest(written.basis) / levels;
      for (const [i, x] of written.basis.entries()) expect(Math.abs(found.basis[i] - x)).toBeLessThan(step);
    }
  });

  it("writes the same bytes again", async () => {
    expect(await encodeMorphableModel(smallModel(true))).toEqual(await encodeMorphableModel(smallModel(true)));
  });

  it("keeps a zero component", async () => {
    const model = smallModel(true);
    model.identity.basis.fill(0, 0, 9);
    const read = await decodeMorphableModel(await encodeMorphableModel(model));
    expect(read.identity.basis.subarray(0, 9)).toEqual(new Float32Array(9));
  });

  it("reads from Node's buffers and from the middle of a larger one", async () => {
    const model = smallModel(true);
    const file = await encodeMorphableModel(model);
    const large = new Uint8Array(file.length + 10);
    large.set(file, 3);
    for (const bytes of [Buffer.from(file), large.subarray(3, 3 + file.length)])
      expect((await decodeMorphableModel(bytes)).meanShape).toEqual(model.meanShape);
  });

  it("uses wide indices where there are many vertices", async () => {
    const model = smallModel(false);
    const count = 70_000;
    const big: MorphableModel = {
      ...model,
      vertexCount: count,
      triangles: Uint32Array.of(0, 1, 2, 2, 3, count - 1),
      meanShape: new Float32Array(3 * count),
      meanAlbedo: new Float32Array(3 * count),
      identity: { count: 1, basis: new Float32Array(3 * count), deviations: Float32Array.of(1) },
      expression: { count: 2, basis: new Float32Array(6 * count), deviations: Float32Array.of(1, 1) },
      texture: { count: 1, basis: new Float32Array(3 * count), deviations: Float32Array.of(1) },
    };
    expect((await decodeMorphableModel(await encodeMorphableModel(big))).triangles).toEqual(big.triangles);
  });
});

describe("decodeMorphableModel refuses", () => {
  it("what is no model file", async () => {
    for (const bytes of [new Uint8Array(0), new TextEncoder().encode("<!doctype html>".repeat(20))])
      expect(await problemOf(bytes)).toContain("not a Cameo model file");
  });

  it("another version, by name", async () => {
    const file = await encodeMorphableModel(smallModel(true));
    file[4] = 9;
    expect(await problemOf(file)).toMatch(/version 9.*reads 1/);
  });

  it("a file that is cut off or too long", async () => {
    const file = await encodeMorphableModel(smallModel(true));
    const long = new Uint8Array(file.length + 1);
    long.set(file);
    for (const bytes of [file.subarray(0, 100), file.subarray(0, file.length - 1), long])
      expect(await problemOf(bytes)).toContain("cut off");
  });

  it("any changed byte after the envelope", async () => {
    const file = await encodeMorphableModel(smallModel(true));
    for (let i = 16; i < file.length; i += 97) {
      const bad = file.slice();
      bad[i] ^= 0x40;
      expect(await problemOf(bad)).toContain("checksum");
    }
  });

  it("a header that does not fit", async () => {
    const file = await encodeMorphableModel(smallModel(true));
    const cases: [(header: Header) => void, string][] = [
      [(h) => delete (h as Partial<Header>).views, "incomplete"],
      [(h) => Object.assign(h, { expressions: [1] }), "incomplete"],
      [(h) => delete h.views.meanShape, '"meanShape"'],
      [(h) => Object.assign(h.views.meanShape, { offset: 1e9 }), '"meanShape"'],
      [(h) => Object.assign(h.views.meanShape, { offset: 2 }), '"meanShape"'],
      [(h) => Object.assign(h.views.meanShape, { count: -3 }), '"meanShape"'],
      [(h) => Object.assign(h.views.meanShape, { type: "f64" }), '"meanShape"'],
      [(h) => Object.assign(h, { vertexCount: 4 }), '"triangles"'],
      [(h) => Object.assign(h, { vertexCount: 0 }), "no vertices"],
      [(h) => Object.assign(h.views.triangles, { count: 5 }), "triangle"],
      [(h) => Object.assign(h.views.regions, { count: 1 }), '"regions"'],
      [(h) => Object.assign(h.views["identity.basis"], { count: 8 }), '"identity.basis"'],
      [(h) => Object.assign(h.views["identity.basis"], { scale: [1, 2] }), "factors"],
      [(h) => Object.assign(h.views["identity.basis"], { scale: [1e39, 1, 1] }), "finite"],
      [(h) => Object.assign(h, { expressions: ["jawOpen"] }), '"expressions"'],
      [(h) => Object.assign(h.views["landmarks68.triangles"], { count: 67 }), '"landmarks68.triangles"'],
      [(h) => delete h.views["refinement.offsets"], "mean shape"],
    ];
    for (const [change, words] of cases) expect(await problemOf(await withHeader(file, change))).toContain(words);
  });

  it("models whose numbers contradict each other", async () => {
    const model = smallModel(true);
    const refinement = model.refinement as NonNullable<MorphableModel["refinement"]>;
    const cases: [Partial<MorphableModel>, string][] = [
      [{ triangles: Uint32Array.of(0, 1, 2, 2, 3, 5) }, '"triangles"'],
      [{ uvTriangles: Uint32Array.of(0, 1, 2, 2, 3, 4) }, '"uvTriangles"'],
      [{ regions: Uint8Array.of(0, 11) }, "region"],
      [{ meanShape: model.meanShape.map((x, i) => (i === 4 ? Number.NaN : x)) }, "finite"],
      [{ refinement: { ...refinement, columns: refinement.columns.map(() => 3) } }, "control point"],
      [{ refinement: { ...refinement, offsets: Uint32Array.of(0, 3, 1, 4, 6, 9) } }, "order"],
      [{ identity: { ...model.identity, deviations: model.identity.deviations.map((d) => -d) } }, "negative"],
      [{ landmarks68: { ...model.landmarks68, triangles: new Uint32Array(68).fill(2) } }, '"landmarks68.triangles"'],
    ];
    for (const [change, words] of cases)
      expect(await problemOf(await encodeMorphableModel({ ...model, ...change }))).toContain(words);
  });
});
