import { InferenceSession, Tensor } from "onnxruntime-node";

export interface NumericTensor {
  readonly data: Float32Array | Int32Array;
  readonly shape: readonly number[];
}

/** Runs an ONNX model once on the CPU. */
export async function runOnnx(
  model: Uint8Array,
  inputs: Readonly<Record<string, NumericTensor>>,
): Promise<Record<string, { data: ArrayLike<number>; shape: readonly number[] }>> {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  try {
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, { data, shape }]) => [
        name,
        data instanceof Float32Array ? new Tensor("float32", data, shape) : new Tensor("int32", data, shape),
      ]),
    );
    const outputs = await session.run(feeds);
    return Object.fromEntries(
      Object.entries(outputs).map(([name, tensor]) => [
        name,
        { data: tensor.data as ArrayLike<number>, shape: tensor.dims },
      ]),
    );
  } finally {
    await session.release();
  }
}
