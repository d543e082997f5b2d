/** @file Known recipes for collapse: warnings, never refusals. */
import type { Findings, Path } from "../../diagnostics/diagnostic.ts";
import { trainedBelow } from "../../graph/forward.ts";
import {
  isObjective,
  type StageGraph,
  type WiredStage,
} from "../../graph/stage_graph.ts";
import { upstream } from "../../graph/upstream.ts";
import type { Pipeline, Reference } from "../../model/pipeline.ts";
import { kindOf } from "../../model/stage_kind.ts";
import type { StageKind } from "../../stages/define.ts";
import { isRamp, type Rampable } from "../../stages/ramp.ts";

/** A loss, and what stands around it. */
interface Case {
  readonly pipeline: Pipeline;
  readonly graph: StageGraph;
  /** Stages whose values depend on trained weights. */
  readonly learns: ReadonlySet<string>;
  readonly name: string;
  readonly loss: WiredStage;
}

interface Risk {
  readonly applies: (it: Case) => boolean;
  readonly at: (it: Case) => Path;
  readonly message: string;
  readonly hints: readonly string[];
}

const SIMSIAM = "Chen and He 2020, arXiv:2011.10566";
const BYOL = "Grill et al. 2020, arXiv:2006.07733";
const VICREG = "Bardes et al. 2021, arXiv:2105.04906";

/** From this rate on Adam's steps are those of a recipe for LARS. */
const LARGE_ADAM_RATE = 0.03;

/** Losses that have a part in the sum. */
const losses = ({ order }: StageGraph): readonly WiredStage[] =>
  order.filter(({ stage }) => isObjective(stage) && stage.weight !== 0);

const hasLoss = ({ graph }: Case, spreads: "variance" | "covariance") =>
  losses(graph).some(({ stage }) => stage.definition.spreads === spreads);

/** What a loss compares; empty where it does not compare sides. */
function sidesOf(
  { stage: { definition, inputs } }: WiredStage,
): readonly Reference[] {
  const [main] = Object.entries(definition.inputs);
  const compares = main?.[1].sides !== undefined;
  return compares ? inputs.get(main[0])?.references ?? [] : [];
}

/** Where the sides are written. */
const between = ({ name, loss }: Case): Path => [
  "stages",
  name,
  Object.keys(loss.stage.definition.inputs)[0] ?? "",
];

/** Stages that a reference depends on, the referred one among them. */
const behind = (
  { pipeline: { stages }, graph }: Case,
  { stage }: Reference,
): WiredStage[] =>
  [...upstream(stages, stage)].flatMap((name) => graph.byName.get(name) ?? []);

const passesGradient = ({ learns }: Case, side: Reference): boolean =>
  !side.stopGradient && learns.has(side.stage);

const bothTrain = (it: Case): boolean =>
  sidesOf(it.loss).every((side) => passesGradient(it, side));

const attracting = ({ loss }: Case): boolean =>
  loss.stage.weight !== 0 && loss.stage.definition.attracts === true &&
  sidesOf(loss).length === 2;

/** Nothing is in the sum but attraction, of sides that could be constant. */
const alone = (it: Case): boolean =>
  losses(it.graph).every(({ stage }) => stage.definition.attracts) &&
  !sidesOf(it.loss).flatMap((side) => behind(it, side))
    .some(({ stage }) => stage.definition.spreads);

/** Nothing is in the sum but attraction and one other term. */
const besides = (it: Case, spreads: "variance" | "covariance"): boolean =>
  attracting(it) && hasLoss(it, spreads) &&
  losses(it.graph).every(({ stage: { definition } }) =>
    definition.attracts || definition.spreads === spreads
  );

/** Twins that a loss depends on: stages whose weights follow others'. */
function twins(it: Case): readonly WiredStage[] {
  const read = new Set(
    sidesOf(it.loss).flatMap((side) => behind(it, side)),
  );
  return it.graph.order.filter((wired) =>
    read.has(wired) && (wired.built.follows?.length ?? 0) > 0
  );
}

const ownMomentum = (
  { stage: { options } }: WiredStage,
): Rampable | undefined =>
  (options as { readonly momentum?: Rampable }).momentum;

/** Twins whose momentum never leaves a value. */
const heldAt = (it: Case, value: number): readonly WiredStage[] =>
  twins(it).filter((twin) => {
    const momentum = ownMomentum(twin) ?? it.pipeline.train.ema;
    return isRamp(momentum)
      ? momentum.from === value && momentum.to === value
      : momentum === value;
  });

/** Where the momentum of the first of some twins is written. */
const momentumOf = ([first]: readonly WiredStage[]): Path =>
  first && ownMomentum(first) !== undefined
    ? ["stages", first.name, "momentum"]
    : ["train", "ema"];

/** Variables that a stage uses: its own, or of a copy those of the owner. */
const weightsOf = ({ graph }: Case, { owner }: WiredStage) =>
  graph.byName.get(owner)?.variables ?? [];

