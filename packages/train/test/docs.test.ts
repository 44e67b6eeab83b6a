import { readFileSync } from "node:fs";
import { parseConfig } from "@cameo/train";
import { expect, it } from "vitest";

it("the configuration in docs/training.md is right", () => {
  const text = readFileSync(new URL("../../../docs/training.md", import.meta.url), "utf8");
  const [, json] = /```json\n(.*?)```/s.exec(text)!;
  expect(parseConfig({ ...JSON.parse(json), task: "depth" })).toMatchObject({ batch: 8, keep: 3, provider: "cpu" });
});

it.each([
  ["face", "face", "portraits"],
  ["face-paper", "face", "photos"],
  ["face-photos-landmarks", "face", "photos"],
  ["face-photos", "face", "photos"],
  ["parse-128", "parse", "portraits"],
  ["parse", "parse", "portraits"],
  ["refine-128", "refine", "portraits"],
  ["refine", "refine", "portraits"],
  ["refine-paper", "refine", "portraits"],
])("the preset %s is right", (name, expectedTask, kind) => {
  const text = readFileSync(new URL(`../presets/${name}.json`, import.meta.url), "utf8");
  const { task, data } = parseConfig(JSON.parse(text));
  expect([task, data.kind]).toEqual([expectedTask, kind]);
});
