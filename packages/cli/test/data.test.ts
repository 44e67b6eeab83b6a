import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { cameo, cameoOnTerminal, contents, portrait, temporaryFolder } from "./run.ts";

describe("cameo data prepare", () => {
  it("cuts out faces, counts what is not used, and has nothing to do the second time", async () => {
    const folder = await temporaryFolder();
    const output = join(folder, "faces");
    await copyFile(portrait, join(folder, "me.jpg"));
    await writeFile(join(folder, "broken.jpg"), "no picture");
    const prepare = [
      "data",
      "prepare",
      join(folder, "me.jpg"),
      join(folder, "broken.jpg"),
      "-o",
      output,
      "--threads",
      "1",
    ];
    const first = await cameo(...prepare);
    expect(first).toEqual({
      status: 0,
      stdout: `${output}\n`,
      stderr: "1 face; 2 photos; not used: 1 unreadable (rejects.jsonl)\n",
    });
    const files = await contents(output);
    expect(files.filter((name) => name.endsWith(".jpg"))).toHaveLength(1);
    expect(JSON.parse(await readFile(join(output, "rejects.jsonl"), "utf8")).reason).toBe("unreadable");

    const again = await cameo(...prepare, "--json");
    expect(JSON.parse(again.stdout)).toEqual({
      folder: output,
      photos: 2,
      before: 2,
      faces: 1,
      rejected: { unreadable: 1 },
    });
    expect(again.stderr).toBe("");
    expect(await contents(output)).toEqual(files);
    expect((await cameoOnTerminal(...prepare)).stderr).toContain("2/2 photos");

    const other = await cameo(...prepare, "--faces", "all");
    expect([other.status, other.stderr]).toEqual([4, expect.stringContaining("with faces largest, not all")]);
  }, 60_000);

  it("says what is wrong", async () => {
    const folder = await temporaryFolder();
    const output = join(folder, "faces");
    const [none, missing, number, nowhere] = [
      await cameo("data", "prepare", folder, "-o", output),
      await cameo("data", "prepare", join(folder, "photos"), "-o", output),
      await cameo("data", "prepare", folder, "-o", output, "--min-eye-distance", "2"),
      await cameo("data", "prepare", folder),
    ];
    expect([none.status, none.stderr]).toEqual([1, `cameo: There are no pictures in ${folder}.\n`]);
    expect([missing.status, missing.stderr]).toEqual([
      1,
      `cameo: There is no file or folder ${join(folder, "photos")}.\n`,
    ]);
    expect([number.status, nowhere.status]).toEqual([2, 2]);
    expect(await contents(output)).toEqual([]);
  });
});

describe("cameo data pairs", () => {
  it("says what is wrong", async () => {
    const folder = await temporaryFolder();
    const output = join(folder, "pairs");
    const none = await cameo("data", "pairs", folder, "-o", output);
    expect([none.status, none.stderr]).toEqual([1, `cameo: There are no videos in ${folder}.\n`]);
    const rotation = await cameo("data", "pairs", folder, "-o", output, "--rotation", "15:5");
    expect([rotation.status, rotation.stderr]).toEqual([2, expect.stringContaining("two angles from 0 to 60")]);
    expect((await cameo("data", "pairs", folder, "-o", output, "--within", "0")).status).toBe(2);
    expect((await cameo("data", "pairs", folder)).status).toBe(2);
    expect(await contents(output)).toEqual([]);
  });

  it("counts videos that cannot be read, and goes on with the others another time", async () => {
    const folder = await temporaryFolder();
    const output = join(folder, "pairs");
    await writeFile(join(folder, "broken.mp4"), "no video");
    const { PATH } = process.env;
    onTestFinished(() => {
      process.env.PATH = PATH;
    });
    // A stand-in that reads nothing.
    const programs = join(folder, "programs");
    await mkdir(programs);
    await writeFile(join(programs, "ffmpeg"), "#!/bin/sh\necho moov atom not found >&2\nexit 1\n", { mode: 0o755 });
    process.env.PATH = `${programs}:${PATH}`;
    const pairs = ["data", "pairs", folder, "-o", output, "--threads", "1"];
    const first = await cameo(...pairs);
    expect([first.status, first.stdout]).toEqual([1, `${output}\n`]);
    expect(first.stderr).toBe("0 pairs; 1 video; not used: 1 unreadable\n");
    const again = await cameo(...pairs, "--json");
    expect(JSON.parse(again.stdout)).toEqual({
      folder: output,
      videos: 1,
      before: 1,
      pairs: 0,
      rejected: { unreadable: 1 },
    });
  }, 60_000);
});
