import {
  type Accessor,
  Document,
  type Buffer as GltfBuffer,
  type Material,
  type Primitive,
  type PrimitiveTarget,
  TextureInfo,
  WebIO,
} from "@gltf-transform/core";
import { checkMesh, unitNormals } from "./check-mesh.ts";
import { MeshQuantization } from "./mesh-quantization.ts";
import { morphNormals } from "./morph-normals.ts";
import type { TexturedMesh } from "./textured-mesh.ts";

/** A texture as the bytes of an image file. */
export interface EncodedTexture {
  readonly bytes: Uint8Array;
  readonly mimeType: "image/jpeg" | "image/png";
}

/** Triangles with a surface of their own, such as wet eyes or the inside of the mouth. */
export interface GlbPart {
  readonly name: string;
  /** Three indices per triangle into the vertices of the mesh. */
  readonly triangles: Uint32Array;
  /** From 0, a mirror, to 1, chalk. */
  readonly roughness?: number;
  readonly doubleSided?: boolean;
}

export interface GlbOptions {
  /** The texture of the mesh, encoded. */
  readonly texture: EncodedTexture;
  /** Name of the head in viewers. */
  readonly name?: string;
  /** What made the file. */
  readonly generator?: string;
  /** The mesh in parts, each with its material; one part of all triangles unless given. */
  readonly parts?: readonly GlbPart[];
  /** Whether expressions also turn the normals, so that light follows wrinkles and lips; costs about as much space again. */
  readonly morphNormals?: boolean;
  /** Facts to keep with the head, such as coefficients, pose and camera: JSON values or typed arrays, stored as `extras` of its node. */
  readonly extras?: Readonly<Record<string, unknown>>;
}

/** Positions and offsets are stored in whole hundredths of a millimetre; glTF is in metres. */
const STEPS_PER_MM = 100;
const METRES_PER_STEP = 0.001 / STEPS_PER_MM;
/** Farther than this from the origin, mm, a position cannot be stored. */
const FARTHEST = 0x7fff / STEPS_PER_MM;
const ROUGHNESS = 0.7;
/** Offsets below this, mm, are stored as none: far below anything visible, and sparse storage then pays. */
const LEAST_OFFSET = 0.05;
/** As {@link LEAST_OFFSET}, for unit normals. */
const LEAST_TURN = 0.004;

/**
 * A binary glTF 2.0 file of a head: metres, y up, face along +z, one mesh with an embedded texture and the named
 * expressions as morph targets (their names in `mesh.extras.targetNames`, as three.js and Blender read them).
 * The same input gives the same bytes.
 * @throws RangeError where the mesh does not fit together
 */
export async function toGlb(mesh: TexturedMesh, options: GlbOptions): Promise<Uint8Array> {
  checkMesh(mesh, "toGlb");
  const { name = "head", parts = [{ name, triangles: mesh.triangles }] } = options;
  const document = new Document();
  document.getRoot().getAsset().generator = options.generator ?? "Cameo";
  document.createExtension(MeshQuantization).setRequired(true);
  const buffer = document.createBuffer();

  if (!mesh.positions.every((x) => Math.abs(x) <= FARTHEST))
    throw new RangeError(`toGlb: the mesh reaches farther than ${FARTHEST} mm from its origin.`);
  const accessor = (type: "VEC2" | "VEC3", values: Whole): Accessor =>
    document.createAccessor().setType(type).setArray(values).setBuffer(buffer);
  const position = accessor(
    "VEC3",
    Int16Array.from(mesh.positions, (x) => Math.round(STEPS_PER_MM * x)),
  );
  const normal = accessor(
    "VEC3",
    Int8Array.from(unitNormals(mesh.normals), (x) => Math.round(127 * x)),
  ).setNormalized(true);
  const uv = accessor(
    "VEC2",
    Uint16Array.from(mesh.uvs, (x) => Math.round(0xffff * x)),
  ).setNormalized(true);
  const targets = createTargets(document, buffer, mesh, options.morphNormals ?? true);

  const texture = document
    .createTexture("texture")
    .setImage(options.texture.bytes as Uint8Array<ArrayBuffer>)
    .setMimeType(options.texture.mimeType);
  const createMaterial = (part: GlbPart): Material => {
    const material = document
      .createMaterial(part.name)
      .setMetallicFactor(0)
      .setRoughnessFactor(part.roughness ?? ROUGHNESS)
      .setDoubleSided(part.doubleSided ?? false)
      .setBaseColorTexture(texture);
    material
      .getBaseColorTextureInfo()
      ?.setWrapS(TextureInfo.WrapMode.CLAMP_TO_EDGE)
      .setWrapT(TextureInfo.WrapMode.CLAMP_TO_EDGE);
    return material;
  };
  const createPrimitive = (part: GlbPart): Primitive => {
    const indices = document.createAccessor().setArray(shortest(part.triangles)).setBuffer(buffer);
    const primitive = document
      .createPrimitive()
      .setIndices(indices)
      .setAttribute("POSITION", position)
      .setAttribute("NORMAL", normal)
      .setAttribute("TEXCOORD_0", uv)
      .setMaterial(createMaterial(part));
    for (const target of targets) primitive.addTarget(target);
    return primitive;
  };

  const gltfMesh = document.createMesh(name);
  for (const part of parts) gltfMesh.addPrimitive(createPrimitive(part));
  if (targets.length > 0) {
    gltfMesh.setWeights(targets.map(() => 0));
    gltfMesh.setExtras({ targetNames: targets.map((target) => target.getName()) });
  }
  const node = document
    .createNode(name)
    .setMesh(gltfMesh)
    .setScale([METRES_PER_STEP, METRES_PER_STEP, METRES_PER_STEP]);
  if (options.extras) node.setExtras(plain(options.extras));
  document.getRoot().setDefaultScene(document.createScene(name).addChild(node));
  return new WebIO().registerExtensions([MeshQuantization]).writeBinary(document);
}

