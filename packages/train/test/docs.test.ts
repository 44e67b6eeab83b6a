import { readFileSync } from "node:fs";
import { parseConfig } from "@cameo/train";
import { expect, it } from "vitest";

it("the configuration in docs/training.md is right", () => {
  const text = readFileSync(new URL("../../../docs/training.md", import.meta.url), "utf8");
  const [, json] = /```json\n(.*?)```/s.exec(text)!;
  expect(parseConfig({ ...JSON.parse(json), task: "depth" })).toMatchObject({ batch: 8, keep: 3, provider: "cpu" });
});
