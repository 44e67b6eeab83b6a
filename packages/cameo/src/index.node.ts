import { fileURLToPath } from "node:url";
import { encodeImage } from "./export/image.node.ts";
import { decodeImage } from "./input/decode.node.ts";
import type { LoadOptions, Platform } from "./platform.ts";
import { Cameo as Portraits } from "./portrait.ts";
import { openNodeBundle } from "./runtime/bundle.node.ts";
import { type NodeRuntimeOptions, nodeRuntime } from "./runtime/ort.node.ts";

export * from "./export/image.node.ts";
export * from "./export/write.node.ts";
export * from "./index.ts";
export * from "./input/decode.node.ts";
export * from "./runtime/bundle.node.ts";
export * from "./runtime/ort.node.ts";
export * from "./video/read.node.ts";
export * from "./video/write.node.ts";

const node: Platform = {
  decodeImage,
  encodeImage,
  openBundle: ({ models }) =>
    openNodeBundle(models === undefined ? undefined : models instanceof URL ? fileURLToPath(models) : models),
  createSession: ({ provider, threads }) => {
    if (provider === "wasm")
      throw new Error('The provider "wasm" is for browsers; in Node choose cpu, cuda or webgpu.');
    return nodeRuntime({ provider, threads } satisfies NodeRuntimeOptions);
  },
};

export type Cameo = Portraits;
export const Cameo = {
  /**
   * Loads the models, once for any number of photos.
   * @throws {@link CameoError} `models` where one is missing or damaged
   */
  load: (options: LoadOptions = {}): Promise<Cameo> => Portraits.loadOn(node, options),
};
