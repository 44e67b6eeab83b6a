import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { ConvertError, convert, type Graph, readGraphDef, readGraphFile, readTfjs } from "@cameo/convert";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exactHalf, halfToFloat } from "../src/half.ts";
import { type GraphSpec, message, writeGraphDef, writeTfjs } from "./support/graph.ts";
import { randomNumbers } from "./support/random.ts";
import { runOnnx } from "./support/run-onnx.ts";

/** y = Relu(x · W + b). */
const spec: GraphSpec = {
  constants: {
    W: { dtype: "float32", shape: [3, 2], data: randomNumbers(1, 6) },
    b: { dtype: "float32", shape: [2], data: [0.25, -0.5] },
  },
  nodes: [
    { name: "x", op: "Placeholder", attributes: { dtype: { type: "DT_FLOAT" }, shape: { shape: [-1, 3] } } },
    { name: "product", op: "MatMul", inputs: ["x", "W"] },
    { name: "sum", op: "BiasAdd", inputs: ["product", "b", "^x"] },
    { name: "y", op: "Relu", inputs: ["sum:0"] },
  ],
  outputs: { "result:0": "y:0" },
};

const tfjs = (change: (model: ReturnType<typeof JSON.parse>) => void = () => {}, weights?: Uint8Array): Graph => {
  const written = writeTfjs(spec);
  const model = JSON.parse(written.json);
  change(model);
  return readTfjs(JSON.stringify(model), () => weights ?? written.weights);
};

const named = (name: string) => ({ name });

describe("what a graph becomes", () => {
  test("takes inputs, outputs and free sizes over", async () => {
    const x = { data: randomNumbers(3, 12), shape: [4, 3] };
    const fromTfjs = await runOnnx(convert(tfjs(), named("t")), { x });
    const fromPb = await runOnnx(convert(readGraphDef(writeGraphDef(spec)), named("t")), { x });
    expect(Object.keys(fromTfjs)).toEqual(["result"]);
    expect(Object.keys(fromPb)).toEqual(["y"]);
    expect(fromTfjs.result.shape).toEqual([4, 2]);
    expect(fromPb.y.data).toEqual(fromTfjs.result.data);
  });
  test("can give any node as a result", async () => {
    const outputs = await runOnnx(convert(tfjs(), { name: "t", outputs: ["sum", "y"] }), {
      x: { data: randomNumbers(3, 3), shape: [1, 3] },
    });
    expect(Object.keys(outputs).sort()).toEqual(["sum", "y"]);
    expect(Array.from(outputs.y.data)).toEqual(Array.from(outputs.sum.data, (value) => Math.max(0, value)));
  });
  test("leaves nodes out that no result needs, even unknown ones", () => {
    const graph = tfjs((model) =>
      model.modelTopology.node.push({ name: "odd", op: "NoSuchThing", input: ["x"], attr: {} }),
    );
    expect(() => convert(graph, named("t"))).not.toThrow();
  });
  test("an open rank can be given as an option", async () => {
    const graph = tfjs((model) => {
      const x = model.modelTopology.node.find((node: { name: string }) => node.name === "x");
      x.attr.shape = { shape: { unknownRank: true } };
    });
    expect(() => convert(graph, named("t"))).toThrow(/"x".*does not say its shape/);
    const onnx = convert(graph, { name: "t", inputShapes: { x: [1, 3] } });
    expect((await runOnnx(onnx, { x: { data: randomNumbers(3, 3), shape: [1, 3] } })).result.shape).toEqual([1, 2]);
  });
  test("integers are 32-bit at the border", async () => {
    const graph = readGraphDef(
      writeGraphDef({
        nodes: [
          { name: "n", op: "Placeholder", attributes: { dtype: { type: "DT_INT32" }, shape: { shape: [3] } } },
          { name: "y", op: "AddV2", inputs: ["n", "n"] },
        ],
      }),
    );
    const { y } = await runOnnx(convert(graph, named("t")), { n: { data: Int32Array.of(1, -2, 3), shape: [3] } });
    expect(y.data).toEqual(Int32Array.of(2, -4, 6));
  });
});

describe("quantised weights of TensorFlow.js", () => {
  const quantised = (quantization: object, bytes: Uint8Array, dtype = "float32") =>
    readTfjs(
      JSON.stringify({
        format: "graph-model",
        modelTopology: { node: [{ name: "w", op: "Const" }] },
        weightsManifest: [{ paths: ["w.bin"], weights: [{ name: "w", shape: [3], dtype, quantization }] }],
      }),
      () => bytes,
    ).nodes.get("w")?.constant?.data;
  test("uint8", () => {
    const data = quantised(
      { dtype: "uint8", scale: 0.5, min: -1, original_dtype: "float32" },
      Uint8Array.of(0, 3, 255),
    );
    expect(data).toEqual(Float32Array.of(-1, 0.5, 126.5));
  });
  test("uint16", () => {
    const data = quantised(
      { dtype: "uint16", scale: 0.25, min: 2 },
      new Uint8Array(Uint16Array.of(0, 1, 65535).buffer),
    );
    expect(data).toEqual(Float32Array.of(2, 2.25, 16385.75));
  });
  test("integers are rounded", () => {
    const data = quantised({ dtype: "uint8", scale: 0.4, min: 0 }, Uint8Array.of(0, 3, 4), "int32");
    expect(data).toEqual(Float64Array.of(0, 1, 2));
  });
  test("float16", () => {
    const data = quantised({ dtype: "float16" }, new Uint8Array(Uint16Array.of(0x3c00, 0xc100, 0x0001).buffer));
    expect(data).toEqual(Float32Array.of(1, -2.5, 2 ** -24));
  });
  test("several shards hold one group", () => {
    const written = writeTfjs(spec);
    const model = JSON.parse(written.json);
    model.weightsManifest[0].paths = ["a", "b"];
    const parts: Record<string, Uint8Array> = { a: written.weights.subarray(0, 13), b: written.weights.subarray(13) };
    expect(readTfjs(JSON.stringify(model), (path) => parts[path])).toEqual(tfjs());
  });
});

