export * from "./export/image.node.ts";
export * from "./export/write.node.ts";
export * from "./index.ts";
export * from "./input/decode.node.ts";
export * from "./runtime/bundle.node.ts";
export * from "./runtime/ort.node.ts";
