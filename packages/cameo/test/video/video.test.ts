import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { RgbImage } from "../../src/image.ts";
import { probeVideo, readVideo } from "../../src/video/read.node.ts";
import { writeVideo } from "../../src/video/write.node.ts";

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
if (!hasFfmpeg) console.warn("ffmpeg is not installed: tests of videos are skipped");

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cameo-video-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Plain frames, each a little brighter than the one before. */
async function* greys(count: number, width = 64, height = 48): AsyncGenerator<RgbImage> {
  for (let i = 0; i < count; i++) yield { width, height, data: new Uint8Array(3 * width * height).fill(40 + 10 * i) };
}

it.skipIf(!hasFfmpeg)("what is written is read again: frames in order, rate, colours; no sound", async () => {
  const path = join(await temporaryFolder(), "grey.mp4");
  expect(await writeVideo(path, greys(8), { rate: 12 })).toEqual([path]);
  expect(await probeVideo(path)).toMatchObject({ rate: 12, audio: undefined });
  let count = 0;
  for await (const { width, height, data } of readVideo(path, { rate: 12 })) {
    expect([width, height, data.length]).toEqual([64, 48, 3 * 64 * 48]);
    expect(Math.abs(data[3 * 64 * 24 + 96] - (40 + 10 * count))).toBeLessThan(4);
    count++;
  }
  expect(count).toBe(8);
  // Half the rate: every other frame.
  let fewer = 0;
  for await (const _ of readVideo(path, { rate: 6 })) fewer++;
  expect(fewer).toBe(4);
});

it.skipIf(!hasFfmpeg)("a reader may stop early, and a video that is none is refused", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "grey.webm");
  await writeVideo(path, greys(5), { rate: 10 });
  for await (const frame of readVideo(path, { rate: 10 })) {
    expect(frame.width).toBe(64);
    break;
  }
  const text = join(folder, "text.mp4");
  await writeFile(text, "no video at all");
  await expect(probeVideo(text)).rejects.toMatchObject({ code: "video" });
  await expect(readVideo(text, { rate: 10 }).next()).rejects.toMatchObject({ code: "video" });
  await expect(probeVideo(join(folder, "absent.mp4"))).rejects.toMatchObject({ code: "not-found" });
});

it.each(["mp4", "gif", "webp", "png"])("leaves nothing behind where the frames of a %s fail", async (format) => {
  if (format === "mp4" && !hasFfmpeg) return;
  const folder = await temporaryFolder();
  async function* failing() {
    yield* greys(2);
    throw new Error("no more");
  }
  await expect(writeVideo(join(folder, `out.${format}`), failing(), { rate: 10 })).rejects.toThrow("no more");
  expect(await readdir(folder)).toEqual([]);
});

it("refuses other kinds of files, and no frames at all", async () => {
  const folder = await temporaryFolder();
  await expect(writeVideo(join(folder, "out.avi"), greys(1), { rate: 10 })).rejects.toThrow(/must end in mp4/);
  await expect(writeVideo(join(folder, "out.gif"), greys(0), { rate: 10 })).rejects.toThrow(/at least one frame/);
});
