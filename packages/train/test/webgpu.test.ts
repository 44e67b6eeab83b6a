import { existsSync } from "node:fs";
import { createLearner, depthNetwork, elementCount, input, mean, square, sub, Variables } from "@cameo/train";
import { describe, expect, it } from "vitest";
import { noise } from "./finite-differences.ts";

// Chromium brings a Vulkan driver that runs on the CPU: slow, but it shows whether GPU results are right.
const driver = "/usr/lib/chromium/vk_swiftshader_icd.json";
const present = existsSync(driver);
if (!present) console.log(`skipped: no GPU driver to test with (${driver} of Debian's chromium is absent)`);

describe("the WebGPU provider", () => {
  it.skipIf(!present)(
    "takes the same training step as the CPU, to 1e-3",
    async () => {
      process.env.VK_DRIVER_FILES = driver;
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
