/**
 * @file One training step, as a function that can be traced: gradients, what
 * happens to them, weights. Each part is a file of its own.
 */
import * as tf from "@tensorflow/tfjs";
import type { Variable } from "../layers/layer.ts";
import type { Pipeline } from "../model/pipeline.ts";
import { isWatched } from "../monitor/policy.ts";
import { StatelessRandom } from "../ops/random.ts";
import { OUTPUT } from "../stages/define.ts";
import type { Traceable, VariableRef } from "../trace/execution.ts";
import { measureStep, monitorVariables } from "./monitors.ts";
import { edgesOf } from "./edges.ts";
import { sharedStages, Sharing } from "./sharing.ts";
import { optimizerOf, type ScalarSlot, slotsOf } from "./slots.ts";
import { type StageGraph, trainedOf } from "./stage_graph.ts";
import { applyGradients, applyPart, movingValues } from "./step_apply.ts";
import { computeGradients } from "./step_gradients.ts";
import { type ImageInput, readBatch } from "./step_input.ts";
import { StepRun } from "./step_run.ts";
import { accumulate, accumulated, clip } from "./step_transform.ts";

/** Counts steps; random numbers and Adam's correction depend on it. */
export const STEP: VariableRef = { path: "step", shape: [], dtype: "int32" };

/** A training step and what it must be given. */
export interface TrainingStep {
  /** The step; with `train.accumulate` the last part of the batch. */
  readonly traceable: Traceable;
  /** A part of the batch before the last: adds to the gradient, moves no weight. */
  readonly part?: Traceable;
  /** Order of the values in the feed `scalars`. */
  readonly scalars: readonly ScalarSlot[];
  /** Every variable that the step reads or writes, with its first value. */
  readonly variables: readonly Variable[];
  /** Those that hold nothing between two steps, and are not saved. */
  readonly scratch: readonly Variable[];
}

/** Outputs that stages read of others by their names, such as `y.tokens`. */
function outputsRead({ order }: StageGraph): ReadonlySet<string> {
  return new Set(
    order.flatMap(({ stage }) =>
      edgesOf(stage).flatMap(({ to, reference }) =>
        reference ? [`${to}.${reference.output ?? OUTPUT}`] : []
      )
    ),
  );
}

/** Random numbers of a step: drawn for the whole batch, also where it is in parts. */
function randomSource(
  { seed, data: { batch }, train: { accumulate: parts } }: Pipeline,
  step: tf.Scalar,
  part: tf.Scalar | undefined,
): (place: string) => StatelessRandom {
  const streams = new Map<string, StatelessRandom>();
  const share = part && { index: part, rows: batch / parts, of: parts };
  return (place) => {
    let stream = streams.get(place);
    if (!stream) {
      stream = new StatelessRandom(seed, place, step, share);
      streams.set(place, stream);
    }
    return stream;
  };
}

/**
 * Builds the training step of a pipeline.
 *
 * @param replicas Devices that share each batch; it has to be a multiple.
 */
export function trainingStep(
  pipeline: Pipeline,
  graph: StageGraph,
  input: ImageInput,
  replicas = 1,
): TrainingStep {
  const { accumulate: parts, clip: most } = pipeline.train;
  const scalars = slotsOf(pipeline, graph);
  const watched = isWatched(pipeline.monitor);
  const read = outputsRead(graph);
  const trained = graph.order.flatMap((wired) => {
    const { definition } = optimizerOf(pipeline, wired.name);
    return trainedOf(wired).map((parameter) => ({ parameter, definition }));
  });
  const variables = [
    ...graph.order.flatMap((wired) => wired.variables),
    ...trained.flatMap(({ parameter, definition }) =>
      movingValues(definition, parameter)
    ),
    ...watched ? monitorVariables(graph) : [],
  ];
  const batch = pipeline.data.batch / parts;

  const traced = (last: boolean): Traceable => (execution) => {
    const fed = execution.feed("scalars", [scalars.length], "float32");
    const slotOf = (stage: string, option: string): tf.Scalar | undefined => {
      const index = scalars.findIndex((slot) =>
        slot.stage === stage && slot.option === option
      );
      return index < 0
        ? undefined
        : tf.reshape(tf.slice(fed, [index], [1]), []) as tf.Scalar;
    };
    const constant = (stage: string, option: string): number => {
      const options = graph.byName.get(stage)?.stage.options;
      return (options as Record<string, number>)[option] as number;
    };
    const step = execution.read(STEP) as tf.Scalar;
    const part = parts > 1
      ? execution.feed("part", [], "int32") as tf.Scalar
      : undefined;
    const sharing = new Sharing(
      replicas,
      replicas > 1 ? sharedStages(pipeline, graph) : undefined,
    );
    const random = randomSource(pipeline, step, part);
    const run = new StepRun(execution, true, {
      random: (place, stage) => sharing.random(stage, random(place), batch),
      scheduled: (stage, option) =>
        slotOf(stage, option) ?? constant(stage, option),
      reads: (stage, output) =>
        output === OUTPUT || read.has(`${stage}.${output}`),
      frozen: (stage) => pipeline.train.perStage.get(stage)?.freeze === true,
      frozenStatistics: (stage) =>
        pipeline.train.perStage.get(stage)?.statistics === "frozen",
    }, sharing);
    const values = execution.scope(
      "images",
      () => readBatch(execution, input, batch, graph, sharing),
    );
    const { loss, losses, gradients: own } = computeGradients(
      graph,
      values,
      run,
      batch,
      (stage) =>
        slotOf(stage, "weight") ??
          graph.byName.get(stage)?.stage.weight as number,
    );
    const gradients = execution.scope(
      "accumulate",
      () => accumulate(own, run, parts, last),
    );
    if (last) {
      const clipped = execution.scope("clip", () => clip(gradients, most));
      const done = tf.cast(step, "float32") as tf.Scalar;
      applyGradients(pipeline, graph, clipped, run, done, slotOf);
    } else {
      applyPart(pipeline, graph, run, slotOf);
    }
    run.commit();
    const reported = {
      loss,
      ...Object.fromEntries(
        Object.entries(losses).map(([name, value]) => [`loss:${name}`, value]),
      ),
      ...run.reported,
    };
    if (!last) return reported;
    execution.assign(STEP, tf.add(step, tf.scalar(1, "int32")));
    return {
      ...reported,
      ...watched
        ? execution.scope(
          "monitor",
          () =>
            measureStep(execution, batch, graph, values, gradients, sharing),
        )
        : {},
    };
  };
  return {
    traceable: traced(true),
    ...(parts > 1 ? { part: traced(false) } : {}),
    scalars,
    variables,
    scratch: parts > 1
      ? trained.map(({ parameter }) => accumulated(parameter))
      : [],
  };
}
