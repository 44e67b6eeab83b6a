/** Something the caller can mend. `message` is one sentence that says what is wrong and what to do. */
export class CameoError extends Error {
  /** Stable, for programs: "no-face", "face-too-small", "models", … */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CameoError";
    this.code = code;
  }
}
