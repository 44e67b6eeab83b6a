import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { addData } from "./commands/data.ts";
import { addEval } from "./commands/eval.ts";
import { addModels } from "./commands/models.ts";
import { addReconstruct } from "./commands/reconstruct.ts";
import { addSynth } from "./commands/synth.ts";
import { addTrain } from "./commands/train.ts";
import { addTransfer } from "./commands/transfer.ts";
import { addTurn } from "./commands/turn.ts";
import type { Context, Output } from "./context.ts";
import { ExitStatus, failureOf, interrupted } from "./exit.ts";

/**
 * Runs the `cameo` command.
 * @param argv arguments, without the names of Node and the script
 * @param streams where to print; the process's own unless given
 * @returns the exit status; the meanings are in docs/cli.md
 */
export async function main(
  argv: string[],
  { stdout, stderr }: { stdout: Output; stderr: Output } = process,
): Promise<number> {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  const context: Context = { argv, stdout, stderr, signal: interruption.signal, status: ExitStatus.ok };
  try {
    await program(context).parseAsync(argv, { from: "user" });
    return context.status;
  } catch (error) {
    // Help and version come as errors with status 0; commander has printed them. `cameo` alone prints help and is wrong usage.
    if (error instanceof CommanderError && error.exitCode === 0) return ExitStatus.ok;
    if (error instanceof CommanderError && error.code === "commander.help") return ExitStatus.usage;
    const { code, message, status } = interruption.signal.aborted ? interrupted : failureOf(error);
    if (argv.includes("--json")) stdout.write(`${JSON.stringify({ error: { code, message } }, null, 2)}\n`);
    stderr.write(`cameo: ${message}\n`);
    if ((argv.includes("--verbose") || argv.includes("-v")) && status === ExitStatus.internal)
      stderr.write(`${(error as Error).stack}\n`);
    return status;
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}

function program(context: Context): Command {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const command = new Command("cameo")
    .description("Turns portrait photos into 3D heads, and shows the heads from other sides.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      outputError: () => {}, // main prints errors, on one line
    })
    .addHelpText(
      "after",
      `
Examples:
  cameo reconstruct me.jpg -o heads
  cameo turn me.jpg --yaw 20 -o turned.png
  cameo models verify

Exit status: 0 done; 1 a photo could not be used; 2 wrong usage; 3 model files,
assets or ffmpeg missing or damaged; 4 output cannot be written; 70 a defect;
130 interrupted.`,
    );
  addReconstruct(command, context);
  addTurn(command, context);
  addTransfer(command, context);
  addModels(command, context);
  addSynth(command, context);
  addData(command, context);
  addTrain(command, context);
  addEval(command, context);
  return command;
}