describe("halves", () => {
  test("every one goes to float and back", () => {
    for (let half = 0; half < 0x10000; half++) {
      const value = halfToFloat(half);
      if (Number.isFinite(value)) expect(exactHalf(value)).toBe(half);
    }
  });
  test("numbers between them have none", () => {
    for (const value of [1 + 2 ** -11, 65520, 2 ** -25, 0.1]) expect(exactHalf(value)).toBe(-1);
  });
});

describe("constants of a GraphDef", () => {
  const constant = (write: (tensor: BinaryWriter) => void) => {
    const writer = new BinaryWriter();
    message(writer, 1, (node) => {
      node.tag(1, WireType.LengthDelimited).string("c").tag(2, WireType.LengthDelimited).string("Const");
      message(node, 5, (entry) => {
        entry.tag(1, WireType.LengthDelimited).string("value");
        message(entry, 2, (value) => message(value, 8, write));
      });
    });
    return readGraphDef(writer.finish()).nodes.get("c")?.constant;
  };
  const shape = (tensor: BinaryWriter, ...sizes: number[]) =>
    message(tensor, 2, (s) => {
      for (const size of sizes) message(s, 2, (dim) => dim.tag(1, WireType.Varint).int64(size));
    });
  const type = (tensor: BinaryWriter, number: number) => tensor.tag(1, WireType.Varint).int32(number);
  test("the last value stands for those that follow", () => {
    const read = constant((tensor) => {
      type(tensor, 1);
      shape(tensor, 2, 3);
      message(tensor, 5, (values) => values.float(1).float(2));
    });
    expect(read).toEqual({ type: "float32", shape: [2, 3], data: Float32Array.of(1, 2, 2, 2, 2, 2) });
  });
  test("unpacked values", () => {
    const read = constant((tensor) => {
      type(tensor, 3);
      shape(tensor, 2);
      tensor.tag(7, WireType.Varint).int32(-5).tag(7, WireType.Varint).int32(7);
    });
    expect(read?.data).toEqual(Float64Array.of(-5, 7));
  });
  test("halves and bfloats", () => {
    const halves = (number: number, ...values: number[]) =>
      constant((tensor) => {
        type(tensor, number);
        shape(tensor, values.length);
        message(tensor, 13, (list) => {
          for (const value of values) list.int32(value);
        });
      })?.data;
    expect(halves(19, 0x3c00, 0xc000)).toEqual(Float32Array.of(1, -2));
    expect(halves(14, 0x3f80, 0xc040)).toEqual(Float32Array.of(1, -3));
  });
  test("a small file cannot ask for endless memory", () => {
    const read = () =>
      constant((tensor) => {
        type(tensor, 1);
        shape(tensor, 2 ** 20, 2 ** 20);
        message(tensor, 5, (values) => values.float(1));
      });
    expect(read).toThrow(/more than \d+ elements/);
  });
  test.each([
    ["of strings", 7, /type DT_STRING/],
    ["of complex numbers", 8, /type DT_8/],
  ])("%s are refused", (_, number, message) => {
    expect(() => constant((tensor) => type(tensor, number))).toThrow(message);
  });
});

