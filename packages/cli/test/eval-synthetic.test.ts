import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DepthEvaluation, FaceEvaluation, SyntheticEvaluation } from "@cameo/evaluate";
import { add, constant, input, mul, sum, toOnnx } from "@cameo/train";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { cameo, temporaryFolder } from "./run.ts";

const assets = fileURLToPath(new URL("../../../../shared/makehuman", import.meta.url));
const absent = !existsSync(assets);
if (absent) console.warn(`eval synthetic and eval depth are not tested: there is no ${assets}.`);

const portraits = ["--assets", assets, "--size", "256", "--json"];

/** A depth network that calls everything as near as the head's centre. */
async function flatNetwork(folder: string): Promise<string> {
  const side = 256;
  const nothing = mul(sum(input("image", [1, 3, side, side]), { axes: 1, keep: true }), 0);
  const { bytes } = toOnnx({
    depth: add(constant(new Float32Array(side * side).fill(2), [1, 1, side, side]), nothing),
  });
  const file = join(folder, "flat.onnx");
  await writeFile(file, bytes);
  return file;
}

/** A face network that sees the mean face, unturned, everywhere. */
async function meanFaceNetwork(folder: string): Promise<string> {
  const nothing = mul(sum(input("image", [1, 3, 128, 128])), 0);
  const head = (values: number[]) => add(constant(Float32Array.from(values), [1, values.length]), nothing);
  const counts = { identity: 80, expression: 64, texture: 80, light: 27 };
  const { bytes } = toOnnx({
    ...Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, head(Array(count).fill(0))])),
    rotation: head([0, 0, 0, 1]),
    translation: head([0, 0, 0]),
  });
  const file = join(folder, "mean.onnx");
  await writeFile(file, bytes);
  return file;
}

describe.skipIf(absent)("synthetic portraits", () => {
  test("are reconstructed and compared, and the document says what came out", async () => {
    const folder = await temporaryFolder();
    const synthetic = await cameo("eval", "synthetic", "--count", "1", ...portraits);
    expect(synthetic.status).toBe(0);
    const {
      evaluation,
      command,
      seed,
      portraits: results,
      failures,
    }: SyntheticEvaluation = JSON.parse(synthetic.stdout);
    expect([evaluation, seed, results.length + failures.length]).toEqual(["synthetic", 2020, 1]);
    expect(command).toMatch(/^cameo eval synthetic --count 1 /);
    for (const { distances, photometric } of results) {
      for (const { face } of Object.values(distances)) expect(face?.mean).toBeLessThan(15);
      expect(distances.Cameo.face?.coverage).toBeGreaterThan(0.8);
      expect(photometric).toBeLessThan(60);
    }

    const [json, output] = [join(folder, "synthetic.json"), join(folder, "results.md")];
    await writeFile(json, synthetic.stdout);
    const report = await cameo(
      ...["eval", "report", json, "-o", output, "--pictures", "1", "--assets", assets, "--size", "256"],
    );
    expect(report.status).toBe(0);
    expect(report.stdout.trimEnd().split("\n").at(-1)).toBe(output);
    const text = await readFile(output, "utf8");
    expect(text).toContain(command);
    const pictures = [...text.matchAll(/\]\((images\/.*?)\)/g)].map(([, path]) => path);
    expect(pictures).toHaveLength(2);
    for (const path of pictures) expect((await sharp(join(folder, path)).metadata()).format).toBe("webp");
  }, 300_000);

  test("tell face networks apart, with the figures of the whole pipeline", async () => {
    const mean = await meanFaceNetwork(await temporaryFolder());
    const bundled = fileURLToPath(new URL("../../../models/face.onnx", import.meta.url));
    const faces = await cameo("eval", "face", `mean=${mean}`, `ours=${bundled}`, "--count", "2", ...portraits);
    expect(faces.status).toBe(0);
    const { evaluation, portraits: results }: FaceEvaluation = JSON.parse(faces.stdout);
    expect([evaluation, results.length]).toEqual(["face", 2]);
    for (const { networks } of results) expect(networks.ours.landmarks).toBeLessThan(networks.mean.landmarks);

    const stages = ["--no-fit", "--parse", "model", "--depth", "model"];
    const whole = await cameo("eval", "synthetic", "--count", "1", ...stages, ...portraits);
    const [{ facePoints, pose, landmarks, photometric }]: SyntheticEvaluation["portraits"] = JSON.parse(
      whole.stdout,
    ).portraits;
    expect(results[0].networks.ours).toEqual({ facePoints, pose, landmarks: landmarks.all, photometric });
  }, 300_000);

  test("tell depth networks apart", async () => {
    const flat = await flatNetwork(await temporaryFolder());
    const { status, stdout } = await cameo("eval", "depth", `flat=${flat}`, "--count", "1", ...portraits);
    expect(status).toBe(0);
    const { portraits: results }: DepthEvaluation = JSON.parse(stdout);
    const { flat: plane, ...others } = results[0].distances;
    // The fitted face stays; the network puts all else of the head in one plane, and heads are not flat.
    expect(plane.nonFace?.coverage).toBe(1);
    expect(plane.nonFace?.mean).toBeGreaterThan(10);
    expect(plane.face?.mean).toBeLessThan(2);
    expect(others["head of the model, bald"].face?.mean).toBeLessThan(2);
  }, 300_000);
});

test("depth networks are named once, and can be read", async () => {
  const folder = await temporaryFolder();
  const missing = await cameo("eval", "depth", `a=${join(folder, "nowhere.onnx")}`);
  expect(missing).toMatchObject({ status: 3, stderr: expect.stringMatching(/nowhere\.onnx cannot be read/) });
  const wrong = join(folder, "wrong.onnx");
  await writeFile(wrong, "no network");
  expect(await cameo("eval", "depth", wrong)).toMatchObject({
    status: 3,
    stderr: expect.stringMatching(/cannot be used/),
  });
  const flat = await flatNetwork(folder);
  const twice = await cameo("eval", "depth", `a=${flat}`, `a=${flat}`);
  expect(twice).toMatchObject({ status: 2, stderr: expect.stringMatching(/Two networks/) });
});

test("the report refuses what is no evaluation", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "other.json");
  await writeFile(file, "{}");
  const { status, stderr } = await cameo("eval", "report", file, "-o", join(folder, "r.md"), "--pictures", "0");
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/other\.json is not what/) });
});
