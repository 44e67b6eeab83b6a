import { z } from "zod";

const positive = z.number().positive();
const count = z.number().int().positive();
const weight = z.number().min(0);

const schedule = z.strictObject({
  kind: z.enum(["constant", "cosine", "linear", "steps"]).default("cosine"),
  warmup: z.number().int().min(0).default(0),
  from: z.number().min(0).max(1).default(0),
  final: z.number().min(0).max(1).default(0),
  at: z.array(z.number().min(0).max(1)).default([]),
  factor: positive.default(0.1),
});

const plainData = [
  z.strictObject({ kind: z.literal("shapes"), count: count.default(4096), seed: z.number().int().default(1) }),
  z.strictObject({ kind: z.literal("folder"), path: z.string().min(1) }),
  z.strictObject({
    kind: z.literal("synthetic"),
    /** Folder of the MakeHuman head pack; the environment variable CAMEO_ASSETS unless given. */
    assets: z.string().min(1).optional(),
    seed: z
      .number()
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .default(1),
    /** Portraits per epoch; nothing is stored, so there may be as many as the run takes. */
    count: count.default(1_000_000),
    framing: z.enum(["head", "photo", "face", "parse"]).default("head"),
  }),
  z.strictObject({
    kind: z.literal("portraits"),
    path: z.string().min(1),
    /** Samples made of each portrait: all but the first are turned, scaled, shifted and recoloured a little. */
    variants: count.default(1),
    /** What the crop about the face shows of each, in place of all. */
    crop: z.literal("face").optional(),
  }),
  /** What `cameo data prepare` wrote. */
  z.strictObject({
    kind: z.literal("photos"),
    path: z.string().min(1),
    /** Samples made of each face: all but the first are turned, scaled, shifted and recoloured a little, half of them mirrored. */
    variants: count.default(1),
  }),
  /** What `cameo data pairs` wrote. */
  z.strictObject({ kind: z.literal("pairs"), path: z.string().min(1) }),
] as const;

const data = z.discriminatedUnion("kind", [
  ...plainData,
  z.strictObject({
    kind: z.literal("mixed"),
    parts: z.array(z.strictObject({ share: positive, data: z.discriminatedUnion("kind", plainData) })).min(1),
  }),
]);

const common = {
  /** Folder of the run: checkpoints, metrics, curves, sample pictures. */
  out: z.string().min(1),
  seed: z.number().int().default(0),
  /** A checkpoint of another run of the same network, to start from: pictures may be of another size. */
  from: z.string().min(1).optional(),
  data,
  /** Data never trained on; the best checkpoint is the one with the lowest loss on it. */
  validation: data.optional(),
  /** Samples of the validation data that are looked at each time. */
  validationSamples: count.default(64),
  /** Side of the pictures in pixels. */
  size: count.default(256),
  batch: count.default(8),
  /** Batches whose mean gradient makes one step. */
  accumulate: count.default(1),
  /** 0 saves the weights that a run begins with. */
  steps: z.number().int().min(0),
  rate: positive.default(1e-4),
  schedule: schedule.prefault({}),
  adam: z
    .strictObject({
      beta1: z.number().min(0).lt(1).default(0.9),
      beta2: z.number().min(0).lt(1).default(0.999),
      epsilon: positive.default(1e-8),
      weightDecay: weight.default(0),
      decoupled: z.boolean().default(false),
    })
    .prefault({}),
  clipNorm: positive.optional(),
  /** Decay of an exponential moving average of weights and running statistics, which is what is validated and exported. */
  average: z.number().gt(0).lt(1).optional(),
  /** Every how many steps: a line of metrics, a sample picture, a checkpoint with validation. */
  logEvery: count.default(10),
  sampleEvery: count.default(500),
  checkpointEvery: count.default(500),
  /** Checkpoints kept, beside the best one. */
  keep: count.default(3),
  provider: z.enum(["cpu", "webgpu", "cuda"]).default("cpu"),
  threads: count.optional(),
  /** Threads that read data; 0 reads in the main thread. */
  workers: z.number().int().min(0).default(1),
};

const depth = z.strictObject({
  task: z.literal("depth"),
  ...common,
  network: z
    .strictObject({
      width: count.default(64),
      /** Depth that the network sees beside the picture: of the fitted face (paper), of the whole fitted head model, or none. */
      condition: z.enum(["face", "model", "none"]).default("face"),
      /** Whether it sees which region is to be estimated (as in the authors' code, not in the paper). */
      mask: z.boolean().default(true),
    })
    .prefault({}),
  /** Weights of the paper's losses, for depth in dm and colours in [0, 1]; `target` and `slope` need known depth, `colour` and `gradient` pairs. */
  losses: z
    .strictObject({
      colour: weight.default(0),
      gradient: weight.default(0),
      smooth: weight.default(100),
      face: weight.default(500),
      layer: weight.default(100),
      target: weight.default(500),
      slope: weight.default(0),
    })
    .prefault({}),
});

