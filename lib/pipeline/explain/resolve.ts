/** @file A pipeline back to plain data, with every default and preset written out. */
import type {
  Input,
  Optimizer,
  Pipeline,
  Stage,
  StageSettings,
} from "../../model/pipeline.ts";
import type { Schedule } from "../../optim/schedule.ts";
import { referenceText } from "../../model/reference.ts";
import { isNamed, kindOf, takesMomentum } from "../../model/stage_kind.ts";
import { escapeVariables } from "../language/variables.ts";

/** Plain data. */
export type Plain = Readonly<Record<string, unknown>>;

const schedule = ({ kind, ...options }: Schedule): Plain => ({
  [kind]: options,
});

const optimizer = ({ definition, options }: Optimizer): Plain => ({
  [definition.name]: options,
});

function input({ references, list }: Input): unknown {
  const texts = references.map(referenceText);
  return list ? texts : texts[0];
}

function stage(one: Stage): Plain {
  const { key, definition, options, inputs, links, weight } = one;
  const { syntax, objective } = definition;
  return {
    ...(isNamed(kindOf(one)) ? { [key]: definition.name } : {}),
    ...Object.fromEntries(links),
    ...(syntax ? syntax.plain(options) : {}),
    ...Object.fromEntries(
      [...inputs].map(([name, read]) => [name, input(read)]),
    ),
    ...(objective ? { weight } : {}),
    ...(syntax ? {} : options as Plain),
  };
}

function settings(one: StageSettings): Plain {
  return {
    ...(one.lr === undefined ? {} : { lr: one.lr }),
    ...(one.schedule ? { schedule: schedule(one.schedule) } : {}),
    ...(one.optimizer ? { optimizer: optimizer(one.optimizer) } : {}),
    ...(one.weightDecay === undefined ? {} : { weight_decay: one.weightDecay }),
    ...(one.layerDecay === undefined ? {} : { layer_decay: one.layerDecay }),
    ...(one.freeze === undefined ? {} : { freeze: one.freeze }),
    ...(one.statistics === undefined ? {} : { statistics: one.statistics }),
    ...(one.replicas === undefined ? {} : { replicas: one.replicas }),
  };
}

/** Plain data that parses to the same pipeline and leaves nothing implied. */
export function resolve(pipeline: Pipeline): Plain {
  const { name, seed, data, stages, train, monitor, evaluate } = pipeline;
  return escapeVariables({
    name,
    seed,
    data: {
      source: data.source.name,
      batch: data.batch,
      ...(data.share === undefined ? {} : { share: data.share }),
      ...data.options as Plain,
    },
    stages: Object.fromEntries(
      [...stages].map(([name, one]) => [name, stage(one)]),
    ),
    ...(pipeline.init ? { init: { ...pipeline.init } } : {}),
    train: {
      [train.length.unit]: train.length.count,
      optimizer: optimizer(train.optimizer),
      schedule: schedule(train.schedule),
      // Where no stage takes it, it would be warned of.
      ...([...stages.values()].some(takesMomentum) ? { ema: train.ema } : {}),
      ...(train.clip === undefined ? {} : { clip: train.clip }),
      accumulate: train.accumulate,
      ...(train.replicas
        ? {
          replicas: {
            batch_norm: train.replicas.batchNorm,
            losses: train.replicas.losses,
          },
        }
        : {}),
      per_stage: Object.fromEntries(
        [...train.perStage].map(([name, one]) => [name, settings(one)]),
      ),
      precision: train.precision,
    },
    monitor,
    checkpoint: pipeline.checkpoint,
    evaluate: {
      ...(evaluate.of === undefined ? {} : { of: evaluate.of }),
      ...(evaluate.data
        ? {
          data: {
            source: evaluate.data.source.name,
            ...evaluate.data.options as Plain,
          },
        }
        : {}),
      ...(evaluate.every === undefined ? {} : { every: evaluate.every }),
      ...(evaluate.classifier === undefined
        ? {}
        : { classifier: evaluate.classifier }),
      knn: evaluate.knn ?? false,
      linear: evaluate.linear ?? false,
    },
    ...(pipeline.track ? { track: pipeline.track } : {}),
  });
}
