import type { Command } from "commander";
import type { Context } from "../context.ts";
import { addDepth } from "./eval/depth.ts";
import { addPhotos } from "./eval/photos.ts";
import { addReport } from "./eval/report.ts";
import { addSynthetic } from "./eval/synthetic.ts";

export function addEval(program: Command, context: Context): void {
  const command = program
    .command("eval")
    .summary("measure how well heads are reconstructed")
    .description("Measures how well heads are reconstructed.");
  addPhotos(command, context);
  addSynthetic(command, context);
  addDepth(command, context);
  addReport(command, context);
}
