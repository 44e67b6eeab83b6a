import type { BufferGeometry, Mesh as ThreeMesh } from "three";
import { MTLLoader } from "three/addons/loaders/MTLLoader.js";
import { OBJLoader } from "three/addons/loaders/OBJLoader.js";
import { PLYLoader } from "three/addons/loaders/PLYLoader.js";
import { describe, expect, it } from "vitest";
import { toObj } from "../../src/export/obj.ts";
import { toPly } from "../../src/export/ply.ts";
import { Label } from "../../src/image.ts";
import { globe } from "./globe.ts";

const mesh = globe();
const count = mesh.labels.length;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const attribute = (geometry: BufferGeometry, name: string) => geometry.getAttribute(name).array as Float32Array;

/** The label of most corners of a triangle, else of the first. */
const labelOf = (t: number): number => {
  const labels = [...mesh.triangles.subarray(t, t + 3)].map((v) => mesh.labels[v]);
  return labels.find((label, i) => labels.indexOf(label) !== i) ?? labels[0];
};

/** Triangles in groups of one label, as their corners. */
const groups = Object.values(Label).map((label) =>
  Array.from({ length: mesh.triangles.length / 3 }, (_, t) => t * 3)
    .filter((t) => labelOf(t) === label)
    .flatMap((t) => [...mesh.triangles.subarray(t, t + 3)]),
);

describe("PLY", () => {
  const parse = () => {
    const loader = new PLYLoader();
    loader.setCustomPropertyNameMapping({ label: ["label"] });
    return loader.parse(toPly(mesh).slice().buffer);
  };

  it("is read again by three.js with every vertex, triangle, colour and label", () => {
    const geometry = parse();
    expect(attribute(geometry, "position")).toEqual(mesh.positions);
    expect(Array.from(geometry.getIndex()?.array ?? [])).toEqual(Array.from(mesh.triangles));
    expect(Array.from(attribute(geometry, "label"))).toEqual(Array.from(mesh.labels));
    const normals = attribute(geometry, "normal");
    for (let i = 0; i < normals.length; i++) expect(normals[i]).toBeCloseTo(mesh.normals[i], 6);
  });

  it("holds sRGB bytes", () => {
    const bytes = toPly(mesh);
    const body = text(bytes).indexOf("end_header\n") + "end_header\n".length;
    expect(bytes.length).toBe(body + count * 28 + (mesh.triangles.length / 3) * 13);
    const vertex = 30;
    const at = body + vertex * 28 + 24;
    expect(bytes.slice(at, at + 3)).toEqual(mesh.colors.slice(vertex * 3, vertex * 3 + 3));
  });
});

describe("OBJ", () => {
  const files = toObj(mesh, { materialFile: "jane doe.mtl", textureFile: "jane doe.jpg" });
  const parts = new OBJLoader().parse(text(files.obj)).children as ThreeMesh[];

  it("is read again by three.js: a group per label with its triangles, v turned upwards", () => {
    expect(parts.map(({ name }) => name)).toEqual(Object.keys(Label));
    parts.forEach(({ geometry }, label) => {
      const expectNear = (name: string, size: number, tolerance: number, value: (i: number) => number) => {
        const values = attribute(geometry, name);
        const expected = groups[label].flatMap((v) => Array.from({ length: size }, (_, k) => value(v * size + k)));
        expect(values.length).toBe(expected.length);
        expect(Math.max(...expected.map((x, i) => Math.abs(x - values[i])))).toBeLessThan(tolerance);
      };
      expect(groups[label].length).toBeGreaterThan(0);
      expectNear("position", 3, 1e-4, (i) => mesh.positions[i]);
      expectNear("normal", 3, 1e-4, (i) => mesh.normals[i]);
      expectNear("uv", 2, 1e-6, (i) => (i % 2 ? 1 - mesh.uvs[i] : mesh.uvs[i]));
    });
  });

  it("names its material, and the material its texture", () => {
    expect(text(files.obj)).toContain("\nmtllib jane doe.mtl\n");
    const [info] = Object.values(new MTLLoader().parse(text(files.mtl), "").materialsInfo);
    expect(info).toMatchObject({ name: "head", map_kd: "jane doe.jpg" });
    expect(parts.every(({ material }) => !Array.isArray(material) && material.name === "head")).toBe(true);
  });

  it("refuses file names that would break it", () => {
    expect(() => toObj(mesh, { materialFile: "a\nb.mtl", textureFile: "a.jpg" })).toThrow("line break");
  });
});
