import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { hollowPng } from "../../cameo/test/input/pictures.ts";
import { faceOfSize, landscape, portraitOf, saved, truncated } from "./photos.ts";
import { cameo, cameoOnTerminal, contents, portrait, temporaryFolder } from "./run.ts";

let folder: string;
let heads: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  heads = join(folder, "heads");
});

describe("a photo that cannot be used: status 1, one line that says why, no file", () => {
  const cases: Record<string, { make: (name: string) => Promise<string>; code: string; says: RegExp }> = {
    "a file that is not there": {
      make: async (name) => join(folder, name),
      code: "not-found",
      says: /does not exist/,
    },
    "a folder": {
      make: async (name) => {
        await mkdir(join(folder, name));
        return join(folder, name);
      },
      code: "directory",
      says: /is a folder/,
    },
    "an empty file": { make: (name) => saved(folder, name, ""), code: "empty", says: /empty/ },
    "a text named .jpg": {
      make: (name) => saved(folder, name, "Dear diary,\n"),
      code: "unsupported",
      says: /./,
    },
    "half a JPEG": {
      make: async (name) => saved(folder, name, await truncated(portrait)),
      code: "damaged",
      says: /./,
    },
    "no face": { make: (name) => saved(folder, name, landscape().jpeg()), code: "no-face", says: /face/ },
    "more pixels than the limit": {
      make: (name) => saved(folder, name, hollowPng(50_000, 40_000)),
      code: "too-large",
      says: /2,000,000,000 pixels .* limit/,
    },
    "a face of 24 × 24 pixels": {
      make: async (name) => saved(folder, name, await faceOfSize(24)),
      code: "face-too-small",
      says: /pixels/,
    },
  };

  test.each(Object.entries(cases))("%s", async (_, { make, code, says }) => {
    const photo = await make("photo.jpg");
    const { status, stdout, stderr } = await cameo("reconstruct", photo, "-o", heads);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^cameo: .*photo\.jpg.*\n$/);
    expect(stderr).toMatch(says);
    expect(await contents(heads)).toEqual([]);

    const turned = await cameo("turn", photo, "-o", join(heads, "turned.png"), "--json");
    expect(turned.status).toBe(1);
    expect(JSON.parse(turned.stdout).error.code).toBe(code);
    expect(await contents(heads)).toEqual([]);
  });
});

test("a bad photo does not stop the others; a terminal shows a progress bar", async () => {
  const good = await saved(folder, "good.jpg", portraitOf(480).jpeg());
  const bad = await saved(folder, "bad.jpg", "no picture");
  const better = await saved(folder, "better.jpg", portraitOf(500).jpeg());
  const { status, stdout, stderr } = await cameoOnTerminal("reconstruct", good, bad, better, "-o", heads, "--json");
  expect(status).toBe(1);
  const { photos } = JSON.parse(stdout);
  expect(photos.map(({ photo }: { photo: string }) => photo)).toEqual([good, bad, better]);
  expect(photos[1].error.code).toBe("unsupported");
  expect(await contents(heads)).toEqual(filesOf("better", "good"));
  for (const count of ["0/3 good.jpg", "2/3 better.jpg"]) expect(stderr).toContain(count);
  // The error stands on a line that the bar was cleared from.
  expect(stderr).toContain(`\r\x1b[Kcameo: ${bad} is not`);
});

test("without a terminal, standard error holds nothing but the errors", async () => {
  const photos = [join(folder, "one.jpg"), join(folder, "two.jpg")];
  const { status, stderr } = await cameo("reconstruct", ...photos, "-o", heads);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^cameo: .*one\.jpg.*\ncameo: .*two\.jpg.*\n$/);
});

test("a face number that the photo does not have", async () => {
  const { status, stderr } = await cameo("reconstruct", portrait, "--face", "2", "-o", heads);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^cameo: .*face.*\n$/);
  expect(await contents(heads)).toEqual([]);
});

test("of a photo whose files cannot all be written, none is", async () => {
  await mkdir(join(heads, "portrait.labels.png", "in-the-way"), { recursive: true });
  const { status, stdout, stderr } = await cameo("reconstruct", portrait, "-o", heads);
  expect({ status, stdout }).toEqual({ status: 4, stdout: "" });
  expect(stderr).toMatch(/^cameo: .*portrait\.labels\.png.*\n$/);
  expect(await contents(heads)).toEqual(["portrait.labels.png", join("portrait.labels.png", "in-the-way")]);
});

test("a photo is never written over", async () => {
  const photo = await saved(folder, "me.jpg", portraitOf(480).jpeg());
  const other = await saved(folder, "me.depth.png", portraitOf(480).png());
  const before = await readFile(other);
  const { status, stderr } = await cameo("reconstruct", photo, other, "-o", folder);
  expect(status).toBe(4);
  expect(stderr).toMatch(/^cameo: .*me\.depth\.png.*\n$/);
  expect(await readFile(other)).toEqual(before);
  expect((await contents(folder)).filter((name) => name.startsWith("me.") && !name.startsWith("me.depth."))).toEqual([
    "me.jpg",
  ]);
});

const filesOf = (...names: string[]): string[] =>
  names.flatMap((name) => ["depth.png", "glb", "json", "labels.png", "preview.png"].map((end) => `${name}.${end}`));
