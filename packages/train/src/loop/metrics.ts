import { appendFile, readFile } from "node:fs/promises";
import { writeAtomic } from "../checkpoint/atomic.ts";

/** One line of `metrics.jsonl`: numbers by name at a step. */
export interface MetricsLine {
  readonly step: number;
  readonly [name: string]: number;
}

/** The metrics of a run, a JSON object a line. */
export class MetricsFile {
  readonly #path: string;
  readonly #lines: MetricsLine[];

  private constructor(path: string, lines: MetricsLine[]) {
    this.#path = path;
    this.#lines = lines;
  }

  /** Opens the file and drops lines after `step`: those of steps that will be taken again. */
  static async open(path: string, step: number): Promise<MetricsFile> {
    const text = await readFile(path, "utf8").catch(() => "");
    const lines = text.split("\n").flatMap((line) => {
      try {
        return [JSON.parse(line) as MetricsLine];
      } catch {
        // The last line may be cut off by a kill.
        return [];
      }
    });
    const kept = lines.filter((line) => line.step <= step);
    await writeAtomic(path, [new TextEncoder().encode(kept.map((line) => `${JSON.stringify(line)}\n`).join(""))]);
    return new MetricsFile(path, kept);
  }

  async add(line: MetricsLine): Promise<void> {
    this.#lines.push(line);
    await appendFile(this.#path, `${JSON.stringify(line)}\n`);
  }

  get lines(): readonly MetricsLine[] {
    return this.#lines;
  }
}
