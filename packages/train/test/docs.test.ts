import { readFileSync } from "node:fs";
import { parseConfig } from "@cameo/train";
import { expect, it } from "vitest";

it("the configuration in docs/training.md is right", () => {
  const text = readFileSync(new URL("../../../docs/training.md", import.meta.url), "utf8");
  const [, json] = /```json\n(.*?)```/s.exec(text)!;
  expect(parseConfig({ ...JSON.parse(json), task: "depth" })).toMatchObject({ batch: 8, keep: 3, provider: "cpu" });
});

it.each(["face.json", "face-paper.json"])("the preset %s is right", (name) => {
  const text = readFileSync(new URL(`../presets/${name}`, import.meta.url), "utf8");
  const { task, data } = parseConfig(JSON.parse(text));
  expect([task, data.kind]).toEqual(["face", name === "face.json" ? "synthetic" : "photos"]);
});
