import { convert, readTfjs } from "@cameo/convert";

const float = { type: "DT_FLOAT" };

/** A network for tests: input x, n × 2; output y = relu(x + (1, −1)). */
export function tinyNetwork(): Uint8Array {
  const model = {
    format: "graph-model",
    modelTopology: {
      node: [
        {
          name: "x",
          op: "Placeholder",
          attr: { dtype: float, shape: { shape: { dim: [{ size: "-1" }, { size: "2" }] } } },
        },
        { name: "b", op: "Const" },
        { name: "sum", op: "BiasAdd", input: ["x", "b"] },
        { name: "y", op: "Relu", input: ["sum"] },
      ],
    },
    weightsManifest: [{ paths: ["b"], weights: [{ name: "b", shape: [2], dtype: "float32" }] }],
  };
  return convert(
    readTfjs(JSON.stringify(model), () => new Uint8Array(Float32Array.of(1, -1).buffer)),
    { name: "tiny" },
  );
}
