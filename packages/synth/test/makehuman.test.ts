import { gzipSync } from "node:zlib";
import {
  findSliders,
  fitPart,
  macroWeights,
  morph,
  parseMhclo,
  parseObj,
  parseTarget,
  readTarGz,
  sliderWeight,
} from "@cameo/synth";
import { describe, expect, it } from "vitest";

describe("parseObj", () => {
  const quad = "# c\nv 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 -.5\nvt 0 0\nvt 1 .25\ng body\nf 1/1 2/2 3/1 4/2\n";
  it("reads vertices, texture vertices and quads", () => {
    const mesh = parseObj(quad);
    expect([...mesh.positions.slice(9)]).toEqual([0, 1, -0.5]);
    expect([...mesh.uvs]).toEqual([0, 0, 1, 0.25]);
    expect([...mesh.faces]).toEqual([0, 1, 2, 3]);
    expect([...mesh.faceUvs]).toEqual([0, 1, 0, 1]);
  });
  it("refuses triangles, missing texture coordinates and wild indices", () => {
    expect(() => parseObj("v 0 0 0\nvt 0 0\nf 1/1 1/1 1/1\n")).toThrow("quad");
    expect(() => parseObj("v 0 0 0\nvt 0 0\nf 1 1 1 1\n")).toThrow("texture");
    expect(() => parseObj("v 0 0 0\nvt 0 0\nf 1/1 1/1 1/1 2/1\n")).toThrow("vertex");
  });
});

describe("targets", () => {
  it("are read, and added by weight", () => {
    const target = parseTarget("# note\n1 -.5 0 1e-1 # trailing\n\n");
    const out = morph(Float64Array.of(0, 0, 0, 1, 1, 1), new Map([["a", target]]), new Map([["a", 2]]));
    expect([...out]).toEqual([0, 0, 0, 0, 1, 1.2]);
  });
  it("refuses malformed lines and unknown names", () => {
    expect(() => parseTarget("1 2 3\n")).toThrow("1 2 3");
    expect(() => parseTarget("1 2 3 x\n")).toThrow();
    expect(() => morph(new Float64Array(3), new Map(), new Map([["b", 1]]))).toThrow('"b"');
  });
});

describe("findSliders", () => {
  it("pairs the ends and keeps single targets", () => {
    const sliders = findSliders(["nose-hump-decr", "nose-hump-incr", "head-oval", "asym-ear-1-l", "asym-ear-1-r"]);
    expect(sliders.map((s) => [s.negative, s.positive])).toEqual([
      ["nose-hump-decr", "nose-hump-incr"],
      [null, "head-oval"],
      ["asym-ear-1-l", "asym-ear-1-r"],
    ]);
    expect(sliderWeight(sliders[0], -0.4)).toEqual(["nose-hump-decr", 0.4]);
    expect(sliderWeight(sliders[0], 0.4)).toEqual(["nose-hump-incr", 0.4]);
    expect(sliderWeight(sliders[1], -0.4)).toBeNull();
  });
});

describe("macroWeights", () => {
  it("sum to 1 over race × sex × age, and over build", () => {
    const person = { age: 40, male: 0.3, african: 1, asian: 2, caucasian: 1, muscle: 0.7, weight: 0.2 };
    const weights = [...macroWeights(person)];
    const sum = (universal: boolean) =>
      weights.filter(([n]) => n.includes("universal") === universal).reduce((s, [, w]) => s + w, 0);
    expect(sum(true)).toBeCloseTo(1, 12);
    expect(sum(false)).toBeCloseTo(1, 12);
    expect(macroWeights(person).get("macrodetails/asian-male-old")).toBeCloseTo(0.3 * 0.5 * (15 / 65), 12);
  });
});

describe("fitPart", () => {
  const text = [
    "x_scale 0 1 2",
    "y_scale 0 2 1",
    "z_scale 0 3 1",
    "verts 0",
    "2",
    "material hair.mhmat",
    " 0 1 2 .5 .5 0 1 2 -1",
    "delete_verts",
    "1 - 3 7",
  ].join("\n");
  const base = Float64Array.of(0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 5);
  it("places exact and barycentric vertices with scaled offsets", () => {
    const fitting = parseMhclo(text);
    expect([...fitPart(fitting, base)]).toEqual([0, 3, 0, 2 + 1 * 2, 2 * 3, -1 * 5]);
    expect([...fitting.hidden]).toEqual([1, 2, 3, 7]);
  });
  it("refuses incomplete files", () => {
    expect(() => parseMhclo("verts 0\n1\n")).toThrow("scale");
    expect(() => parseMhclo(`${text.split("\n").slice(0, 4).join("\n")}\n1 2 3\n`)).toThrow("3 numbers");
  });
});

describe("readTarGz", () => {
  const entry = (name: string, body: string) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(body.length.toString(8).padStart(11, "0"), 124);
    header.write("0", 156);
    const data = Buffer.alloc(Math.ceil(body.length / 512) * 512);
    data.write(body);
    return Buffer.concat([header, data]);
  };
  it("lists regular files", () => {
    const tar = Buffer.concat([entry("a/b.target", "x".repeat(700)), entry("c", "y"), Buffer.alloc(1024)]);
    const files = readTarGz(gzipSync(tar));
    expect([...files.keys()]).toEqual(["a/b.target", "c"]);
    expect(files.get("a/b.target")?.length).toBe(700);
  });
  it("refuses a truncated archive", () => {
    expect(() => readTarGz(gzipSync(entry("a", "x".repeat(700)).subarray(0, 600)))).toThrow("cut off");
  });
});
