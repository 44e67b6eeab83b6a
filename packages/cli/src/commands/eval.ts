import type { Command } from "commander";
import type { Context } from "../context.ts";
import { addDepth } from "./eval/depth.ts";
import { addFace } from "./eval/face.ts";
import { addPhotos } from "./eval/photos.ts";
import { addReport } from "./eval/report.ts";
import { addSimilarity } from "./eval/similarity.ts";
import { addSynthetic } from "./eval/synthetic.ts";
import { addViews } from "./eval/views.ts";

export function addEval(program: Command, context: Context): void {
  const command = program
    .command("eval")
    .summary("measure how well heads are reconstructed and turned")
    .description("Measures how well heads are reconstructed and turned.");
  addPhotos(command, context);
  addSynthetic(command, context);
  addFace(command, context);
  addDepth(command, context);
  addSimilarity(command, context);
  addViews(command, context);
  addReport(command, context);
}
