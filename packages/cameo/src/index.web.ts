import { encodeImage } from "./export/image.web.ts";
import { decodeImage } from "./input/decode.web.ts";
import type { LoadOptions, Platform } from "./platform.ts";
import { Cameo as Portraits } from "./portrait.ts";
import { openWebBundle } from "./runtime/bundle.web.ts";
import { webRuntime } from "./runtime/ort.web.ts";

export * from "./export/image.web.ts";
export * from "./index.ts";
export * from "./input/decode.web.ts";
export * from "./runtime/bundle.web.ts";
export * from "./runtime/ort.web.ts";

const web: Platform = {
  decodeImage,
  encodeImage,
  openBundle: ({ models }) => openWebBundle(models),
  createSession: ({ provider, threads, wasmPaths }) => {
    if (provider === "cpu" || provider === "cuda")
      throw new Error(`The provider "${provider}" is for Node; in a browser choose wasm or webgpu.`);
    return webRuntime({ provider, threads, wasmPaths });
  },
};

export type Cameo = Portraits;
export const Cameo = {
  /**
   * Loads the models, once for any number of photos.
   * @throws {@link CameoError} `models` where one is missing or damaged
   */
  load: (options: LoadOptions = {}): Promise<Cameo> => Portraits.loadOn(web, options),
};
