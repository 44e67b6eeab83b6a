import type { InferenceSession, InferenceSessionFactory, TensorConstructor } from "onnxruntime-common";
import type { Queue } from "./queue.ts";
import type { Session, Tensor } from "./runtime.ts";

/** What the Node and the browser build of ONNX Runtime have in common. */
export interface Ort {
  readonly InferenceSession: InferenceSessionFactory;
  readonly Tensor: TensorConstructor;
}

/**
 * Loads a network with one of the two builds.
 * @param createQueued takes the creation and every run, so that they happen one at a time
 */
export async function createOrtSession(
  ort: Ort,
  model: Uint8Array,
  options: InferenceSession.SessionOptions,
  queued: Queue,
): Promise<Session> {
  const session = await queued(() => ort.InferenceSession.create(model, options)).catch((error: Error) => {
    throw new Error(`The network could not be loaded: ${firstLine(error)}`);
  });
  for (const tensor of [...session.inputMetadata, ...session.outputMetadata])
    if (!tensor.isTensor || tensor.type !== "float32") {
      await session.release();
      throw new Error(`The network's "${tensor.name}" is not a float32 tensor.`);
    }
  let disposed = false;
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    inputShapes: Object.fromEntries(
      session.inputMetadata.map((input) => [
        input.name,
        input.isTensor ? input.shape.map((size) => (typeof size === "number" ? size : undefined)) : [],
      ]),
    ),
    run: (inputs) =>
      queued(async () => {
        if (disposed) throw new Error("The network has been disposed of and cannot run any more.");
        const feeds: Record<string, InstanceType<TensorConstructor>> = {};
        for (const [name, { data, dims }] of Object.entries(checkedInputs(session.inputMetadata, inputs)))
          feeds[name] = new ort.Tensor("float32", data, dims);
        const outputs = await session.run(feeds).catch((error: Error) => {
          throw new Error(`The network could not run: ${firstLine(error)}`);
        });
        return Object.fromEntries(
          Object.entries(outputs).map(([name, { data, dims }]) => [name, { data: data as Float32Array, dims }]),
        );
      }),
    dispose: () =>
      queued(async () => {
        if (disposed) return;
        disposed = true;
        await session.release();
      }),
  };
}

const firstLine = (error: unknown): string => String(error instanceof Error ? error.message : error).split("\n", 1)[0];

function checkedInputs(
  expected: readonly InferenceSession.ValueMetadata[],
  inputs: Readonly<Record<string, Tensor>>,
): Readonly<Record<string, Tensor>> {
  for (const name of Object.keys(inputs))
    if (!expected.some((input) => input.name === name)) throw new Error(`The network has no input "${name}".`);
  for (const metadata of expected) {
    const input = inputs[metadata.name];
    if (!input) throw new Error(`The network's input "${metadata.name}" is missing.`);
    const shape = metadata.isTensor ? metadata.shape : [];
    const fits =
      shape.length === input.dims.length &&
      shape.every((size, axis) => typeof size === "string" || size === input.dims[axis]);
    if (!fits)
      throw new Error(
        `The network's input "${metadata.name}" has the shape [${input.dims.join(", ")}] instead of [${shape.join(", ")}].`,
      );
    const count = input.dims.reduce((product, size) => product * size, 1);
    if (input.data.length !== count)
      throw new Error(
        `The network's input "${metadata.name}" has ${input.data.length} elements instead of the ${count} of its shape.`,
      );
  }
  return inputs;
}
