export * from "./depth.ts";
export * from "./face.ts";
export * from "./parse.ts";
export * from "./refine.ts";
export * from "./resnet.ts";
