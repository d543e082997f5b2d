/** @file Known recipes for collapse: warnings, never refusals. */
import { upstream } from "../graph/upstream.ts";
import type { StageGraph } from "../graph/stage_graph.ts";
import type { Findings, Path } from "./diagnostic.ts";
import type {
  EmaStage,
  LossStage,
  Pipeline,
  Reference,
  Stage,
} from "./pipeline.ts";

/** A loss, and what stands on its two sides. */
interface Case {
  readonly pipeline: Pipeline;
  readonly name: string;
  readonly loss: LossStage;
}

interface Risk {
  readonly applies: (it: Case) => boolean;
  readonly at: (it: Case) => Path;
  readonly message: string;
  readonly hints: readonly string[];
}

const SIMSIAM = "Chen and He 2020, arXiv:2011.10566";
const BYOL = "Grill et al. 2020, arXiv:2006.07733";
const BARLOW = "Zbontar et al. 2021, arXiv:2103.03230";
const VICREG = "Bardes et al. 2021, arXiv:2105.04906";

/** Losses that a constant embedding minimises, with nothing in them against it. */
const ATTRACTING = new Set(["cosine", "mse"]);

/** Losses that look at each side by itself. */
const SPREADING = new Set(["variance", "covariance"]);

/** From this rate on Adam's steps are those of a recipe for LARS. */
const LARGE_ADAM_RATE = 0.03;

/** Losses that have a part in the sum. */
const losses = ({ stages }: Pipeline): readonly LossStage[] =>
  [...stages.values()].filter((stage): stage is LossStage =>
    stage.kind === "loss" && stage.weight > 0
  );

const hasLoss = ({ pipeline }: Case, name: string): boolean =>
  losses(pipeline).some(({ definition }) => definition.name === name);

/** Stages that a reference depends on, the referred one among them. */
const behind = ({ stages }: Pipeline, { stage }: Reference): Stage[] =>
  [...upstream(stages, stage)].map((name) => stages.get(name) as Stage);

const passesGradient = (pipeline: Pipeline, side: Reference): boolean => {
  const kind = pipeline.stages.get(side.stage)?.kind;
  return !side.stopGradient && kind === "module";
};

const bothTrain = ({ pipeline, loss }: Case): boolean =>
  loss.between.every((side) => passesGradient(pipeline, side));

const attracting = ({ loss }: Case): boolean =>
  loss.weight > 0 && ATTRACTING.has(loss.definition.name);

/** Nothing is in the sum but attraction. */
const alone = ({ pipeline }: Case): boolean =>
  losses(pipeline).every(({ definition }) => ATTRACTING.has(definition.name));

/** Nothing is in the sum but attraction and one other term. */
const besides = (it: Case, name: string): boolean =>
  attracting(it) && hasLoss(it, name) &&
  losses(it.pipeline).every(({ definition }) =>
    ATTRACTING.has(definition.name) || definition.name === name
  );

const twins = (
  { pipeline, loss }: Case,
): readonly (readonly [string, EmaStage])[] => {
  const read = new Set(
    loss.between.flatMap((side) => behind(pipeline, side)),
  );
  return [...pipeline.stages].filter((entry): entry is [string, EmaStage] =>
    entry[1].kind === "ema" && read.has(entry[1])
  );
};

/** Twins whose momentum never leaves a value. */
const heldAt = (it: Case, value: number): ReturnType<typeof twins> =>
  twins(it).filter(([, { momentum = it.pipeline.train.ema }]) =>
    momentum.from === value && momentum.to === value
  );

/** Where the momentum of the first of some twins is written. */
const momentumOf = ([first]: ReturnType<typeof twins>): Path =>
  first?.[1].momentum ? ["stages", first[0], "momentum"] : ["train", "ema"];

