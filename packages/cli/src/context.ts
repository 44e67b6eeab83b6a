import type { ExitStatus } from "./exit.ts";

/** A stream to write text to; `isTTY` where a person may be watching. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** What one run of the command works with. */
export interface Context {
  /** Arguments of the command. */
  readonly argv: readonly string[];
  /** Results: paths of files written, or one JSON document. */
  readonly stdout: Output;
  /** Everything else: errors, notes, progress. */
  readonly stderr: Output;
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal;
  /** What the process will end with. */
  status: ExitStatus;
}
