import type { ImageFormatOptions } from "./export/image.ts";
import type { RgbaImage, RgbImage } from "./image.ts";
import type { DecodeOptions, ImageSource, Photo } from "./input/photo.ts";
import type { ModelBundle } from "./runtime/bundle.ts";
import type { CreateSession } from "./runtime/runtime.ts";

/** The networks of a bundle that it need not have. */
export type NetworkName = "face" | "parse" | "depth" | "refine";

/** Where networks run and where the models are. */
export interface LoadOptions {
  /** The model bundle: a folder in Node, a URL in a browser. Default: the package @cameo/models, or `models/` beside the page. */
  readonly models?: string | URL;
  /** Networks (the bytes of ONNX files) to use in place of the bundle's. */
  readonly networks?: Partial<Readonly<Record<NetworkName, Uint8Array>>>;
  /** Threads of a network. Default: one per core. */
  readonly threads?: number;
  /** `cpu`, `cuda` or `webgpu` in Node; `wasm` or `webgpu` in a browser. Default: the first. */
  readonly provider?: "cpu" | "cuda" | "webgpu" | "wasm";
  /** Browser only: URL of the folder with ONNX Runtime's `.wasm` files, where the bundler does not place them itself. */
  readonly wasmPaths?: string;
}

/** All that differs between Node and browsers. */
export interface Platform {
  decodeImage(source: ImageSource, options?: DecodeOptions): Promise<Photo>;
  encodeImage(image: RgbImage | RgbaImage, options: ImageFormatOptions): Promise<Uint8Array>;
  openBundle(options: LoadOptions): Promise<ModelBundle>;
  createSession(options: LoadOptions): CreateSession;
}
