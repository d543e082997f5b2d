/** @file What a method has, read off its stages. */
import type { Pipeline, Stage } from "../../lib/model/pipeline.ts";
import { kindOf } from "../../lib/model/stage_kind.ts";

/** Stages that a stage reads, with how. */
const references = ({ inputs }: Stage) =>
  [...inputs.values()].flatMap(({ references }) => references);

/** Whether batch norm stands in a head. */
function normalises(stage: Stage): boolean {
  const { part } = kindOf(stage);
  const options = stage.options as Readonly<Record<string, unknown>>;
  return part !== undefined && part !== "encoder" &&
    "batch_norm" in options && options["batch_norm"] !== "none" &&
    options["norm"] !== "group";
}

type Stages = Pipeline["stages"];

/** Keys of stages through which no gradient flows: twins, targets, neighbours. */
const STILL: ReadonlySet<string> = new Set([
  "stop_gradient",
  "ema",
  "target",
  "nearest",
]);

/**
 * Whether a stage stands on one side alone. Prototypes score both sides, and a
 * classifier's side is the labels.
 */
function predicts(stage: Stage, all: Stages, name: string): boolean {
  const classifies = [...all.values()].some((reader) =>
    reader.inputs.has("labels") &&
    references(reader).some(({ stage }) => stage === name)
  );
  return kindOf(stage).part === "predictor" && !classifies &&
    stage.definition.name !== "prototypes";
}

/** Something that a method has or not, and how to tell. */
export interface Trait {
  readonly name: string;
  /** What it is, in a sentence. */
  readonly means: string;
  of(stage: Stage, all: Stages, name: string): boolean;
}

/** In the order of the tables. */
export const TRAITS: readonly Trait[] = [
  {
    name: "negatives",
    means: "other images are pushed away: of the batch, or of a queue",
    of: ({ definition }) => definition.contrasts === true,
  },
  {
    name: "queue",
    means: "rows of earlier batches are kept",
    of: ({ key }) => key === "queue",
  },
  {
    name: "EMA twin",
    means: "a moving average of the weights gives the targets",
    of: ({ key }) => key === "ema",
  },
  {
    name: "predictor",
    means: "a network on one side alone",
    of: predicts,
  },
  {
    name: "stop-gradient",
    means:
      "no gradient flows into one side: it is stopped there, or the side is a twin's, a target or a neighbour",
    of: (stage) =>
      STILL.has(stage.key) ||
      references(stage).some(({ stopGradient }) => stopGradient),
  },
  {
    name: "target",
    means: "scores are made into a distribution to match: centred or balanced",
    of: ({ key }) => key === "target",
  },
  {
    name: "whitening",
    means: "features are made uncorrelated over the batch",
    of: ({ key }) => key === "whiten",
  },
  {
    name: "spread term",
    means:
      "a loss beside the one that pulls views together keeps features from being constant or alike",
    of: ({ definition }) =>
      definition.objective === true && definition.spreads !== undefined,
  },
  {
    name: "masks",
    means: "parts of an image are hidden",
    of: ({ key }) => key === "mask",
  },
  {
    name: "batch norm in heads",
    means: "projector or predictor normalise over the batch",
    of: normalises,
  },
  {
    name: "labels",
    means: "classes of the images are needed",
    of: (stage) => references(stage).some(({ stage }) => stage === "label"),
  },
];

/** Names of what a pipeline has. */
export function traitsOf({ stages }: Pick<Pipeline, "stages">): string[] {
  const all = [...stages];
  return TRAITS.filter((trait) =>
    all.some(([name, stage]) => trait.of(stage, stages, name))
  ).map(({ name }) => name);
}

/** Stages that are terms of what training minimises. */
export const lossesOf = ({ stages }: Pick<Pipeline, "stages">): Stage[] =>
  [...stages.values()].filter(({ definition }) => definition.objective);
