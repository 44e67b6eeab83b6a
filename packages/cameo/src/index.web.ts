export * from "./export/image.web.ts";
export * from "./index.ts";
export * from "./input/decode.web.ts";
export * from "./runtime/bundle.web.ts";
export * from "./runtime/ort.web.ts";
