/** @file One training step, as a function that can be traced. */
import * as tf from "@tensorflow/tfjs";
import type { Variable } from "../layers/layer.ts";
import type { OptimizerDefinition } from "../optim/define.ts";
import { unitPixels } from "../ops/pixels.ts";
import { StatelessRandom } from "../ops/random.ts";
import { isWatched } from "../monitor/policy.ts";
import type { EmaStage, Pipeline } from "../pipeline/pipeline.ts";
import type { Execution, Traceable, VariableRef } from "../trace/execution.ts";
import { augmentAll, enqueue, forward, type Views } from "./forward.ts";
import { measureStep, monitorVariables } from "./monitors.ts";
import { StepRun } from "./step_run.ts";
import type { StageGraph, WiredStage } from "./stage_graph.ts";

/** Counts steps; random numbers and Adam's correction depend on it. */
export const STEP: VariableRef = { path: "step", shape: [], dtype: "int32" };

/** Where the images of a step come from. */
export type ImageInput =
  /** The step gathers its batch from a variable by the fed indices. */
  | { readonly kind: "resident"; readonly pixels: VariableRef }
  /** The batch is fed. */
  | { readonly kind: "fed" };

/** Scalars that change with every step, fed as one vector. */
export interface ScalarSlot {
  /** A learning rate or an EMA momentum. */
  readonly kind: "lr" | "ema";
  readonly stage: string;
}

/** A training step and what it must be given. */
export interface TrainingStep {
  readonly traceable: Traceable;
  /** Order of the values in the feed `scalars`. */
  readonly scalars: readonly ScalarSlot[];
  /** Every variable that the step reads or writes, with its first value. */
  readonly variables: readonly Variable[];
}

/** Path of an optimizer's moving value. */
const slotPath = (slot: string, { path }: Variable): string =>
  `optimizer/${slot}/${path}`;

/** Optimizer variables of a parameter. */
function slotsOf(
  definition: OptimizerDefinition,
  parameter: Variable,
): readonly Variable[] {
  return definition.slots.map((slot) => ({
    path: slotPath(slot, parameter),
    shape: parameter.shape,
    dtype: "float32",
    init: { kind: "constant", value: 0 },
    role: "buffer",
  }));
}

const trained = (wired: WiredStage): readonly Variable[] =>
  wired.trainable
    ? wired.variables.filter(({ role }) => role !== "buffer")
    : [];

/**
 * Builds the training step of a pipeline: augment, forward, backward,
 * optimizer, EMA, queues, monitors.
 */
export function trainingStep(
  pipeline: Pipeline,
  graph: StageGraph,
  input: ImageInput,
): TrainingStep {
  const { definition, options } = pipeline.train.optimizer;
  const stages = graph.order.filter((wired) => trained(wired).length > 0);
  const twins = graph.order.filter(({ stage }) => stage.kind === "ema");
  const scalars: ScalarSlot[] = [
    ...stages.map(({ name }) => ({ kind: "lr", stage: name } as const)),
    ...twins.map(({ name }) => ({ kind: "ema", stage: name } as const)),
  ];
  const watched = isWatched(pipeline.monitor);
  const variables = [
    ...graph.order.flatMap((wired) => wired.variables),
    ...stages.flatMap(trained).flatMap((parameter) =>
      slotsOf(definition, parameter)
    ),
    ...watched ? monitorVariables(graph) : [],
  ];

  const traceable: Traceable = (execution) => {
    const run = new StepRun(execution, true);
    const fed = execution.feed("scalars", [scalars.length], "float32");
    const scalarOf = (kind: ScalarSlot["kind"], stage: string): tf.Scalar => {
      const index = scalars.findIndex((slot) =>
        slot.kind === kind && slot.stage === stage
      );
      return tf.reshape(tf.slice(fed, [index], [1]), []) as tf.Scalar;
    };
    const step = execution.read(STEP) as tf.Scalar;
    const images = execution.scope(
      "images",
      () => readImages(execution, input, pipeline.data.batch, graph.image),
    );
    const augmented = augmentAll(graph, {
      run,
      images,
      random: (place) => new StatelessRandom(pipeline.seed, place, step),
    });

    const parameters = stages.flatMap(trained);
    const kept = new Map<string, Views>();
    const metrics: Record<string, tf.Tensor> = {};
    const { value: loss, grads } = tf.valueAndGrads(() => {
      const result = forward(graph, augmented, run);
      for (const [name, views] of result.values) {
        kept.set(name, views.map((view) => tf.keep(view)));
      }
      for (const [name, value] of result.losses) {
        metrics[`loss:${name}`] = tf.keep(value);
      }
      return result.loss;
    })(parameters.map((parameter) => run.read(parameter)));

    execution.scope("optimizer", () => {
      const done = tf.cast(step, "float32");
      for (const wired of stages) {
        const lr = scalarOf("lr", wired.name);
        for (const parameter of trained(wired)) {
          const slots = slotsOf(definition, parameter);
          const updated = definition.update({
            value: run.read(parameter),
            gradient: grads[parameters.indexOf(parameter)] as tf.Tensor,
            slots: slots.map((slot) => run.read(slot)),
            lr,
            step: done,
            isWeight: parameter.role === "weight",
          }, options as { lr: number });
          run.update(parameter, updated.value);
          slots.forEach((slot, i) => {
            run.update(slot, updated.slots[i] as tf.Tensor);
          });
        }
      }
    });
    execution.scope("ema", () => {
      for (const twin of twins) {
        moveTwin(run, graph, twin, scalarOf("ema", twin.name));
      }
    });
    execution.scope("queue", () => {
      for (const { stage, variables } of graph.order) {
        if (stage.kind !== "queue") continue;
        const rows = kept.get(stage.of.stage) as Views;
        variables.forEach((queue, view) => {
          const newest = rows[stage.of.view ?? view] as tf.Tensor2D;
          run.update(queue, enqueue(run.read(queue) as tf.Tensor2D, newest));
        });
      }
    });
    run.commit();
    execution.assign(STEP, tf.add(step, tf.scalar(1, "int32")));
    return {
      loss,
      ...metrics,
      ...watched
        ? execution.scope("monitor", () => {
          const gradients = new Map(stages.map((wired) => [
            wired.name,
            trained(wired).map((parameter) =>
              grads[parameters.indexOf(parameter)] as tf.Tensor
            ),
          ]));
          return measureStep(execution, pipeline, graph, kept, gradients);
        })
        : {},
    };
  };
  return { traceable, scalars, variables };
}

/** A batch of images, planar, float32 in 0..1. */
function readImages(
  execution: Execution,
  input: ImageInput,
  batch: number,
  [channels, height, width]: StageGraph["image"],
): tf.Tensor4D {
  const bytes = input.kind === "resident"
    ? execution.gather(
      input.pixels,
      execution.feed("indices", [batch], "int32"),
    )
    : execution.feed("images", [batch, channels, height, width], "uint8");
  return unitPixels(bytes) as tf.Tensor4D;
}

/**
 * Moves a twin towards its source, `momentum * twin + (1 - momentum) *
 * source`, batch-norm statistics included, after the optimizer's step.
 */
function moveTwin(
  run: StepRun,
  graph: StageGraph,
  twin: WiredStage,
  momentum: tf.Scalar,
): void {
  const source = graph.byName.get((twin.stage as EmaStage).source);
  twin.variables.forEach((variable, i) => {
    const online = run.read(source?.variables[i] as Variable);
    const mixed = tf.add(
      tf.mul(run.read(variable), momentum),
      tf.mul(online, tf.sub(1, momentum)),
    );
    run.update(variable, mixed);
  });
}