const parse = z.strictObject({
  task: z.literal("parse"),
  ...common,
  network: z
    .strictObject({
      labels: count.max(255).default(6),
      channels: z.array(count).min(1).default([24, 48, 80, 128, 160]),
    })
    .prefault({}),
  losses: z.strictObject({ crossEntropy: weight.default(1), dice: weight.default(0.5) }).prefault({}),
});

const face = z.strictObject({
  task: z.literal("face"),
  ...common,
  network: z
    .strictObject({
      body: z.enum(["resnet18", "resnet50"]).default("resnet50"),
      width: count.default(64),
      features: z.enum(["pooled", "landmarks"]).default("pooled"),
      /** Values per group, in the order in which they stand in the vector `coefficients` of a sample. */
      heads: z
        .record(z.string(), count)
        .default({ identity: 80, expression: 64, texture: 80, light: 9, rotation: 4, translation: 3 }),
    })
    .prefault({}),
  /** Folder of the model bundle with the head model that the coefficients are of; the library's own unless given. */
  models: z.string().min(1).optional(),
  /** Weights. Groups of `network.heads` that are none of these have the weight 1 unless one is named. */
  losses: z
    .object({
      // Where coefficients are known, mm², squared reflectance, squared irradiance, degrees² and pixels² of a crop of 224.
      shape: weight.default(0.02),
      identity: weight.default(0.005),
      expression: weight.default(0.005),
      texture: weight.default(10),
      light: weight.default(1),
      rotation: weight.default(0.01),
      translation: weight.default(0.004),
      // On all pictures: pixels² of a crop of 224, and what needs no truth at all.
      landmarks: weight.default(0.004),
      // The same of landmarks that the network itself finds.
      found: weight.default(0.02),
      photometric: weight.default(0),
      perceptual: weight.default(0),
      coefficients: weight.default(0),
      flatness: weight.default(0),
      lightColour: weight.default(0),
    })
    .catchall(weight)
    .prefault({}),
});

const refine = z.strictObject({
  task: z.literal("refine"),
  ...common,
  /** Generator and discriminator take turns, one batch each. */
  accumulate: z.literal(1).default(1),
  network: z
    .strictObject({
      filters: count.default(16),
      halvings: count.default(3),
      blocks: count.default(6),
      /** Whether the decoder sees the encoder's maps, and the last convolution the input (not in the paper). */
      skips: z.boolean().default(true),
      /** Whether the generator is told where the holes are (not in the paper: it sees them as 0). */
      mask: z.boolean().default(true),
      /** Whether holes are filled by push–pull first, for the generator to make the difference (not in the paper: they are 0). */
      fill: z.boolean().default(true),
      /** What is made: the whole picture (paper), or the holes alone, put over the input (the paper's ablation). */
      output: z.enum(["whole", "holes"]).default("whole"),
      discriminatorFilters: count.default(32),
      scales: count.default(2),
    })
    .prefault({}),
  /** Whether coarse views, of which no truth is known, take turns with pictures with holes. */
  unpaired: z.boolean().default(true),
  /** Weights of the paper's losses, for colours in [−1, 1]. */
  losses: z
    .strictObject({
      colour: weight.default(1),
      perceptual: weight.default(1),
      adversarial: weight.default(0.1),
    })
    .prefault({}),
  /** Folder of the model bundle with the face descriptor, for the perceptual loss; the library's own unless given. */
  models: z.string().min(1).optional(),
  /** The feature network of the perceptual loss (VGG-19), an ONNX file; the bundle's face descriptor unless given. */
  perceptual: z
    .strictObject({
      model: z.string().min(1),
      /** What is subtracted from, and divides, each channel of a picture in [0, 1] first. */
      mean: z.tuple([z.number(), z.number(), z.number()]).default([0.485, 0.456, 0.406]),
      deviation: z.tuple([positive, positive, positive]).default([0.229, 0.224, 0.225]),
    })
    .optional(),
});

const schema = z.discriminatedUnion("task", [face, depth, refine, parse]);

/** A training run, as its file says it, with defaults filled in. */
export type TrainConfig = z.output<typeof schema>;
export type DepthConfig = z.output<typeof depth>;
export type ParseConfig = z.output<typeof parse>;
export type FaceConfig = z.output<typeof face>;
export type RefineConfig = z.output<typeof refine>;

/** Checks a configuration and fills in defaults. @throws naming each wrong field and what is allowed there */
export function parseConfig(value: unknown, name = "configuration"): TrainConfig {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => {
    const field = path.join(".") || "the whole";
    return `  ${field}: ${message}`;
  });
  throw new ConfigError(`The ${name} has ${problems.length === 1 ? "an error" : "errors"}:\n${problems.join("\n")}`);
}

export class ConfigError extends Error {
  override name = "ConfigError";
}
