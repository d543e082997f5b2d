/** @file Schemas of the sections that no stage defines: train, monitor, evaluate. */
import { z } from "zod";
import { ITERATIONS, PENALTIES } from "../../model/probe.ts";
import { ACTIONS } from "../../monitor/policy.ts";
import { choice } from "../../stages/choice.ts";
import { ramp } from "../../stages/ramp.ts";

/** Options of every schedule. */
const WARM_UP = {
  warmup: z.number().min(0).default(0).describe("Epochs of linear warm-up"),
  first: z.number().min(0).max(1).optional().describe(
    "Factor that the warm-up begins at; 0 by default",
  ),
};

const start = z.number().min(0).max(100_000).optional().describe(
  "Epoch at which it begins, of a run that went on with a new cycle",
);

/** A schedule that falls without a step. */
const falling = z.strictObject({
  ...WARM_UP,
  final: z.number().min(0).max(1).default(0).describe("Factor at its end"),
  epochs: z.number().positive().max(100_000).optional().describe(
    "Epochs that it takes, with its warm-up; those of the run by default. A longer one is cut off by the run's end, a shorter one stays at `final`",
  ),
  start,
});

/** Options of the learning-rate schedules, by name. */
export const SCHEDULES = {
  cosine: falling,
  linear: falling,
  multistep: z.strictObject({
    ...WARM_UP,
    milestones: z.array(z.number().positive().max(100_000)).min(1).describe(
      "Epochs after which it falls, such as [60, 80]",
    ),
    gamma: z.number().gt(0).lt(1).default(0.1).describe(
      "What it is multiplied by after each of them",
    ),
    start,
  }),
  constant: z.strictObject(WARM_UP),
} as const;

/** EMA momentum: a share, constant or changing. */
export const momentum = ramp(z.number().min(0).max(1));

/** Weight decay, constant or changing. */
export const decay = ramp(z.number().min(0).max(1));

/** `data.share`: fewer images to train on. */
export const share = z.number().gt(0).max(1).describe(
  "Share of the images to train on that is trained on, such as 0.01: of each class, at least one, drawn by the seed; images to test with stay",
);

const seen = choice({
  all: "the whole batch, whatever their number",
  per_replica: "each device its own rows",
});

/** Keys of `train`; nested choices are read apart. */
export const train = z.strictObject({
  epochs: z.number().positive().max(100_000).optional().describe(
    "Passes over the data; give this or `steps`",
  ),
  steps: z.int().min(1).max(1e9).optional().describe(
    "Steps of the run; give this or `epochs`",
  ),
  optimizer: z.unknown().describe(
    "One optimizer with its options, such as { sgd: { lr: 0.1 } }",
  ),
  schedule: z.unknown().optional().describe(
    "Learning-rate schedule: constant, or such as { cosine: { warmup: 10 } }",
  ),
  ema: momentum.default(0.99).describe(
    "EMA momentum of all twins: a number, or { from, to }; 0.99 by default (MoCo has 0.999, BYOL 0.996 to 1)",
  ),
  clip: z.union([
    z.number().positive(),
    z.strictObject({
      each: z.number().positive().describe(
        "Most length of the gradient of each weight by itself, as the code of DINO and iBOT has it",
      ),
    }),
  ]).optional().describe(
    "Most length (2-norm) of the gradient of all trained weights together, or `{ each: 3 }` of each by itself; a longer one is scaled down",
  ),
  accumulate: z.int().min(1).max(10_000).default(1).describe(
    "Parts that a batch is computed in, one after another, for batches that memory cannot hold; it divides `data.batch`",
  ),
  replicas: z.strictObject({
    batch_norm: seen.default("all").describe(
      "Rows that batch norms take their statistics of",
    ),
    losses: seen.default("all").describe("Rows that losses compare"),
  }).optional().describe(
    "What is seen of a batch that several devices share (`--replicas`): `all` of it, by default, so that their number changes nothing; or `per_replica`, each its own rows",
  ),
  per_stage: z.record(z.string(), z.unknown()).default({}).describe(
    "Settings for single stages",
  ),
  precision: choice({
    float32: "4 bytes a number",
    bfloat16: "2 bytes a number, of 8 bits of precision",
  }).default("float32").describe(
    "What activations are kept in; products of layers are computed in it where the device is faster at that",
  ),
});

/** Settings of one stage in `train.per_stage`. */
export const perStage = z.strictObject({
  lr: z.number().min(0).max(1e6).optional().describe(
    "Learning rate in place of the optimizer's",
  ),
  schedule: z.unknown().optional().describe(
    "Schedule in place of the run's",
  ),
  optimizer: z.unknown().optional().describe(
    "One optimizer with its options, in place of the run's",
  ),
  weight_decay: decay.optional().describe(
    "Weight decay in place of the optimizer's",
  ),
  layer_decay: z.number().positive().max(1).optional().describe(
    "Factor of the learning rate from each layer to the one before it, so that early layers move less",
  ),
  freeze: z.union([z.literal(true), z.number().positive()]).optional().describe(
    "Epochs from the start in which nothing of the stage moves; `true`: it never does",
  ),
  statistics: choice({
    frozen: "the running statistics that they have, which stay as they are",
  }).optional().describe("What its batch norms normalise by"),
  replicas: seen.optional().describe(
    "What it sees of a batch that several devices share, in place of `train.replicas`",
  ),
});

