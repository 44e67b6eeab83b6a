export * from "./landmarks.ts";
export * from "./mean.ts";
export * from "./overlap.ts";
export * from "./overlay.ts";
export * from "./photos.ts";
export * from "./synthetic.ts";
