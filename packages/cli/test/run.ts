import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { main } from "../src/index.ts";

export const portrait = fileURLToPath(new URL("../../../examples/portrait.jpg", import.meta.url));

export interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

/** Runs the command in this process. */
export const cameo = (...argv: string[]): Promise<Outcome> => run(argv, false);

/** Runs the command in this process as if on a terminal. */
export const cameoOnTerminal = (...argv: string[]): Promise<Outcome> => run(argv, true);

async function run(argv: string[], isTTY: boolean): Promise<Outcome> {
  const stdout = new Text(isTTY);
  const stderr = new Text(isTTY);
  const status = await main(argv, { stdout, stderr });
  return { status, stdout: stdout.text, stderr: stderr.text };
}

class Text extends Writable {
  text = "";
  readonly isTTY: boolean;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer | string, _encoding: string, done: () => void): void {
    this.text += chunk;
    done();
  }
}

/** An empty folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cameo-cli-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Names of everything in a folder, hidden files too; none where it does not exist. */
export const contents = (folder: string): Promise<string[]> =>
  readdir(folder, { recursive: true }).then(
    (names) => names.sort(),
    () => [],
  );