describe("files that cannot be converted say why in one sentence", () => {
  const refuse = (run: () => unknown, message: RegExp) => {
    expect(run).toThrow(ConvertError);
    expect(run).toThrow(message);
  };
  test("an unknown operator", () => {
    const graph = tfjs((model) => {
      model.modelTopology.node.find((node: { name: string }) => node.name === "y").op = "NoSuchThing";
    });
    refuse(() => convert(graph, named("t")), /^Node "y" \(NoSuchThing\) is not supported/);
  });
  test("an unknown fused operator, a lacking attribute, a lacking input", () => {
    const node = (change: object) =>
      tfjs((model) => {
        Object.assign(
          model.modelTopology.node.find((n: { name: string }) => n.name === "y"),
          change,
        );
      });
    refuse(
      () =>
        convert(
          node({ op: "_FusedMatMul", input: ["x", "W"], attr: { fused_ops: { list: { s: ["QmVlcA=="] } } } }),
          named("t"),
        ),
      /fused operator Beep/,
    );
    refuse(() => convert(node({ op: "Split", input: ["b", "x"], attr: {} }), named("t")), /Node "y" \(Split\)/);
    refuse(() => convert(node({ op: "MatMul", input: ["x"] }), named("t")), /Node "y" \(MatMul\) lacks an input/);
    refuse(() => convert(node({ op: "MatMul", input: ["W", "W"] }), named("t")), /sizes 2 and 3 differ/);
    refuse(() => convert(node({ input: ["nobody"] }), named("t")), /no node "nobody"/);
    refuse(() => convert(node({ input: ["sum:3"] }), named("t")), /reads "sum:3"/);
    refuse(() => convert(node({ input: ["y"] }), named("t")), /part of a loop/);
  });
  test("not JSON, not a graph model, no weights, too few or too many weights", () => {
    refuse(() => readTfjs("{", () => new Uint8Array()), /not valid JSON/);
    refuse(() => readTfjs("[]", () => new Uint8Array()), /not a TensorFlow.js graph model/);
    refuse(() => readTfjs('{"format":"layers-model"}', () => new Uint8Array()), /layers-model/);
    refuse(
      () => tfjs((model) => model.weightsManifest[0].weights.pop()),
      /bytes, but the manifest describes|no entry for "b"/,
    );
    const { weights } = writeTfjs(spec);
    refuse(
      () => tfjs(undefined, weights.subarray(0, weights.length - 1)),
      /end before weight "b"; the file is damaged/,
    );
    refuse(() => tfjs(undefined, Buffer.concat([weights, weights])), /64 bytes, but the manifest describes 32/);
    refuse(() => tfjs((model) => (model.weightsManifest[0].weights[0].shape = [2 ** 40, 2])), /end before weight "W"/);
    refuse(() => tfjs((model) => (model.weightsManifest[0].weights[0].shape = [-3, 2])), /no list of sizes/);
    refuse(() => tfjs((model) => (model.weightsManifest[0].weights[0].dtype = "string")), /type string/);
  });
  test("an empty or other file as GraphDef", () => {
    refuse(() => readGraphDef(new Uint8Array()), /no nodes/);
    refuse(
      () => readGraphDef(new TextEncoder().encode("this is a text, and not a graph at all")),
      /not a frozen TensorFlow graph|no nodes/,
    );
  });
  test("a GraphDef cut anywhere is refused or is a graph", () => {
    const bytes = writeGraphDef(spec);
    for (let length = 0; length < bytes.length; length++) {
      try {
        readGraphDef(bytes.subarray(0, length));
      } catch (error) {
        expect(error).toBeInstanceOf(ConvertError);
      }
    }
  });
  test("a damaged GraphDef or model.json never fails otherwise", () => {
    const bytes = writeGraphDef(spec);
    const { json, weights } = writeTfjs(spec);
    fc.assert(
      fc.property(fc.nat(), fc.nat(255), (place, value) => {
        const damaged = Uint8Array.from(bytes);
        damaged[place % bytes.length] = value;
        const at = place % json.length;
        const text = json.slice(0, at) + String.fromCharCode(32 + (value % 95)) + json.slice(at + 1);
        for (const read of [() => readGraphDef(damaged), () => readTfjs(text, () => weights)]) {
          try {
            convert(read(), named("t"));
          } catch (error) {
            expect(error).toBeInstanceOf(ConvertError);
          }
        }
      }),
      { numRuns: 2000, seed: 5 },
    );
  });
});

describe("files on disk", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "convert-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const write = (change: (model: ReturnType<typeof JSON.parse>) => void = () => {}) => {
    const { json, weights } = writeTfjs(spec);
    const model = JSON.parse(json);
    change(model);
    writeFileSync(join(folder, "model.json"), JSON.stringify(model));
    writeFileSync(join(folder, "weights.bin"), weights);
    return join(folder, "model.json");
  };
  test("are read in both formats", () => {
    expect(readGraphFile(write())).toEqual(tfjs());
    writeFileSync(join(folder, "graph.pb"), writeGraphDef(spec));
    expect(readGraphFile(join(folder, "graph.pb")).nodes.size).toBe(6);
  });
  test("may not reach outside their folder", () => {
    for (const path of ["../weights.bin", "/etc/hostname", "a/../../weights.bin"]) {
      const model = write((m) => (m.weightsManifest[0].paths = [path]));
      expect(() => readGraphFile(model)).toThrow(/outside its folder/);
    }
    symlinkSync("/etc/hostname", join(folder, "link.bin"));
    const model = write((m) => (m.weightsManifest[0].paths = ["link.bin"]));
    expect(() => readGraphFile(model)).toThrow(/outside its folder/);
  });
  test("that are missing are named", () => {
    expect(() => readGraphFile(join(folder, "nothing.pb"))).toThrow(/nothing.pb does not exist/);
    expect(() => readGraphFile(folder)).toThrow(/is not a file/);
    const model = write((m) => (m.weightsManifest[0].paths = ["other.bin"]));
    expect(() => readGraphFile(model)).toThrow(/other.bin are missing/);
  });
});
