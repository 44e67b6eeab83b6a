import type { Command } from "commander";
import type { Context } from "../context.ts";
import type { ExitStatus } from "../exit.ts";

export function addTrain(program: Command, context: Context): void {
  program
    .command("train")
    .summary("train a network on your own data")
    // Its options and its help are those of @cameo/train, which is loaded only here.
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (_options: unknown, { args }: Command) => {
      const { runTrain } = await import("@cameo/train");
      // Its exit codes mean what ours do.
      context.status = (await runTrain(args, context.stdout, context.stderr)) as ExitStatus;
    });
}
