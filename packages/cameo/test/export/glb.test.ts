import { type Primitive, WebIO } from "@gltf-transform/core";
import { validateBytes } from "gltf-validator";
import { type MeshStandardMaterial, Raycaster, Mesh as ThreeMesh, Vector3 } from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { beforeAll, describe, expect, it } from "vitest";
import { type GlbOptions, toGlb } from "../../src/export/glb.ts";
import { encodeImage } from "../../src/export/image.node.ts";
import { MeshQuantization } from "../../src/export/mesh-quantization.ts";
import type { TexturedMesh } from "../../src/export/textured-mesh.ts";
import { bounds, globe } from "./globe.ts";

const mesh = globe();
const count = mesh.labels.length;
let texture: GlbOptions["texture"];
beforeAll(async () => {
  texture = { bytes: await encodeImage(mesh.texture, { format: "jpeg" }), mimeType: "image/jpeg" };
});

const io = () => new WebIO().registerExtensions([MeshQuantization]);

/** Every message of the validator: errors, warnings, information and hints. */
const complaints = async (glb: Uint8Array) => (await validateBytes(glb, { maxIssues: 1000 })).issues.messages;

const read = async (glb: Uint8Array): Promise<Primitive[]> =>
  (await io().readBinary(glb)).getRoot().listMeshes()[0].listPrimitives();

/** The JSON chunk of a GLB file. */
const json = (glb: Uint8Array) => {
  const length = new DataView(glb.buffer, glb.byteOffset).getUint32(12, true);
  return JSON.parse(new TextDecoder().decode(glb.subarray(20, 20 + length)));
};

const array = (primitive: Primitive, name: string) => primitive.getAttribute(name)?.getArray() as Float32Array;

describe("the validator has nothing to say", () => {
  it.each<[string, TexturedMesh, Partial<GlbOptions>]>([
    ["with all there is", mesh, { extras: { coefficients: { identity: new Float32Array(80) } } }],
    ["without expressions", { ...mesh, morphTargets: new Map() }, {}],
    ["without turned normals", mesh, { morphNormals: false }],
    ["with two parts", mesh, { parts: halves() }],
    ["with over 65535 vertices", globe(260, 260), {}],
  ])("%s", async (_, head, options) => {
    expect(await complaints(await toGlb(head, { texture, ...options }))).toEqual([]);
  });

  it("with a PNG texture, and normals that are not of unit length", async () => {
    const bytes = await encodeImage(mesh.texture, { format: "png" });
    const normals = mesh.normals.map((x, i) => (i < 3 ? 0 : x * 7));
    const glb = await toGlb({ ...mesh, normals }, { texture: { bytes, mimeType: "image/png" } });
    expect(await complaints(glb)).toEqual([]);
  });
});

function halves(): GlbOptions["parts"] {
  const middle = Math.floor(mesh.triangles.length / 6) * 3;
  return [
    { name: "upper", triangles: mesh.triangles.slice(0, middle) },
    { name: "lower", triangles: mesh.triangles.slice(middle), roughness: 0.2, doubleSided: true },
  ];
}

