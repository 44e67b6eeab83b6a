import type { TrainConfig } from "../config.ts";
import type { Fields } from "../data/source.ts";
import { depthTask } from "./depth.ts";
import { faceTask } from "./face.ts";
import { parseTask } from "./parse.ts";
import { refineTask } from "./refine.ts";
import type { Trainer } from "./task.ts";

/** What each sample of a run must have. */
export function taskFields(config: TrainConfig): Fields {
  switch (config.task) {
    case "depth":
      return depthTask.fields(config);
    case "face":
      return faceTask.fields(config);
    case "parse":
      return parseTask.fields(config);
    case "refine":
      return refineTask.fields(config);
  }
}

/** Builds the networks of a run. */
export function createTrainer(config: TrainConfig): Promise<Trainer> {
  switch (config.task) {
    case "depth":
      return depthTask.create(config);
    case "face":
      return faceTask.create(config);
    case "parse":
      return parseTask.create(config);
    case "refine":
      return refineTask.create(config);
  }
}
