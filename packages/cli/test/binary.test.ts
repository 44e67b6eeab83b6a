import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { portraitOf, saved } from "./photos.ts";
import { contents, portrait, temporaryFolder } from "./run.ts";

const script = fileURLToPath(new URL("../bin/cameo.js", import.meta.url));

/** Starts the installed command in a process of its own. */
function start(...argv: string[]): {
  child: ChildProcess;
  outcome: Promise<{ status: number | null; stdout: string; stderr: string }>;
} {
  const child = spawn(process.execPath, [script, ...argv]);
  const text = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk) => {
    text.stdout += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk) => {
    text.stderr += chunk;
  });
  return { child, outcome: once(child, "close").then(([status]) => ({ status, ...text })) };
}

describe("the real command", () => {
  test("reconstructs, and says nothing on standard error", async () => {
    const folder = await temporaryFolder();
    const { status, stdout, stderr } = await start("reconstruct", portrait, "-o", folder).outcome;
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.trimEnd().split("\n")).toHaveLength(5);
    expect(await contents(folder)).toHaveLength(5);
  });

  test("ends with the status of a failure", async () => {
    const folder = await temporaryFolder();
    const { status, stdout, stderr } = await start("reconstruct", join(folder, "nobody.jpg"), "-o", folder).outcome;
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^cameo: .*nobody\.jpg.*\n$/);
  });

  test("says which Node it needs on an older one, and runs on the oldest supported", async () => {
    const under = async (version: string) => {
      const pretend = `data:text/javascript,Object.defineProperty(process.versions,"node",{value:"${version}"})`;
      const child = spawn(process.execPath, ["--import", pretend, script, "--version"]);
      let stderr = "";
      child.stderr.on("data", (chunk) => {
        stderr += chunk;
      });
      const [status] = await once(child, "close");
      return { status, stderr };
    };
    for (const version of ["18.20.4", "20.18.3"]) {
      expect(await under(version)).toEqual({
        status: 2,
        stderr: `cameo needs Node 20.19 or newer; this is ${version}.\n`,
      });
    }
    for (const version of ["20.19.0", "22.0.0", "24.1.0"]) {
      expect(await under(version)).toEqual({ status: 0, stderr: "" });
    }
  });

  test("is supported by the same versions of Node as every package", async () => {
    for (const place of ["", "packages/cameo/", "packages/cli/", "packages/convert/", "packages/train/"]) {
      const url = new URL(`../../../${place}package.json`, import.meta.url);
      expect(JSON.parse(await readFile(url, "utf8")).engines).toEqual({ node: ">=20.19" });
    }
  });

  test("goes on when nobody reads its output", async () => {
    const folder = await temporaryFolder();
    const { child, outcome } = start("reconstruct", portrait, "-o", folder);
    child.stdout?.destroy();
    const { status, stderr } = await outcome;
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(await contents(folder)).toHaveLength(5);
  });

  test.skipIf(process.platform === "win32")("interrupted, it ends with 130 and leaves only whole photos", async () => {
    const folder = await temporaryFolder();
    const photos = await Promise.all(
      Array.from({ length: 12 }, (_, i) => saved(folder, `me${i}.jpg`, portraitOf(480).jpeg())),
    );
    const heads = join(folder, "heads");
    const { child, outcome } = start("reconstruct", ...photos, "-o", heads);
    await Promise.race([once(child.stdout!, "data"), outcome]);
    child.kill("SIGINT");
    const { status, stdout, stderr } = await outcome;
    expect(status).toBe(130);
    expect(stderr).toBe("cameo: interrupted\n");
    const printed = stdout.trimEnd().split("\n");
    expect(printed.length).toBeGreaterThanOrEqual(5);
    expect(printed.length).toBeLessThan(60);
    expect((await contents(heads)).map((file) => join(heads, file))).toEqual(printed.sort());
  });
});
