import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { cameo, contents, portrait, temporaryFolder } from "./run.ts";

const alphaOf = async (file: string) => {
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  expect(info.channels).toBe(4);
  return { width: info.width, height: info.height, alpha: data.filter((_, i) => i % 4 === 3), data };
};

test("writes the turned head over the photo, with transparent holes", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "new", "turned.png");
  const { status, stdout, stderr } = await cameo(
    "turn",
    portrait,
    "--yaw",
    "25",
    "--pitch",
    "-5",
    "--size",
    "256",
    "-o",
    file,
  );
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: `${file}\n`, stderr: "" });
  expect(await contents(folder)).toEqual(["new", join("new", "turned.png")]);
  const { width, height, alpha } = await alphaOf(file);
  expect(Math.max(width, height)).toBe(256);
  const holes = alpha.filter((a) => a === 0).length / alpha.length;
  expect(holes).toBeGreaterThan(0.001);
  expect(holes).toBeLessThan(0.5);
});

test("a head that is not turned leaves the photo nearly as it was", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "same.png");
  const { status, stdout } = await cameo("turn", portrait, "-o", file, "--json");
  expect(status).toBe(0);
  const { width, height, data, alpha } = await alphaOf(file);
  expect(JSON.parse(stdout)).toEqual({ photo: portrait, file, width, height, notes: [] });
  const photo = await sharp(portrait).removeAlpha().raw().toBuffer();
  let sum = 0;
  let count = 0;
  for (let i = 0; i < alpha.length; i++)
    if (alpha[i] > 0) {
      for (let k = 0; k < 3; k++) sum += Math.abs(data[4 * i + k] - photo[3 * i + k]);
      count += 3;
    }
  expect(count).toBeGreaterThan(0.9 * 3 * alpha.length);
  expect(sum / count).toBeLessThan(6);
});

test("yaw to the right and to the left differ", async () => {
  const folder = await temporaryFolder();
  const files = await Promise.all(
    ["20", "-20"].map(async (yaw) => {
      const file = join(folder, `${yaw}.png`);
      expect((await cameo("turn", portrait, "--yaw", yaw, "--size", "128", "-o", file)).status).toBe(0);
      return (await alphaOf(file)).data;
    }),
  );
  expect(files[0].equals(files[1])).toBe(false);
});