describe("read again", () => {
  it("the mesh is in metres, with its texture, and otherwise as it was", async () => {
    const glb = await toGlb(mesh, { texture, name: "Jane", generator: "a test" });
    const document = await io().readBinary(glb);
    const root = document.getRoot();
    expect(json(glb).asset.generator).toBe("a test");
    expect(root.getDefaultScene()?.listChildren()[0].getName()).toBe("Jane");
    const [primitive] = root.listMeshes()[0].listPrimitives();
    const positions = array(primitive, "POSITION");
    const [scale] = root.listNodes()[0].getScale();
    const metres = Float32Array.from(positions, (x) => x * scale);
    for (let i = 0; i < positions.length; i++)
      expect(Math.abs(metres[i] - mesh.positions[i] / 1000)).toBeLessThan(6e-6);
    expect(bounds(metres).max[1]).toBeCloseTo(0.1, 5);
    const uvs = array(primitive, "TEXCOORD_0");
    for (let i = 0; i < uvs.length; i++) expect(Math.abs(uvs[i] / 0xffff - mesh.uvs[i])).toBeLessThan(1e-5);
    expect(Array.from(primitive.getIndices()?.getArray() ?? [])).toEqual(Array.from(mesh.triangles));
    const material = primitive.getMaterial();
    expect(material?.getMetallicFactor()).toBe(0);
    expect(material?.getRoughnessFactor()).toBeCloseTo(0.7);
    expect(material?.getDoubleSided()).toBe(false);
    expect(material?.getBaseColorTexture()?.getImage()).toEqual(new Uint8Array(texture.bytes));
  });

  it("expressions have their names and offsets, in metres", async () => {
    const glb = await toGlb(mesh, { texture });
    const root = (await io().readBinary(glb)).getRoot();
    const gltfMesh = root.listMeshes()[0];
    const [scale] = root.listNodes()[0].getScale();
    expect(gltfMesh.getExtras().targetNames).toEqual(["noseOut", "wide", "still"]);
    expect(gltfMesh.getWeights()).toEqual([0, 0, 0]);
    const targets = gltfMesh.listPrimitives()[0].listTargets();
    [...mesh.morphTargets.values()].forEach((offsets, n) => {
      const stored = targets[n].getAttribute("POSITION")?.getArray() as Float32Array;
      for (let i = 0; i < offsets.length; i++)
        expect(Math.abs(stored[i] * scale * 1000 - offsets[i])).toBeLessThan(0.0551);
    });
  });

  it("turned normals are those of the moved surface, and copies along a seam stay together", async () => {
    const [primitive] = await read(await toGlb(mesh, { texture }));
    const target = primitive.listTargets()[1]; // wider by a tenth: the normal of the ellipsoid is known
    const change = target.getAttribute("NORMAL")?.getArray() as Float32Array;
    let worst = 0;
    for (let v = 0; v < count; v++) {
      const [x, y, z] = mesh.positions.subarray(v * 3, v * 3 + 3);
      const exact = new Vector3(x / 1.1, y, z).normalize();
      const turned = new Vector3(...mesh.normals.subarray(v * 3, v * 3 + 3)).add(
        new Vector3().fromArray(change, v * 3),
      );
      worst = Math.max(worst, turned.normalize().distanceTo(exact));
    }
    expect(worst).toBeLessThan(0.02);
    expect(Math.max(...change.map(Math.abs))).toBeGreaterThan(0.03);
    const columns = 25;
    for (let row = 0; row < count / columns; row++) {
      const [left, right] = [row * columns, row * columns + columns - 1].map((v) => v * 3);
      expect(change.slice(left, left + 3)).toEqual(change.slice(right, right + 3));
    }
  });

  it("expressions that move little take little space", async () => {
    const glb = await toGlb(mesh, { texture });
    const { accessors, meshes } = json(glb);
    const positionOf = (n: number) => accessors[meshes[0].primitives[0].targets[n].POSITION];
    const moved = (mesh.morphTargets.get("noseOut") as Float32Array).filter((x) => x > 0.05).length;
    expect(positionOf(0).sparse.count).toBe(moved);
    expect(positionOf(0).bufferView).toBeUndefined();
    expect(positionOf(1).sparse).toBeUndefined();
    expect(positionOf(2)).not.toHaveProperty("bufferView");
    expect(positionOf(2)).not.toHaveProperty("sparse");
  });

  it("parts share the vertices and have materials of their own", async () => {
    const parts = halves() as NonNullable<GlbOptions["parts"]>;
    const [upper, lower] = await read(await toGlb(mesh, { texture, parts }));
    expect(upper.getAttribute("POSITION")).toBe(lower.getAttribute("POSITION"));
    expect(upper.listTargets()).toHaveLength(3);
    expect(lower.listTargets()).toHaveLength(3);
    expect(Array.from(lower.getIndices()?.getArray() ?? [])).toEqual(Array.from(parts[1].triangles));
    expect(lower.getMaterial()?.getName()).toBe("lower");
    expect(lower.getMaterial()?.getRoughnessFactor()).toBeCloseTo(0.2);
    expect(lower.getMaterial()?.getDoubleSided()).toBe(true);
    expect(lower.getMaterial()?.getBaseColorTexture()).toBe(upper.getMaterial()?.getBaseColorTexture());
  });

  it("extras come back as plain JSON", async () => {
    const extras = { pose: { quaternion: [0, 0, 0, 1] }, identity: Float32Array.of(0.5, -2), camera: { fx: 1200 } };
    const document = await io().readBinary(await toGlb(mesh, { texture, extras }));
    expect(document.getRoot().listNodes()[0].getExtras()).toEqual({ ...extras, identity: [0.5, -2] });
  });

  it("three.js sees the face in front, lit from outside, and moves it", async () => {
    const glb = await toGlb(mesh, { texture });
    const loader = new GLTFLoader();
    // Decoding the texture needs a browser; everything else does not.
    loader.register((parser) => {
      parser.loadTexture = async () => null as never;
      return { name: "no textures" };
    });
    const { scene } = await loader.parseAsync(glb.slice().buffer, "");
    const head = scene.getObjectByProperty("isMesh", true) as ThreeMesh;
    expect(head).toBeInstanceOf(ThreeMesh);
    expect((head.material as MeshStandardMaterial).metalness).toBe(0);
    expect(head.morphTargetDictionary).toEqual({ noseOut: 0, wide: 1, still: 2 });
    const front = () => {
      const ray = new Raycaster(new Vector3(0.001, 0.001, 1), new Vector3(0, 0, -1));
      return ray.intersectObject(head)[0].point.z;
    };
    expect(front()).toBeCloseTo(0.1, 2);
    (head.morphTargetInfluences as number[])[0] = 1;
    expect(front()).toBeCloseTo(0.12, 2);
  });
});

it("the same input gives the same bytes, and stays as it was", async () => {
  const before = structuredClone(mesh);
  const [first, second] = [await toGlb(mesh, { texture }), await toGlb(mesh, { texture })];
  expect(first).toEqual(second);
  expect(mesh).toEqual(before);
});

it("a mesh that does not fit together is refused", async () => {
  const broken: Partial<TexturedMesh>[] = [
    { positions: mesh.positions.slice(1) },
    { triangles: Uint32Array.of(0, 1, count) },
    { triangles: new Uint32Array() },
    { positions: mesh.positions.map((x) => 4 * x) },
    { uvs: mesh.uvs.slice(2) },
    { normals: mesh.normals.map(() => Number.NaN) },
    { morphTargets: new Map([["smile", new Float32Array(3)]]) },
  ];
  for (const part of broken) await expect(toGlb({ ...mesh, ...part }, { texture })).rejects.toThrow(/^toGlb: .*\.$/);
});
