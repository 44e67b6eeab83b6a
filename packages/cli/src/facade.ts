// The library's public interface until it is there; replaced by imports from "cameo".
import type { DepthMap, LabelMap, RgbImage } from "cameo";

export interface Camera {
  fx: number;
  fy: number;
  cx: number;
  cy: number;
}
export interface Angles {
  yaw: number;
  pitch: number;
  roll: number;
}
export interface Pose {
  rotation: readonly [number, number, number, number];
  translation: readonly [number, number, number];
}
export interface RgbaImage {
  width: number;
  height: number;
  data: Uint8Array | Uint8ClampedArray;
}
export interface LoadOptions {
  models?: string | URL;
  threads?: number;
  provider?: "cpu" | "webgpu" | "cuda" | "wasm";
}
export interface ReconstructOptions {
  face?: "largest" | number;
  fov?: number;
  focal35?: number;
  signal?: AbortSignal;
  onProgress?: (event: { stage: Stage; done: number; total: number }) => void;
}
export type Stage = "decode" | "detect" | "align" | "face" | "appearance" | "parse" | "depth" | "head";
export interface Cameo {
  reconstruct(source: string, options?: ReconstructOptions): Promise<Head>;
  reconstructAll(source: string, options?: Omit<ReconstructOptions, "face">): Promise<Head[]>;
  dispose(): Promise<void>;
}
export interface Head {
  readonly image: RgbImage;
  readonly camera: Camera;
  readonly cameraSource: "fov" | "focal35" | "exif" | "estimated";
  readonly pose: Pose;
  readonly angles: Angles;
  readonly coefficients: Record<"identity" | "expression" | "texture" | "illumination", Float32Array>;
  readonly landmarks: Float32Array;
  readonly box: { x: number; y: number; width: number; height: number };
  readonly timings: Record<Stage, number>;
  readonly models: { name: string; sha256: string }[];
  readonly prior: { parse: boolean; depth: boolean };
  readonly notes: string[];
  depthMap(): DepthMap;
  labelMap(): LabelMap;
  render(options: { angles?: Partial<Angles>; size?: number; background?: "photo" | "none" }): RgbaImage;
  preview(): RgbImage;
  toGLB(): Promise<Uint8Array>;
  toOBJ(name: string): Promise<Record<string, Uint8Array>>;
  toPLY(): Uint8Array;
}

export interface GreyImage {
  width: number;
  height: number;
  data: Uint8Array | Uint16Array;
}
export interface ModelEntry {
  name: string;
  file: string;
  sha256: string;
  bytes: number;
  format: string;
  licence: string;
  source: string;
}
interface ModelBundle {
  readonly models: readonly ModelEntry[];
  verify(): Promise<readonly { readonly entry: ModelEntry; readonly problem: string | undefined }[]>;
}

interface Library {
  openNodeBundle(folder?: string): Promise<ModelBundle>;
  Cameo: { load(options?: LoadOptions): Promise<Cameo> };
  writeFiles(directory: string, files: Record<string, Uint8Array>, options?: { signal?: AbortSignal }): Promise<void>;
  encodeImage(image: RgbImage | RgbaImage, options: { format: "png" }): Promise<Uint8Array>;
  encodeGrey(image: GreyImage): Promise<Uint8Array>;
  quantizeDepth(depth: DepthMap): { image: GreyImage; scale: number };
}
const library = async () => (await import("cameo")) as unknown as Library;
export const loadCameo = async (options: LoadOptions) => (await library()).Cameo.load(options);
export const writeFiles: Library["writeFiles"] = async (...args) => (await library()).writeFiles(...args);
export const openNodeBundle: Library["openNodeBundle"] = async (folder) => (await library()).openNodeBundle(folder);
export const encodeImage: Library["encodeImage"] = async (...args) => (await library()).encodeImage(...args);
export const encodeGrey: Library["encodeGrey"] = async (image) => (await library()).encodeGrey(image);
export const quantizeDepth = async (depth: DepthMap) => (await library()).quantizeDepth(depth);
