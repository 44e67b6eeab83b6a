import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { random } from "@cameo/synth";
import {
  createProgram,
  exportNetwork,
  type InferenceGraph,
  inferenceGraph,
  parseConfig,
  runTrain,
  type Storage,
} from "@cameo/train";
import { openBundle } from "cameo";
import { ModelProtoSchema } from "onnx-buf";
import * as web from "onnxruntime-web";
import { afterAll, describe, expect, it } from "vitest";

const root = mkdtempSync(join(tmpdir(), "cameo-export-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const base = { out: "x", data: { kind: "shapes" }, steps: 1, size: 64 };
const networks: Record<string, InferenceGraph> = {
  depth: inferenceGraph(parseConfig({ ...base, task: "depth", network: { width: 16 } }), 1),
  parse: inferenceGraph(parseConfig({ ...base, task: "parse", network: { channels: [8, 16, 32] } }), 1),
  face: inferenceGraph(parseConfig({ ...base, task: "face", network: { body: "resnet18", width: 16 } }), 1),
  refine: inferenceGraph(parseConfig({ ...base, task: "refine", network: { filters: 8, blocks: 2 } }), 1),
};

/** Values as after some training: scales and statistics away from 1 and 0. */
function worn(graph: InferenceGraph): Map<string, Float32Array> {
  const values = graph.variables.initialize(3);
  const r = random(4, "worn");
  for (const [name, array] of values)
    if (/bn|downsample\.1|running/.test(name)) for (let i = 0; i < array.length; i++) array[i] += 0.2 * r.uniform();
  return values;
}

describe("export", () => {
  const limits: Record<Storage, number> = { float32: 1e-5, float16: 3e-3, int8: 6e-2 };
  for (const [name, graph] of Object.entries(networks))
    for (const storage of ["float32", "float16", "int8"] as const)
      it(`${name} as ${storage}`, async () => {
        const { model, difference } = await exportNetwork(graph, worn(graph), storage);
        const types = fromBinary(ModelProtoSchema, model.bytes).graph!.node.map((node) => node.opType);
        // Instance normalisation stays: its statistics are those of the picture.
        if (name !== "refine") expect(types).not.toContain("BatchNormalization");
        expect(difference.relative).toBeLessThan(limits[storage]);
        const values = [...worn(graph).values()].reduce((n, v) => n + v.length, 0);
        const bytesPerValue = { float32: 4, float16: 2, int8: 1 }[storage];
        expect(model.bytes.length).toBeLessThan(values * bytesPerValue * 1.1 + 60_000);
      });

  it("the parsing network runs on the browser's runtime, with the same result", async () => {
    const { model } = await exportNetwork(networks.parse, worn(networks.parse), "int8");
    const image = Float32Array.from({ length: 3 * 64 * 64 }, (_, i) => (i % 97) / 96);
    const program = await createProgram(model, { inference: true });
    const { logits } = await program.run({ image });
    web.env.wasm.numThreads = 1;
    const session = await web.InferenceSession.create(model.bytes, { executionProviders: ["wasm"] });
    const result = await session.run({ image: new web.Tensor("float32", image, [1, 3, 64, 64]) });
    const inBrowser = result.logits.data as Float32Array;
    expect(Math.max(...inBrowser.map((v, i) => Math.abs(v - Number(logits[i]))))).toBeLessThan(1e-4);
  });

  it("of a run puts a model into a bundle that the library opens", async () => {
    const path = join(root, "run.json");
    const config = { ...base, out: join(root, "run"), size: 32, batch: 2, network: { labels: 5, channels: [8, 16] } };
    writeFileSync(path, JSON.stringify({ ...config, data: { kind: "shapes", count: 8 }, workers: 0 }));
    let text = "";
    const sink = { write: (part: string) => (text += part) };
    expect(await runTrain(["parse", "--config", path], sink, sink), text).toBe(0);
    const bundle = join(root, "bundle");
    for (const storage of ["float32", "int8"])
      expect(await runTrain(["parse", "--config", path, "--export", bundle, "--storage", storage], sink, sink)).toBe(0);
    expect(text).toMatch(/parse\.onnx: 0\.0\d MB, weights as int8/);
    expect(text).toMatch(/output difference: [\d.e-]+ at most, [\d.e-]+ relative/);
    const opened = await openBundle(async (file) => readFileSync(join(bundle, file)), bundle);
    expect(opened.models.map((m) => m.name)).toEqual(["parse"]);
    expect((await opened.read("parse")).length).toBe(opened.models[0].bytes);
    expect(await runTrain(["parse", "--config", path, "--export", bundle, "--storage", "int4"], sink, sink)).toBe(2);
  });
});