const hasPredictor = ({ pipeline, loss }: Case): boolean => {
  const depth = loss.between.map((side) =>
    behind(pipeline, side).filter(({ kind }) =>
      kind === "module" || kind === "ema"
    ).length
  );
  return depth[0] !== depth[1];
};

/** Predictors that a loss reads, by name. */
const predictors = ({ pipeline, loss }: Case): readonly string[] =>
  loss.between.map(({ stage }) => stage).filter((name) => {
    const stage = pipeline.stages.get(name);
    return stage?.kind === "module" && stage.role === "predict";
  });

/** An option of a built-in definition. */
const optionOf = (options: unknown, name: string): unknown =>
  (options as Readonly<Record<string, unknown>>)[name];

/** Predictors whose last layer has a batch norm. */
const normedPredictors = (it: Case): readonly string[] =>
  predictors(it).filter((name) => {
    const stage = it.pipeline.stages.get(name);
    return stage?.kind === "module" && stage.definition.name === "mlp" &&
      optionOf(stage.options, "batch_norm") === "all";
  });

const frozenPredictors = (it: Case): readonly string[] =>
  predictors(it).filter((name) =>
    it.pipeline.train.perStage.get(name)?.lr === 0
  );

const isCorrelation = ({ loss }: Case): boolean =>
  loss.weight > 0 && loss.definition.name === "cross_correlation";