function createTargets(
  document: Document,
  buffer: GltfBuffer,
  mesh: TexturedMesh,
  withNormals: boolean,
): PrimitiveTarget[] {
  const normalsOf = withNormals && mesh.morphTargets.size > 0 ? morphNormals(mesh) : undefined;
  const sparse = (values: Whole | Float32Array<ArrayBuffer>): Accessor =>
    document
      .createAccessor()
      .setType("VEC3")
      .setArray(values)
      .setBuffer(buffer)
      .setSparse(nonZero(values) * 2 < values.length / 3);
  return [...mesh.morphTargets].map(([name, moved]) => {
    const target = document.createPrimitiveTarget(name).setAttribute("POSITION", sparse(wholeSteps(moved)));
    if (normalsOf) target.setAttribute("NORMAL", sparse(withoutSmall(normalsOf(moved))));
    return target;
  });
}

type Whole = Int8Array<ArrayBuffer> | Int16Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

/** Offsets in steps; those shorter than {@link LEAST_OFFSET} become zero. */
function wholeSteps(triples: Float32Array): Int16Array<ArrayBuffer> {
  const out = new Int16Array(triples.length);
  for (let i = 0; i < triples.length; i += 3) {
    if (triples[i] ** 2 + triples[i + 1] ** 2 + triples[i + 2] ** 2 < LEAST_OFFSET ** 2) continue;
    for (let k = i; k < i + 3; k++) out[k] = Math.round(STEPS_PER_MM * triples[k]);
  }
  return out;
}

/** Changes of normals; those smaller than {@link LEAST_TURN} become zero. */
function withoutSmall(triples: Float32Array): Float32Array<ArrayBuffer> {
  const out = new Float32Array(triples.length);
  for (let i = 0; i < triples.length; i += 3) {
    if (triples[i] ** 2 + triples[i + 1] ** 2 + triples[i + 2] ** 2 < LEAST_TURN ** 2) continue;
    out.set(triples.subarray(i, i + 3), i);
  }
  return out;
}

function nonZero(triples: ArrayLike<number>): number {
  let count = 0;
  for (let i = 0; i < triples.length; i += 3) if (triples[i] || triples[i + 1] || triples[i + 2]) count++;
  return count;
}

/** Indices in the shortest type that holds them; glTF forbids the largest value of each. */
const shortest = (indices: Uint32Array): Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer> =>
  indices.every((index) => index < 0xffff) ? Uint16Array.from(indices) : Uint32Array.from(indices);

/** The value as plain JSON, typed arrays as arrays. */
const plain = (value: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  JSON.parse(
    JSON.stringify(value, (_, v) => (ArrayBuffer.isView(v) ? Array.from(v as unknown as ArrayLike<number>) : v)),
  );
