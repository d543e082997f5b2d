/** @file Third part of a step: weights move, then what follows them. */
import * as tf from "@tensorflow/tfjs";
import type { Variable } from "../layers/layer.ts";
import type { Pipeline } from "../model/pipeline.ts";
import type { OptimizerDefinition } from "../optim/define.ts";
import { expectShape, runUserCode } from "../stages/user_code.ts";
import { isUserFile } from "../stages/user_file.ts";
import { rampsOf } from "../stages/ramp.ts";
import { layerDepths } from "./layer_depth.ts";
import { optimizerOf } from "./slots.ts";
import { type StageGraph, trainedOf, type WiredStage } from "./stage_graph.ts";
import type { Gradients } from "./step_gradients.ts";
import type { StepRun } from "./step_run.ts";

/** A number of this step, by stage and option; undefined where it has none. */
export type SlotOf = (stage: string, option: string) => tf.Scalar | undefined;

/** Path of an optimizer's moving value. */
const slotPath = (slot: string, { path }: Variable): string =>
  `optimizer/${slot}/${path}`;

/** Moving values that an optimizer keeps for a parameter. */
export const movingValues = (
  definition: Pick<OptimizerDefinition, "slots">,
  parameter: Variable,
): readonly Variable[] =>
  definition.slots.map((slot) => ({
    path: slotPath(slot, parameter),
    shape: parameter.shape,
    dtype: "float32",
    init: { kind: "constant", value: 0 },
    role: "buffer",
  }));

/** @throws {RangeError} Unless an optimizer of the user's own gives what is needed. */
function expectUpdate(
  updated: ReturnType<OptimizerDefinition["update"]> | undefined,
  moving: readonly Variable[],
  { shape }: Variable,
): void {
  expectShape(updated?.value, shape, "value");
  for (const i of moving.keys()) {
    expectShape(updated?.slots?.[i], shape, `slots[${i}]`);
  }
}

/** Moves the weights of one stage. */
function moveWeights(
  pipeline: Pipeline,
  wired: WiredStage,
  gradients: Gradients,
  run: StepRun,
  steps: tf.Scalar,
  slotOf: SlotOf,
): void {
  const { name } = wired;
  const { definition, options } = optimizerOf(pipeline, name);
  const changing = Object.fromEntries(
    rampsOf(options).map((option) => [option, slotOf(name, option)]),
  );
  const { lr: _, ...own } = { ...options, ...changing };
  const rate = slotOf(name, "lr") as tf.Scalar;
  const decay = pipeline.train.perStage.get(name)?.layerDecay ?? 1;
  const depths = layerDepths(name, trainedOf(wired));
  for (const parameter of trainedOf(wired)) {
    const moving = movingValues(definition, parameter);
    const factor = decay ** (depths.get(parameter) ?? 0);
    const step = {
      value: run.read(parameter),
      gradient: gradients.get(parameter) as tf.Tensor,
      slots: moving.map((slot) => run.read(slot)),
      lr: factor === 1 ? rate : tf.mul(rate, factor) as tf.Scalar,
      step: slotOf(name, "steps moved") ?? steps,
      isWeight: parameter.role === "weight",
    };
    const updated = runUserCode(definition.name, name, () => {
      const updated = definition.update(
        step,
        own as Parameters<OptimizerDefinition["update"]>[1],
      );
      if (isUserFile(definition.name)) expectUpdate(updated, moving, parameter);
      return updated;
    });
    run.update(parameter, updated.value);
    moving.forEach((slot, i) => {
      run.update(slot, updated.slots[i] as tf.Tensor);
    });
  }
}

/** Stage of each variable that is its own, moving values among them. */
function owners(
  pipeline: Pipeline,
  { order }: StageGraph,
): ReadonlyMap<string, string> {
  return new Map(order.flatMap((wired) => {
    const { definition } = optimizerOf(pipeline, wired.name);
    const moving = trainedOf(wired).flatMap((one) =>
      movingValues(definition, one)
    );
    return [...wired.variables, ...moving].map(({ path }) =>
      [path, wired.name] as const
    );
  }));
}

/** Leaves everything of a stage as it is for as long as it is frozen. */
function holdFrozen(
  pipeline: Pipeline,
  graph: StageGraph,
  run: StepRun,
  slotOf: SlotOf,
): void {
  const frozen = [...pipeline.train.perStage].filter(([, { freeze }]) =>
    typeof freeze === "number"
  ).map(([name]) => name);
  if (frozen.length === 0) return;
  const stageOf = owners(pipeline, graph);
  run.hold((variable, updated) => {
    const stage = stageOf.get(variable.path);
    if (stage === undefined || !frozen.includes(stage)) return updated;
    const moves = slotOf(stage, "moves") as tf.Scalar;
    const before = run.execution.read(variable);
    return tf.where(tf.greater(moves, 0), updated, before);
  });
}

/** Moves all weights, then what follows them, and assigns what has changed. */
export function applyGradients(
  pipeline: Pipeline,
  graph: StageGraph,
  gradients: Gradients,
  run: StepRun,
  steps: tf.Scalar,
  slotOf: SlotOf,
): void {
  run.execution.scope("optimizer", () => {
    for (const wired of graph.order) {
      if (trainedOf(wired).length === 0) continue;
      moveWeights(pipeline, wired, gradients, run, steps, slotOf);
    }
  });
  run.execution.scope("state", () => {
    // Twins follow weights as they stay.
    holdFrozen(pipeline, graph, run, slotOf);
    run.moveState("step");
    holdFrozen(pipeline, graph, run, slotOf);
  });
}

/** What moves with every part of a batch: statistics and queues, but no weights. */
export function applyPart(
  pipeline: Pipeline,
  graph: StageGraph,
  run: StepRun,
  slotOf: SlotOf,
): void {
  run.execution.scope("state", () => {
    run.moveState("pass");
    holdFrozen(pipeline, graph, run, slotOf);
  });
}
