import { CameoError, type ModelBundle, openNodeBundle } from "cameo";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { ExitStatus } from "../exit.ts";
import { addModelsOption, addOutputOptions, type RunOptions } from "../options.ts";
import { table } from "../table.ts";

type Options = Pick<RunOptions, "models" | "json">;

export function addModels(program: Command, context: Context): void {
  const command = program
    .command("models")
    .summary("list or check the model files")
    .description("Lists or checks the model files: the morphable head model and the networks.");
  const add = (name: string, description: string, run: (options: Options, context: Context) => Promise<void>) => {
    const subcommand = command.command(name).description(description);
    addModelsOption(subcommand);
    addOutputOptions(subcommand);
    subcommand.action((options: Options) => run(options, context));
  };
  add("list", "Print the name, size, origin and licence of each model.", list);
  add("verify", "Compare each model file with its checksum; exit status 3 if one is missing or differs.", verify);
  command.addHelpText(
    "after",
    `
Examples:
  cameo models list
  cameo models verify --models ./my-models`,
  );
}

async function list({ models, json }: Options, { stdout }: Context): Promise<void> {
  const bundle = await open(models);
  if (json) {
    stdout.write(`${JSON.stringify({ models: bundle.models }, null, 2)}\n`);
    return;
  }
  const rows = bundle.models.map(({ name, bytes, licence, source }) => [
    name,
    `${(bytes / 1e6).toFixed(1)} MB`,
    licence,
    source,
  ]);
  for (const line of table([["name", "size", "licence", "source"], ...rows])) stdout.write(`${line}\n`);
}

async function verify({ models, json }: Options, context: Context): Promise<void> {
  const { stdout } = context;
  const checked = await (await open(models)).verify();
  const results = checked.map(({ entry, problem }) => ({ name: entry.name, ok: problem === undefined, problem }));
  if (json) stdout.write(`${JSON.stringify({ models: results }, null, 2)}\n`);
  else for (const { name, problem } of results) stdout.write(`${name}: ${problem ?? "ok"}\n`);
  if (results.some(({ ok }) => !ok)) context.status = ExitStatus.models;
}

const open = (folder: string | undefined): Promise<ModelBundle> =>
  openNodeBundle(folder).catch((cause: Error) => {
    throw new CameoError("models", cause.message, { cause });
  });