const RISKS: readonly Risk[] = [
  {
    applies: (it) => attracting(it) && alone(it) && bothTrain(it),
    at: ({ name }) => ["stages", name, "between"],
    message:
      "Gradients flow into both sides of this loss, which a constant embedding minimises",
    hints: [
      `SimSiam without stop-gradient collapses: 0.1 % linear accuracy against 67.7 % (${SIMSIAM}, table 1)`,
      "write stop_gradient(...) around the target, or compare with an EMA twin",
    ],
  },
  {
    applies: (it) => attracting(it) && alone(it) && !hasPredictor(it),
    at: ({ name }) => ["stages", name, "between"],
    message: "Both sides of this loss are equally deep: there is no predictor",
    hints: [
      `without a predictor SimSiam reaches 0.1 % (${SIMSIAM}, table 2) and BYOL 0.2 % (${BYOL}, table 5)`,
      "put a `predict` stage on the side that gradients reach",
    ],
  },
  {
    applies: (it) => attracting(it) && frozenPredictors(it).length > 0,
    at: (it) => ["train", "per_stage", frozenPredictors(it)[0] ?? "", "lr"],
    message: "A predictor that is not trained predicts nothing",
    hints: [
      `SimSiam with its predictor fixed at random reaches 1.5 % against 67.7 % (${SIMSIAM}, table 2)`,
    ],
  },
  {
    applies: (it) =>
      attracting(it) && alone(it) && normedPredictors(it).length > 0,
    at: (it) => ["stages", normedPredictors(it)[0] ?? "", "batch_norm"],
    message: "Batch norm on the predictor's output makes training unstable",
    hints: [
      `SimSiam oscillates with it and reaches 68.1 % without (${SIMSIAM}, table 3)`,
      "write `batch_norm: hidden` in the predictor",
    ],
  },
  {
    applies: (it) => attracting(it) && heldAt(it, 0).length > 0,
    at: (it) => momentumOf(heldAt(it, 0)),
    message:
      "An EMA momentum of 0 makes the target a copy of the online network",
    hints: [`BYOL reaches 0.3 % with it, 72.5 % with 0.99 (${BYOL}, table 5)`],
  },
  {
    applies: (it) => heldAt(it, 1).length > 0,
    at: (it) => momentumOf(heldAt(it, 1)),
    message:
      "An EMA momentum of 1 never moves the target from its first weights",
    hints: [`BYOL reaches 18.8 % with it, 72.5 % with 0.99 (${BYOL}, table 5)`],
  },
  {
    applies: (it) =>
      attracting(it) && alone(it) &&
      !it.loss.between.some((side) =>
        behind(it.pipeline, side).some((stage) =>
          stage.kind === "module" && stage.role !== "encode" &&
          (stage.definition.name !== "mlp" ||
            optionOf(stage.options, "batch_norm") !== "none")
        )
      ),
    at: ({ name }) => ["stages", name],
    message: "No head has batch norm",
    hints: [
      `without it SimSiam reaches 34.6 % against 68.1 % (${SIMSIAM}, table 3)`,
    ],
  },
  {
    applies: (it) => {
      const { definition, options } = it.pipeline.train.optimizer;
      return attracting(it) && alone(it) && /^adamw?$/.test(definition.name) &&
        Number(optionOf(options, "lr")) >= LARGE_ADAM_RATE;
    },
    at: ({ pipeline: { train } }) => [
      "train",
      "optimizer",
      train.optimizer.definition.name,
      "lr",
    ],
    message: "This rate is one for LARS or SGD: Adam's steps are far larger",
    hints: [
      "BYOL with Adam at LARS's rate of 0.2 left 80 % of its features at 0 (https://github.com/lucidrains/byol-pytorch/issues/44)",
      "Adam's rates are about 0.0003 to 0.003",
    ],
  },
  {
    applies: (it) =>
      isCorrelation(it) && optionOf(it.loss.options, "lambda") === 0,
    at: ({ name }) => ["stages", name, "lambda"],
    message: "Without the redundancy term all features may tell the same",
    hints: [
      `Barlow Twins reaches 57.3 % with the invariance term alone, 71.4 % with both (${BARLOW}, table 5)`,
    ],
  },
  {
    applies: (it) =>
      isCorrelation(it) && optionOf(it.loss.options, "invariance") === 0,
    at: ({ name }) => ["stages", name, "invariance"],
    message: "Without the invariance term nothing pulls views together",
    hints: [
      `Barlow Twins reaches 0.1 % with the redundancy term alone, 71.4 % with both (${BARLOW}, table 5)`,
    ],
  },
  {
    applies: ({ pipeline, loss }) =>
      losses(pipeline).every(({ definition }) =>
        SPREADING.has(definition.name)
      ) && losses(pipeline)[0] === loss,
    at: ({ name }) => ["stages", name],
    message: "Nothing in this sum pulls the views of an image together",
    hints: [
      `VICReg collapses without its invariance term; 68.6 % with all three terms (${VICREG}, table 7)`,
      "add `{ loss: mse, between: [z, z], normalize: false }`",
    ],
  },
  {
    applies: (it) => besides(it, "covariance") && bothTrain(it),
    at: ({ name }) => ["stages", name],
    message: "Without a variance term a constant embedding minimises this sum",
    hints: [
      `VICReg collapses without it; 68.6 % with all three terms (${VICREG}, table 7)`,
      "add `{ loss: variance, between: [z, z] }`",
    ],
  },
  {
    applies: (it) =>
      besides(it, "variance") && bothTrain(it) && !hasPredictor(it),
    at: ({ name }) => ["stages", name],
    message: "Without a covariance term all features may tell the same",
    hints: [
      `VICReg reaches 57.5 % without it, 68.6 % with all three terms (${VICREG}, table 7)`,
      "add `{ loss: covariance, between: [z, z], weight: 0.04 }`",
    ],
  },
];

/** Warns of what the papers saw collapse; of each place once. */
export function findRisks(
  pipeline: Pipeline,
  graph: StageGraph,
  findings: Findings,
): void {
  const said = new Set<string>();
  for (const { name, stage } of graph.order) {
    if (stage.kind !== "loss") continue;
    const it: Case = { pipeline, name, loss: stage };
    for (const { applies, at, message, hints } of RISKS) {
      if (!applies(it)) continue;
      const path = at(it);
      const key = JSON.stringify([path, message]);
      if (said.has(key)) continue;
      said.add(key);
      findings.warn("collapse-risk", path, message, { hints });
    }
  }
}
