import { CameoError } from "../errors.ts";

/**
 * Why a picture was refused:
 * - `not-found`, `directory`, `unreadable`, `empty`: the file itself;
 * - `unsupported`: not a picture, or of a kind that is not read here;
 * - `damaged`: cut short, or its data cannot be decoded;
 * - `too-large`, `too-small`: its size in pixels or bytes, or its shape;
 * - `too-slow`: decoding took longer than allowed;
 * - `invalid`: raw pixels that do not fit their stated size, or a value that is no picture at all.
 */
export type InputErrorCode =
  | "not-found"
  | "directory"
  | "unreadable"
  | "empty"
  | "unsupported"
  | "damaged"
  | "too-large"
  | "too-small"
  | "too-slow"
  | "invalid";

/** A picture that cannot be used. `message` is one sentence that names the picture, what is wrong and what to do. */
export class InputError extends CameoError {
  declare readonly code: InputErrorCode;

  constructor(code: InputErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.name = "InputError";
  }
}
