import { CameoError, OutputError } from "cameo";
import { CommanderError } from "commander";

/** What the process ends with; documented in docs/cli.md. Of several failures in one run the highest counts. */
export const ExitStatus = {
  ok: 0,
  /** A photo could not be read or holds no usable face. */
  photo: 1,
  /** Unknown command or option, or a value out of range. */
  usage: 2,
  /** The model files, the assets of synthetic portraits, or ffmpeg are missing, damaged or of another version. */
  models: 3,
  /** The output cannot be written. */
  output: 4,
  /** A defect of the program. */
  internal: 70,
  interrupted: 130,
} as const;
export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus];

/** An error as users see it: a stable code for programs, one line of text, and the exit status it leads to. */
export interface Failure {
  code: string;
  message: string;
  status: ExitStatus;
}

function statusOf(error: CameoError): ExitStatus {
  if (error instanceof OutputError || error.code === "set-differs") return ExitStatus.output;
  if (error.code === "option") return ExitStatus.usage;
  if (["models", "assets", "ffmpeg"].includes(error.code)) return ExitStatus.models;
  return ExitStatus.photo;
}

export const interrupted: Failure = { code: "aborted", message: "interrupted", status: ExitStatus.interrupted };

export function failureOf(error: unknown): Failure {
  if (error instanceof CommanderError) {
    const message = `${oneLine(error.message.replace(/^error: /, ""))} (see cameo --help)`;
    return { code: "option", message, status: ExitStatus.usage };
  }
  if (error instanceof CameoError)
    return { code: error.code, message: oneLine(error.message), status: statusOf(error) };
  const message = error instanceof Error ? error.message : String(error);
  return { code: "internal", message: `unexpected error: ${oneLine(message)}`, status: ExitStatus.internal };
}

/** The text on one line, without control characters that a terminal would act on. */
export const oneLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, " ").trim();
