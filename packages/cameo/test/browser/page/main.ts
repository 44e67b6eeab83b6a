import {
  Cameo,
  decodeImage,
  encodeGrey,
  encodeImage,
  type GreyImage,
  InputError,
  type TexturedMesh,
  toGlb,
} from "cameo";
import {
  AmbientLight,
  Box3,
  Color,
  type Mesh,
  type MeshStandardMaterial,
  PerspectiveCamera,
  Scene,
  Vector3,
  WebGLRenderer,
} from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";

/** Bytes on their way between the test and the page. */
export type Base64 = string;

const fromBase64 = (text: Base64): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

const toBase64 = async (bytes: Uint8Array): Promise<Base64> => {
  const url = await new Promise<string>((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.readAsDataURL(new Blob([bytes as BlobPart]));
  });
  return url.slice(url.indexOf(",") + 1);
};

/** A mesh as JSON can hold it. */
export type PlainMesh = Record<"positions" | "normals" | "uvs" | "triangles" | "colors" | "labels", number[]> & {
  texture: { width: number; height: number; data: number[] };
  morphTargets: [name: string, offsets: number[]][];
};

/** What the test calls in the page. */
const page = {
  /** The decoded photo, or the error it was refused with. */
  async decode(bytes: Base64, name?: string, maxPixels?: number) {
    const content = fromBase64(bytes);
    try {
      const { image, ...rest } = await decodeImage(name ? new File([content], name) : content, { maxPixels });
      const { width, height } = image;
      return { ...rest, width, height, data: await toBase64(image.data as Uint8Array) };
    } catch (error) {
      if (error instanceof InputError) return { code: error.code, message: error.message };
      throw error;
    }
  },

  async decodePath(path: string) {
    return decodeImage(path).catch((error: InputError) => ({ code: error.code, message: error.message }));
  },

  async decodeImageData(width: number, height: number, rgba: number[]) {
    const { image } = await decodeImage(new ImageData(Uint8ClampedArray.from(rgba), width, height));
    return [...image.data];
  },

  async decodeAborted(bytes: Base64) {
    const signal = AbortSignal.abort(new Error("enough"));
    return decodeImage(fromBase64(bytes), { signal }).catch((error: Error) => error.message);
  },

  async encodeGrey(width: number, height: number, values: number[], bits: 8 | 16) {
    const data: GreyImage["data"] = bits === 16 ? Uint16Array.from(values) : Uint8Array.from(values);
    return toBase64(await encodeGrey({ width, height, data }));
  },

  async encodeImage(width: number, height: number, rgb: number[], format: "png" | "jpeg" | "webp") {
    return toBase64(await encodeImage({ width, height, data: Uint8Array.from(rgb) }, { format, quality: 95 }));
  },

  /** A GLB file of a mesh, whose texture the browser encodes. */
  async exportGlb({ texture, morphTargets, ...mesh }: PlainMesh) {
    const head: TexturedMesh = {
      positions: Float32Array.from(mesh.positions),
      normals: Float32Array.from(mesh.normals),
      uvs: Float32Array.from(mesh.uvs),
      triangles: Uint32Array.from(mesh.triangles),
      colors: Uint8Array.from(mesh.colors),
      labels: Uint8Array.from(mesh.labels),
      texture: { ...texture, data: Uint8Array.from(texture.data) },
      morphTargets: new Map(morphTargets.map(([name, offsets]) => [name, Float32Array.from(offsets)])),
    };
    const bytes = await encodeImage(head.texture, { format: "png" });
    return toBase64(await toGlb(head, { texture: { bytes, mimeType: "image/png" } }));
  },

  /** A head of a photo on the server, made with the models there. */
  async reconstruct(photo: string, models: string) {
    const stages: string[] = [];
    const cameo = await Cameo.load({ models });
    const blob = await (await fetch(photo)).blob();
    const head = await cameo.reconstruct(blob, { onProgress: ({ stage }) => stages.push(stage) });
    await cameo.dispose();
    const { landmarks, angles, mesh } = head;
    return {
      stages,
      angles,
      landmarks: [...landmarks],
      vertices: mesh.labels.length,
      glb: await toBase64(await head.toGLB()),
    };
  },

  /** Opens a GLB file with three.js and looks at it from the front in even light, with an expression if one is named. */
  async render(glb: Base64, size: number, expression?: string) {
    const { scene: model } = await new GLTFLoader().parseAsync(fromBase64(glb).buffer, "");
    const head = model.getObjectByProperty("isMesh", true) as Mesh;
    if (expression) head.morphTargetInfluences![head.morphTargetDictionary![expression]] = 1;
    const renderer = new WebGLRenderer({ antialias: false, preserveDrawingBuffer: true });
    renderer.setSize(size, size);
    const scene = new Scene().add(model, new AmbientLight("white", Math.PI));
    scene.background = new Color(0, 0, 0);
    const box = new Box3().setFromObject(model, true);
    const center = box.getCenter(new Vector3());
    const extent = box.getSize(new Vector3());
    const camera = new PerspectiveCamera(20, 1, 0.01, 10);
    camera.position.set(center.x, center.y, box.max.z + (0.55 * extent.y) / Math.tan((10 * Math.PI) / 180));
    camera.lookAt(center);
    renderer.render(scene, camera);
    const gl = renderer.getContext();
    const pixels = new Uint8Array(size * size * 4);
    gl.readPixels(0, 0, size, size, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
    renderer.dispose();
    const texture = (head.material as MeshStandardMaterial).map?.image as ImageBitmap;
    return {
      pixels: await toBase64(pixels),
      size: extent.toArray(),
      expressions: Object.keys(head.morphTargetDictionary ?? {}),
      texture: { width: texture.width, height: texture.height },
    };
  },
};

export type Page = typeof page;
Object.assign(globalThis, { page });
