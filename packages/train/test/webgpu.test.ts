import { existsSync } from "node:fs";
import {
  add,
  createLearner,
  createProgram,
  depthNetwork,
  elementCount,
  input,
  mean,
  square,
  sub,
  toOnnx,
  Variables,
} from "@cameo/train";
import { describe, expect, it } from "vitest";
import { noise } from "./finite-differences.ts";

// Chromium brings a Vulkan driver that runs on the CPU: slow, but it shows whether GPU results are right.
const driver = "/usr/lib/chromium/vk_swiftshader_icd.json";
if (existsSync(driver)) process.env.VK_DRIVER_FILES = driver;
const problem = await createProgram(toOnnx({ y: add(input("x", [1]), 1) }), { provider: "webgpu" }).then(
  (program) => program.dispose().then(() => null),
  (error: Error) => error.message.split("\n")[0].slice(0, 200),
);
if (problem) console.log(`skipped: WebGPU does not start here (needs Debian's chromium and libvulkan1): ${problem}`);

describe("the WebGPU provider", () => {
  it.skipIf(problem)(
    "takes the same training step as the CPU, to 1e-3",
    async () => {
      const results = [];
      for (const provider of ["cpu", "webgpu"] as const) {
        const variables = new Variables(true);
        const x = input("x", [2, 5, 32, 32]);
        const loss = mean(square(sub(depthNetwork(variables, x, { width: 4 }), 1)));
        const learner = await createLearner({ variables, loss }, { provider });
        const { metrics } = await learner.step([{ x: noise(elementCount(x.shape), 1) }], 1e-2);
        results.push({ metrics, values: learner.values });
        await learner.dispose();
      }
      const [cpu, gpu] = results;
      expect(Math.abs(gpu.metrics.loss / cpu.metrics.loss - 1)).toBeLessThan(1e-3);
      expect(Math.abs(gpu.metrics.gradient / cpu.metrics.gradient - 1)).toBeLessThan(1e-3);
      for (const name of cpu.values.keys())
        if (name.includes("running"))
          gpu.values.get(name)!.forEach((v, i) => {
            expect(Math.abs(v - cpu.values.get(name)![i])).toBeLessThan(1e-3);
          });
    },
    180_000,
  );
});
