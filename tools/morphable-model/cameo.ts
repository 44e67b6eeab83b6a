export * from "../../packages/cameo/src/mesh/sparse.ts";
export * from "../../packages/cameo/src/mesh/subdivide.ts";
export * from "../../packages/cameo/src/morphable/model.ts";