const action = choice(ACTIONS);

/** Keys of `monitor`. */
export const monitor = z.strictObject({
  collapse: action.default("stop").describe(
    "What to do when all embeddings become alike",
  ),
  dimensional_collapse: action.optional().describe(
    "What to do when embeddings vary in few directions only; as `collapse` by default",
  ),
  prototype_collapse: action.optional().describe(
    "What to do when the targets of a loss over prototypes are alike for all images; as `collapse` by default",
  ),
  divergence: action.optional().describe(
    "What to do when numbers overflow or gradients grow beyond measure; as `collapse` by default",
  ),
  stuck_at_uniform: action.optional().describe(
    "What to do when a contrastive loss stays at that of a guess; warn by default",
  ),
  not_learning: action.optional().describe(
    "What to do when the loss does not fall; warn by default",
  ),
  patience: z.int().min(1).max(1000).default(3).describe(
    "Checks in a row that must find a fault before it is believed",
  ),
  of: z.string().optional().describe(
    "Stage whose embeddings are watched; by default what the first loss compares with",
  ),
  every: z.int().min(1).max(100_000).default(20).describe(
    "Steps between two checks, at most; an epoch has at least one",
  ),
});

const metricName = z.string().min(1).describe(
  "A key of metrics.jsonl, such as loss; its mean since a checkpoint was due before counts",
);

/** Which checkpoint is the best. */
export const best = z.union([
  z.strictObject({ min: metricName }),
  z.strictObject({ max: metricName }),
]);

/** Keys of `checkpoint`. */
export const checkpoint = z.strictObject({
  every: z.number().positive().default(10).describe(
    "Epochs between two checkpoints; the end of the run is always one",
  ),
  keep: z.int().min(1).max(1000).default(2).describe(
    "Newest checkpoints that stay",
  ),
  best: best.optional().describe(
    "Keeps one more: the best by a metric, { min: loss } or { max: effective_rank }",
  ),
});

/** Keys of `evaluate.knn`. */
export const knn = z.strictObject({
  k: z.int().min(1).max(10_000).default(20).describe("Neighbours that vote"),
  temperature: z.number().min(1e-3).max(10).default(0.1).describe(
    "Of the votes' weights exp(similarity / temperature)",
  ),
});

const penalty = z.number().min(1e-6).max(1e6);

/** Keys of `evaluate.linear`. */
export const linear = z.strictObject({
  c: z.union([penalty, z.array(penalty).min(1).max(20)]).default([
    ...PENALTIES,
  ]).describe(
    "Penalties to choose from by held-out training images, as scikit-learn's C: less is stronger",
  ),
  iterations: z.int().min(1).max(100_000).default(ITERATIONS).describe(
    "Most steps of the solver, which ends before when it has converged",
  ),
});

/** Keys of a probe that did not converge, of files that were written for it. */
export const OLD_LINEAR: readonly string[] = ["epochs", "lr", "batch"];

/** Keys of `evaluate`. */
export const evaluate = z.strictObject({
  of: z.string().optional().describe(
    "Network whose features are judged; the first `encode` by default",
  ),
  data: z.record(z.string(), z.unknown()).optional().describe(
    "Labelled images to judge by, where those to train on have no labels: a source with its options, of the same size",
  ),
  classifier: z.string().optional().describe(
    "Stage of logits, such as a `predict`: the share of test images whose largest is that of their class is a score, too",
  ),
  every: z.number().positive().max(100_000).optional().describe(
    "Epochs between two judgements while it trains; without it, at the end alone",
  ),
  knn: z.union([z.literal(false), knn]).default(knn.parse({})).describe(
    "Weighted k-nearest-neighbour accuracy, or false",
  ),
  linear: z.union([z.literal(false), linear]).default(linear.parse({}))
    .describe("Linear-probe accuracy, or false"),
});

/** `init`: weights by the stage that begins with them. */
export const init = z.record(
  z.string(),
  z.string().min(1).describe(
    "Folder of a run, one of its checkpoints, or a safetensors file",
  ),
).describe(
  "Weights that stages begin with in place of drawn ones, with torchvision's or timm's names, or a run's",
);

/** What the papers report of a sweep's points. */
export const paper = z.strictObject({
  figure: z.string().min(1).optional().describe(
    "What the figures are, such as linear accuracy on ImageNet",
  ),
  unit: z.string().min(1).optional().describe("Unit of the figures, such as %"),
  source: z.string().min(1).optional().describe("Paper, address and tables"),
  figures: z.record(z.string(), z.union([z.number(), z.string().min(1)]))
    .default({}).describe(
      "Figures by the names of points or of rows: a number, or a word such as collapse",
    ),
});

export { track } from "../../track/settings.ts";

/** Keys of `sweep`; points and grid are read apart. */
export const sweep = z.strictObject({
  paper: paper.default({ figures: {} }).describe(
    "What the papers report, for the column beside ours",
  ),
  points: z.unknown().optional().describe(
    "Points by name, or a list of points: what each changes",
  ),
  grid: z.unknown().optional().describe(
    "Keys with lists of values; every combination is a point",
  ),
});

/** Keys of a pipeline. */
export const TOP_LEVEL = [
  "extends",
  "variables",
  "sweep",
  "name",
  "seed",
  "data",
  "stages",
  "init",
  "train",
  "monitor",
  "checkpoint",
  "evaluate",
  "track",
] as const;
