import type { TrainConfig } from "../config.ts";
import type { Fields } from "../data/source.ts";
import { depthTask } from "./depth.ts";
import { faceTask } from "./face.ts";
import { parseTask } from "./parse.ts";
import { refineTask } from "./refine.ts";
import type { InferenceGraph, Trainer } from "./task.ts";

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

/** The network of a run in the form that is exported, for a batch of `count` pictures. */
export function inferenceGraph(config: TrainConfig, count: number): InferenceGraph {
  switch (config.task) {
    case "depth":
      return depthTask.network(config, count);
    case "face":
      return faceTask.network(config, count);
    case "parse":
      return parseTask.network(config, count);
    case "refine":
      return refineTask.network(config, count);
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
