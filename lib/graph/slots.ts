/** @file Numbers that change from step to step: fed with every step, as one vector. */
import type { Optimizer, Pipeline } from "../model/pipeline.ts";
import { keyOf } from "../monitor/define.ts";
import { learningRateFactor, type Schedule } from "../optim/schedule.ts";
import { isRamp, type Rampable, rampsOf, rampValue } from "../stages/ramp.ts";
import { isObjective, type StageGraph, trainedOf } from "./stage_graph.ts";

/** How long a run is, in steps. */
export interface Length {
  readonly steps: number;
  readonly stepsPerEpoch: number;
}

/** One number that a step is fed. */
export interface ScalarSlot {
  /** Stage that it belongs to. */
  readonly stage: string;
  /** Its option: `lr`, `momentum`, `temperature`. */
  readonly option: string;
  /** Its value in a step. */
  value(step: number, length: Length): number;
  /** What of it counts in epochs; nothing by default. */
  readonly epochs?: readonly string[];
  /** Its key in `metrics.jsonl`, which slots with the same values share. */
  readonly key?: string;
}

/** Rule, rate and decay of a stage's weights, all settings considered. */
export interface StageOptimizer extends Optimizer {
  readonly schedule: Schedule;
}

/** How the weights of a stage are trained. */
export function optimizerOf(
  { train }: Pick<Pipeline, "train">,
  stage: string,
): StageOptimizer {
  const own = train.perStage.get(stage);
  const { definition, options } = own?.optimizer ?? train.optimizer;
  return {
    definition,
    options: {
      ...options,
      ...(own?.lr === undefined ? {} : { lr: own.lr }),
      ...(own?.weightDecay === undefined
        ? {}
        : { weight_decay: own.weightDecay }),
    },
    schedule: own?.schedule ?? train.schedule,
  };
}

const rampSlot = (
  stage: string,
  option: string,
  ramp: Rampable,
  key = keyOf(option, stage),
): ScalarSlot => ({
  stage,
  option,
  key,
  value: (step, { steps, stepsPerEpoch }) =>
    isRamp(ramp) ? rampValue(ramp, step, steps, stepsPerEpoch) : ramp,
  ...(isRamp(ramp) && ramp.epochs !== undefined
    ? { epochs: [`the ramp of "${option}"`] }
    : {}),
});

/** What of a schedule counts in epochs. */
const inEpochs = ({ warmup, epochs, milestones }: Schedule): string[] => [
  ...(warmup > 0 ? ["the warm-up"] : []),
  ...(epochs === undefined ? [] : ['the schedule\'s "epochs"']),
  ...(milestones ? ['"milestones"'] : []),
];

/** Epochs in which a stage's weights do not move, if it is to move later. */
const frozenFor = (
  { train }: Pick<Pipeline, "train">,
  stage: string,
): number => {
  const freeze = train.perStage.get(stage)?.freeze;
  return typeof freeze === "number" ? freeze : 0;
};

/** Steps at the start in which a stage is frozen. */
const frozenSteps = (epochs: number, { stepsPerEpoch }: Length): number =>
  Math.round(epochs * stepsPerEpoch);

/** Names of settings of the run that stages' options come from, in metrics.jsonl. */
const INHERITED = { ema: "tau" } as const;

/** The option's name where a stage has what the run has, else its own key. */
const sharedKey = (
  option: string,
  stage: string,
  own: unknown,
  run: unknown,
): string =>
  JSON.stringify(own) === JSON.stringify(run) ? option : keyOf(option, stage);

/** Slots of one trained stage: its rate, what its optimizer is fed, whether it moves. */
function trainedSlots(pipeline: Pipeline, stage: string): ScalarSlot[] {
  const { options, schedule } = optimizerOf(pipeline, stage);
  const { optimizer, schedule: runs } = pipeline.train;
  const frozen = frozenFor(pipeline, stage);
  const valueIn = (of: object, option: string): Rampable =>
    (of as Record<string, Rampable>)[option] as Rampable;
  return [
    {
      stage,
      option: "lr",
      key: sharedKey(
        "lr",
        stage,
        [options.lr, schedule, frozen],
        [optimizer.options.lr, runs, 0],
      ),
      value: (step, length) =>
        step < frozenSteps(frozen, length) ? 0 : options.lr *
          learningRateFactor(
            schedule,
            step,
            length.steps,
            length.stepsPerEpoch,
          ),
      epochs: inEpochs(schedule),
    },
    ...rampsOf(options).map((option) => {
      const ramp = valueIn(options, option);
      const key = sharedKey(
        option,
        stage,
        ramp,
        valueIn(optimizer.options, option),
      );
      return rampSlot(stage, option, ramp, key);
    }),
    ...(frozen > 0
      ? [{
        stage,
        option: "moves",
        value: (step: number, length: Length) =>
          step < frozenSteps(frozen, length) ? 0 : 1,
        epochs: ['"freeze"'],
      }, {
        stage,
        option: "steps moved",
        value: (step: number, length: Length) =>
          Math.max(0, step - frozenSteps(frozen, length)),
      }]
      : []),
  ];
}

/** All numbers that a step of a pipeline is fed. */
export function slotsOf(
  pipeline: Pipeline,
  { order }: Pick<StageGraph, "order">,
): readonly ScalarSlot[] {
  const trained = order.filter((wired) => trainedOf(wired).length > 0)
    .flatMap(({ name }) => trainedSlots(pipeline, name));
  const options = order.flatMap(({ name, stage }) => {
    const own = stage.options as Readonly<Record<string, Rampable>>;
    const inherited = Object.entries(stage.definition.inherits ?? {}).map((
      [option, setting],
    ) =>
      rampSlot(
        name,
        option,
        own[option] ?? pipeline.train[setting],
        own[option] === undefined
          ? INHERITED[setting]
          : keyOf(INHERITED[setting], name),
      )
    );
    const taken = inherited.map(({ option }) => option);
    return [
      ...inherited,
      ...rampsOf(stage.options).filter((option) => !taken.includes(option))
        .map((option) => rampSlot(name, option, own[option] as Rampable)),
      ...(isObjective(stage) && isRamp(stage.weight)
        ? [rampSlot(name, "weight", stage.weight)]
        : []),
    ];
  });
  return [...trained, ...options];
}

/**
 * What `metrics.jsonl` tells of the slots in a step, in as many digits as
 * float32 holds; stages with the same values have one key.
 *
 * @param step Steps done before this one.
 */
export const scheduledValues = (
  slots: readonly ScalarSlot[],
  step: number,
  length: Length,
): Readonly<Record<string, number>> =>
  Object.fromEntries(
    slots.flatMap(({ key, value }) =>
      key === undefined
        ? []
        : [[key, Number(value(step, length).toPrecision(7))] as const]
    ),
  );

/** Value of each slot in a step. */
export const scalarValues = (
  slots: readonly ScalarSlot[],
  step: number,
  length: Length,
): Float32Array<ArrayBuffer> =>
  Float32Array.from(slots, ({ value }) => value(step, length));
