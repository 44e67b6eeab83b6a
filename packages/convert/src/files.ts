import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, resolve, sep } from "node:path";
import { ConvertError, type Graph } from "./graph.ts";
import { readGraphDef } from "./read-graphdef.ts";
import { readTfjs } from "./read-tfjs.ts";

/**
 * Reads a graph from disk: a TensorFlow.js graph model (`model.json` with its shards beside it) or else a frozen GraphDef.
 * Shards outside the folder of the model are refused.
 * @throws ConvertError when a file is missing or damaged
 */
export function readGraphFile(path: string): Graph {
  const bytes = readBytes(path);
  if (!path.toLowerCase().endsWith(".json")) return readGraphDef(bytes);
  return readTfjs(new TextDecoder().decode(bytes), (shard) => readBytes(insideFolder(dirname(path), shard)));
}

function insideFolder(folder: string, path: string): string {
  const root = realpathSync(folder);
  const full = resolve(root, path);
  const inside = (candidate: string) => candidate.startsWith(root + sep);
  if (isAbsolute(path) || !inside(full))
    throw new ConvertError(`The model asks for "${path}", which is outside its folder.`);
  if (!statSync(full, { throwIfNoEntry: false })) throw new ConvertError(`The weights ${full} are missing.`);
  if (!inside(realpathSync(full))) throw new ConvertError(`The model asks for "${path}", which is outside its folder.`);
  return full;
}

/** Protocol buffers, in which both TensorFlow and ONNX store graphs, end at 2 GiB. */
const maxBytes = 2 ** 31;

function readBytes(path: string): Uint8Array {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) throw new ConvertError(`${path} ${stat ? "is not a file" : "does not exist"}.`);
  if (stat.size >= maxBytes) throw new ConvertError(`${path} is too large: ${stat.size} bytes.`);
  return readFileSync(path);
}
