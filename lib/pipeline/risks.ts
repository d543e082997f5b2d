/** @file Known recipes for collapse: warnings, never refusals. */
import { edgesOf } from "../graph/edges.ts";
import type { StageGraph } from "../graph/stage_graph.ts";
import type { Findings, Path } from "./diagnostic.ts";
import type { LossStage, Pipeline, Reference, Stage } from "./pipeline.ts";

/** A loss, and what stands on its two sides. */
interface Case {
  readonly pipeline: Pipeline;
  readonly graph: StageGraph;
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

/** Losses that a constant embedding minimises, with nothing in them against it. */
const ATTRACTING = new Set(["cosine", "mse"]);

/** Stages that a reference depends on, the referred one first. */
function upstream(pipeline: Pipeline, start: Reference): Stage[] {
  const seen = new Map<string, Stage>();
  const visit = (name: string): void => {
    const stage = pipeline.stages.get(name);
    if (!stage || seen.has(name)) return;
    seen.set(name, stage);
    for (const { to, kind } of edgesOf(stage)) if (kind === "data") visit(to);
  };
  visit(start.stage);
  return [...seen.values()];
}

const passesGradient = (pipeline: Pipeline, side: Reference): boolean => {
  const kind = pipeline.stages.get(side.stage)?.kind;
  return !side.stopGradient && kind === "module";
};

const attracting = ({ loss }: Case): boolean =>
  ATTRACTING.has(loss.definition.name);

const alone = ({ pipeline }: Case): boolean =>
  [...pipeline.stages.values()].filter(({ kind }) => kind === "loss")
    .length === 1;

const hasTwin = ({ pipeline, loss }: Case): boolean =>
  loss.between.some((side) =>
    upstream(pipeline, side).some(({ kind }) => kind === "ema")
  );

const hasPredictor = ({ pipeline, loss }: Case): boolean => {
  const depth = loss.between.map((side) =>
    upstream(pipeline, side).filter(({ kind }) =>
      kind === "module" || kind === "ema"
    ).length
  );
  return depth[0] !== depth[1];
};

const RISKS: readonly Risk[] = [
  {
    applies: (it) =>
      attracting(it) && alone(it) &&
      it.loss.between.every((side) => passesGradient(it.pipeline, side)),
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
    applies: (it) =>
      attracting(it) && hasTwin(it) &&
      [...it.pipeline.stages.values()].some((stage) =>
        stage.kind === "ema" &&
        (stage.momentum ?? it.pipeline.train.ema).from === 0
      ),
    at: () => ["train", "ema"],
    message:
      "An EMA momentum of 0 makes the target a copy of the online network",
    hints: [`BYOL reaches 0.3 % with it, 72.5 % with 0.99 (${BYOL}, table 5)`],
  },
  {
    applies: (it) =>
      hasTwin(it) && it.pipeline.train.ema.from === 1 &&
      [...it.pipeline.stages.values()].every((stage) =>
        stage.kind !== "ema" || !stage.momentum
      ),
    at: () => ["train", "ema"],
    message:
      "An EMA momentum of 1 never moves the target from its first weights",
    hints: [`BYOL reaches 18.8 % with it, 72.5 % with 0.99 (${BYOL}, table 5)`],
  },
  {
    applies: (it) =>
      attracting(it) && alone(it) &&
      !it.loss.between.some((side) =>
        upstream(it.pipeline, side).some((stage) =>
          stage.kind === "module" && stage.role !== "encode" &&
          stage.definition.name === "mlp" &&
          (stage.options as { batch_norm?: string }).batch_norm !== "none"
        )
      ),
    at: ({ name }) => ["stages", name],
    message: "No head has batch norm",
    hints: [
      `without it SimSiam reaches 34.6 % against 68.1 % (${SIMSIAM}, table 3)`,
    ],
  },
];

/** Warns of what the papers saw collapse. */
export function findRisks(
  pipeline: Pipeline,
  graph: StageGraph,
  findings: Findings,
): void {
  for (const { name, stage } of graph.order) {
    if (stage.kind !== "loss") continue;
    const it: Case = { pipeline, graph, name, loss: stage };
    for (const risk of RISKS) {
      if (!risk.applies(it)) continue;
      findings.warn("collapse-risk", risk.at(it), risk.message, {
        hints: risk.hints,
      });
    }
  }
}
