export { type ConvertOptions, convert } from "./convert.ts";
export { readGraphFile } from "./files.ts";
export { ConvertError, type Graph } from "./graph.ts";
export { humanModels, type ImportResult, importHuman } from "./human.ts";
export { opset } from "./onnx.ts";
export { readGraphDef } from "./read-graphdef.ts";
export { readTfjs } from "./read-tfjs.ts";
