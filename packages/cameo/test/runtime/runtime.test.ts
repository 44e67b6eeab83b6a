import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nodeRuntime } from "../../src/runtime/ort.node.ts";
import { webRuntime } from "../../src/runtime/ort.web.ts";
import { createQueue } from "../../src/runtime/queue.ts";
import type { Session } from "../../src/runtime/runtime.ts";
import { tinyNetwork } from "./tiny-network.ts";

// onnxruntime-web's WebAssembly build also runs in Node, where it takes the place of a browser here.
const runtimes = { "onnxruntime-node": nodeRuntime({ threads: 1 }), "onnxruntime-web": webRuntime() };

describe.each(Object.entries(runtimes))("%s", (_, createSession) => {
  let session: Session;
  beforeEach(async () => {
    session = await createSession(tinyNetwork());
  });
  afterEach(() => session.dispose());

  const x = (...values: number[]) => ({ x: { data: Float32Array.from(values), dims: [values.length / 2, 2] } });

  test("names inputs and outputs and runs", async () => {
    expect(session.inputNames).toEqual(["x"]);
    expect(session.outputNames).toEqual(["y"]);
    const { y } = await session.run(x(1, 2, 3, -4));
    expect(y.dims).toEqual([2, 2]);
    expect(y.data).toEqual(Float32Array.of(2, 1, 4, 0));
  });

  test("takes calls while others are pending", async () => {
    const results = await Promise.all(Array.from({ length: 20 }, (_, n) => session.run(x(n, n))));
    for (const [n, { y }] of results.entries()) expect(y.data).toEqual(Float32Array.of(n + 1, Math.max(0, n - 1)));
  });

  test("says what is wrong with its inputs", async () => {
    const data = new Float32Array(4);
    await expect(session.run({})).rejects.toThrow('input "x" is missing');
    await expect(session.run({ ...x(1, 2), z: { data, dims: [4] } })).rejects.toThrow('no input "z"');
    await expect(session.run({ x: { data, dims: [4] } })).rejects.toThrow("shape [4] instead of [batch, 2]");
    await expect(session.run({ x: { data, dims: [1, 4] } })).rejects.toThrow("shape [1, 4] instead of [batch, 2]");
    await expect(session.run({ x: { data, dims: [3, 2] } })).rejects.toThrow("4 elements instead of the 6");
    expect((await session.run(x(0, 0))).y.data).toEqual(Float32Array.of(1, 0));
  });

  test("finishes what is pending before it is disposed of, and refuses to run afterwards", async () => {
    const pending = session.run(x(1, 1));
    await Promise.all([session.dispose(), session.dispose()]);
    expect((await pending).y.data).toEqual(Float32Array.of(2, 0));
    await expect(session.run(x(1, 1))).rejects.toThrow("disposed");
  });

  test("refuses what is no network in one line", async () => {
    await expect(createSession(new TextEncoder().encode("no network"))).rejects.toThrow(
      /^The network could not be loaded: [^\n]+$/,
    );
  });
});

describe("queue", () => {
  test("runs one job at a time, in order, past failures", async () => {
    const queue = createQueue();
    const log: string[] = [];
    const job = (name: string, fail = false) =>
      queue(async () => {
        log.push(`${name} starts`);
        await new Promise((done) => setTimeout(done, 2));
        log.push(`${name} ends`);
        if (fail) throw new Error(name);
      });
    const results = await Promise.allSettled([job("a"), job("b", true), job("c")]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(log).toEqual(["a starts", "a ends", "b starts", "b ends", "c starts", "c ends"]);
  });
});
