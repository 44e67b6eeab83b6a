export * from "./graph/autodiff.ts";
export * from "./graph/onnx.ts";
export * from "./graph/program.ts";
export * from "./graph/shape.ts";
export * from "./graph/tensor.ts";
export * from "./ops/index.ts";