const hasWeights = (it: Case, wired: WiredStage): boolean =>
  weightsOf(it, wired).some(({ role }) => role !== "buffer");

const partOf = ({ stage }: WiredStage): StageKind["part"] => kindOf(stage).part;

/** A predictor may be computed, and have none but buffers. */
const isLayer = (it: Case, wired: WiredStage): boolean =>
  hasWeights(it, wired) || partOf(wired) === "predictor";

const hasPredictor = (it: Case): boolean => {
  const [left, right] = sidesOf(it.loss).map((side) =>
    behind(it, side).filter((one) => isLayer(it, one)).length
  );
  return left !== right;
};

/** Predictors that a loss reads. */
const predictors = ({ graph, loss }: Case): readonly WiredStage[] =>
  sidesOf(loss).flatMap(({ stage }) => graph.byName.get(stage) ?? [])
    .filter((one) => one.trainable || one.variables.length > 0)
    .filter((one) => partOf(one) === "predictor");

/** Predictors whose last layer has a batch norm. */
const normedPredictors = (it: Case): readonly string[] =>
  predictors(it).filter(({ stage: { definition, options } }) =>
    definition.normalizesOutput?.(options)
  ).map(({ name }) => name);

const frozenPredictors = (it: Case): readonly string[] =>
  predictors(it).map(({ name }) => name).filter((name) => {
    const own = it.pipeline.train.perStage.get(name);
    return own?.lr === 0 || own?.freeze === true;
  });

const RISKS: readonly Risk[] = [
  {
    applies: (it) => attracting(it) && alone(it) && bothTrain(it),
    at: between,
    message:
      "Gradients flow into both sides of this loss, which a constant embedding minimises",
    hints: [
      `SimSiam without stop-gradient collapses: 0.1 % linear accuracy against 67.7 % (${SIMSIAM}, table 1)`,
      "write stop_gradient(...) around the target, or compare with an EMA twin",
    ],
  },
  {
    applies: (it) => attracting(it) && alone(it) && !hasPredictor(it),
    at: between,
    message: "Both sides of this loss are equally deep: there is no predictor",
    hints: [
      `without a predictor SimSiam reaches 0.1 % (${SIMSIAM}, table 2) and BYOL 0.2 % (${BYOL}, table 5)`,
      "put a `predict` stage on the side that gradients reach",
    ],
  },
  {
    applies: (it) => attracting(it) && frozenPredictors(it).length > 0,
    at: (it) => {
      const [name = ""] = frozenPredictors(it);
      const { lr } = it.pipeline.train.perStage.get(name) ?? {};
      return ["train", "per_stage", name, lr === 0 ? "lr" : "freeze"];
    },
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
      !sidesOf(it.loss).some((side) =>
        behind(it, side).some((one) =>
          hasWeights(it, one) && partOf(one) !== undefined &&
          partOf(one) !== "encoder" &&
          weightsOf(it, one).some(({ role }) =>
            role === "buffer" || role === "norm"
          )
        )
      ),
    at: ({ name }) => ["stages", name],
    message: "No head has a norm",
    hints: [
      `without it SimSiam reaches 34.6 % against 68.1 % (${SIMSIAM}, table 3)`,
    ],
  },
  {
    applies: (it) => {
      const { definition, options } = it.pipeline.train.optimizer;
      return attracting(it) && alone(it) && definition.adaptive === true &&
        options.lr >= LARGE_ADAM_RATE;
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
    applies: ({ graph, loss }) =>
      losses(graph).every(({ stage }) => stage.definition.spreads) &&
      losses(graph)[0] === loss,
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

/** What a loss's definition itself says of its options. */
const ownRisks = ({ name, stage: { definition, options } }: WiredStage) =>
  (definition.risks?.(options) ?? []).map(({ at, message, hints }) => ({
    path: ["stages", name, at],
    message,
    hints,
  }));

/** Warns of what the papers saw collapse; of each place once. */
export function findRisks(
  pipeline: Pipeline,
  graph: StageGraph,
  findings: Findings,
): void {
  const said = new Set<string>();
  const learns = trainedBelow(graph.order);
  const warn = (path: Path, message: string, hints: readonly string[]) => {
    const key = JSON.stringify([path, message]);
    if (said.has(key)) return;
    said.add(key);
    findings.warn("collapse-risk", path, message, { hints });
  };
  for (const loss of graph.order) {
    const { name, stage } = loss;
    if (stage.weight !== 0) {
      for (const { path, message, hints } of ownRisks(loss)) {
        warn(path, message, hints);
      }
    }
    if (!isObjective(stage)) continue;
    const it: Case = { pipeline, graph, learns, name, loss };
    for (const { applies, at, message, hints } of RISKS) {
      if (applies(it)) warn(at(it), message, hints);
    }
  }
}
