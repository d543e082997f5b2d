/** @file A pipeline back to plain data, with every default and preset written out. */
import type {
  Momentum,
  Pipeline,
  Reference,
  Schedule,
  Stage,
} from "./pipeline.ts";
import { escapeVariables } from "./variables.ts";

/** Plain data. */
export type Plain = Readonly<Record<string, unknown>>;

function reference({ stage, view, stopGradient }: Reference): string {
  const value = view === undefined ? stage : `${stage}[${view}]`;
  return stopGradient ? `stop_gradient(${value})` : value;
}

const momentum = ({ from, to }: Momentum): unknown =>
  from === to ? from : { from, to };

function schedule({ kind, warmup, final }: Schedule): Plain {
  return { [kind]: kind === "constant" ? { warmup } : { warmup, final } };
}

const STAGE: {
  readonly [K in Stage["kind"]]: (
    stage: Extract<Stage, { kind: K }>,
  ) => Plain;
} = {
  augment: ({ of, views }) => ({
    augment: {
      each: views.map((steps) =>
        steps.map(({ definition, options }) => ({ [definition.name]: options }))
      ),
    },
    of: reference(of),
  }),
  module: ({ role, of, definition, options }) => ({
    [role]: definition.name,
    of: reference(of),
    ...options as Plain,
  }),
  ema: ({ source, of, momentum: own }) => ({
    ema: source,
    of: reference(of),
    ...(own ? { momentum: momentum(own) } : {}),
  }),
  stop_gradient: ({ of }) => ({ stop_gradient: reference(of) }),
  queue: ({ of, size }) => ({ queue: reference(of), size }),
  nearest: ({ of, queue }) => ({
    nearest: reference(of),
    in: reference(queue),
  }),
  loss: ({ definition, options, between, pairs, weight, negatives }) => ({
    loss: definition.name,
    between: between.map(reference),
    pairs,
    weight,
    ...(negatives ? { negatives: reference(negatives) } : {}),
    ...options as Plain,
  }),
};

/** Plain data that parses to the same pipeline and leaves nothing implied. */
export function resolve(pipeline: Pipeline): Plain {
  const { name, seed, data, stages, train, monitor, evaluate } = pipeline;
  return escapeVariables({
    name,
    seed,
    data: {
      source: data.source.name,
      batch: data.batch,
      ...data.options as Plain,
    },
    stages: Object.fromEntries(
      [...stages].map((
        [key, stage],
      ) => [key, STAGE[stage.kind](stage as never)]),
    ),
    train: {
      [train.length.unit]: train.length.count,
      optimizer: {
        [train.optimizer.definition.name]: train.optimizer.options,
      },
      schedule: schedule(train.schedule),
      ema: momentum(train.ema),
      per_stage: Object.fromEntries(
        [...train.perStage].map(([key, { lr, schedule: own }]) => [key, {
          ...(lr === undefined ? {} : { lr }),
          ...(own ? { schedule: schedule(own) } : {}),
        }]),
      ),
      precision: train.precision,
    },
    monitor,
    checkpoint: pipeline.checkpoint,
    evaluate: {
      ...(evaluate.of === undefined ? {} : { of: evaluate.of }),
      knn: evaluate.knn ?? false,
      linear: evaluate.linear ?? false,
    },
  });
}
