/** A dense float32 tensor, row-major. */
export interface Tensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** A loaded network. Safe to call again while a call is pending: runs queue up. */
export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Sizes of each input's axes; undefined where the network takes any. */
  readonly inputShapes: Readonly<Record<string, readonly (number | undefined)[]>>;
  /** @throws if an input is missing or has the wrong shape */
  run(inputs: Record<string, Tensor>): Promise<Record<string, Tensor>>;
  /** Releases the memory of the network. The session cannot be used afterwards. */
  dispose(): Promise<void>;
}

/** Makes a {@link Session} of the bytes of an ONNX model. */
export type CreateSession = (model: Uint8Array) => Promise<Session>;
