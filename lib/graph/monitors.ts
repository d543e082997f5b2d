/** @file Signals of a graph of stages: in the step, and in programs beside it. */
import * as tf from "@tensorflow/tfjs";
import type { Variable } from "../layers/layer.ts";
import {
  type CheckInputs,
  keyOf,
  type Landmarks,
  type Measured,
  type StepInputs,
} from "../monitor/define.ts";
import {
  covarianceOf,
  type Moments,
  momentVariables,
  secondMomentOf,
  updateMoments,
} from "../monitor/moments.ts";
import { signalsAt } from "../monitor/signals.ts";
import { eigenvalues } from "../ops/eigenvalues.ts";
import { l2Normalize } from "../ops/normalize.ts";
import type { EmaStage, Pipeline } from "../pipeline/pipeline.ts";
import type { Execution, Traceable, VariableRef } from "../trace/execution.ts";
import type { Views } from "./forward.ts";
import type { StageGraph, WiredStage } from "./stage_graph.ts";

/** Scalars by their keys in `metrics.jsonl`. */
export type Scalars = Readonly<Record<string, tf.Tensor>>;

/** Names of the spectra that {@linkcode spectrumProgram} gives. */
export const SPECTRA = ["covariance", "moment"] as const;

/**
 * The stage whose embeddings are watched: the second side of the first loss,
 * the projection that the methods compare with; what neighbours are sought of
 * in place of the neighbours.
 */
export function watchedStage(graph: StageGraph): WiredStage {
  for (const { stage } of graph.order) {
    if (stage.kind !== "loss") continue;
    const side = graph.byName.get(stage.between[1].stage) as WiredStage;
    return side.stage.kind === "nearest"
      ? graph.byName.get(side.stage.of.stage) as WiredStage
      : side;
  }
  throw new Error("internal: a graph without a loss");
}

/** Embeddings of the last step, a variable a view; no part of a checkpoint. */
function embeddingsOf(
  { data }: Pick<Pipeline, "data">,
  graph: StageGraph,
): readonly VariableRef[] {
  const { views = 0, shape = [], rows = data.batch } =
    watchedStage(graph).output ?? {};
  return Array.from({ length: views }, (_, view) => ({
    path: `monitor/embedding/view${view}`,
    shape: [rows, ...shape],
    dtype: "float32",
  }));
}

const momentsOf = (graph: StageGraph): Moments<Variable> =>
  momentVariables(watchedStage(graph).output?.shape[0] ?? 1);

/** Variables that the monitors keep from check to check. */
export function monitorVariables(graph: StageGraph): readonly Variable[] {
  return Object.values(momentsOf(graph));
}

function named(signal: string, measured: Measured | undefined): Scalars {
  if (measured === undefined) return {};
  if (measured instanceof tf.Tensor) return { [signal]: measured };
  return Object.fromEntries(
    Object.entries(measured).map((
      [stage, value],
    ) => [keyOf(signal, stage), value]),
  );
}

/** Signals of every step; leaves the embeddings to the check. */
export function measureStep(
  execution: Execution,
  pipeline: Pick<Pipeline, "data">,
  graph: StageGraph,
  values: ReadonlyMap<string, Views>,
  gradients: StepInputs["gradients"],
): Scalars {
  const views = values.get(watchedStage(graph).name) as Views;
  embeddingsOf(pipeline, graph).forEach((variable, view) => {
    execution.assign(variable, views[view] as tf.Tensor);
  });
  const inputs = { embedding: views[0] as tf.Tensor2D, gradients };
  return Object.assign(
    {},
    ...signalsAt("step").map((signal) =>
      named(signal.name, signal.measure(inputs))
    ),
  );
}

/** Signals of the last step's embeddings and of the variables after it. */
export function checkProgram(
  pipeline: Pick<Pipeline, "data">,
  graph: StageGraph,
): Traceable {
  return (execution) => {
    const read = (variable: VariableRef) => execution.read(variable);
    const views = embeddingsOf(pipeline, graph).map(read) as tf.Tensor2D[];
    const variables = momentsOf(graph);
    const moments = updateMoments(readMoments(execution, variables), views);
    for (const key of MOMENTS) execution.assign(variables[key], moments[key]);
    const weights = ({ variables }: WiredStage) =>
      variables.filter(({ role }) => role !== "buffer").map(read);
    const twins = graph.order.filter(({ stage }) => stage.kind === "ema");
    const inputs: CheckInputs = {
      views: views.map((view) => l2Normalize(view)),
      covariance: covarianceOf(moments),
      twins: new Map(twins.map((twin) => {
        const { source } = twin.stage as EmaStage;
        const online = graph.byName.get(source) as WiredStage;
        const pair = { target: weights(twin), online: weights(online) };
        return [twin.name, pair];
      })),
      variables: new Map(
        graph.order.filter(({ variables }) => variables.length > 0)
          .map(({ name, variables }) => [name, variables.map(read)]),
      ),
    };
    return Object.assign(
      {},
      ...signalsAt("check").map((signal) =>
        named(signal.name, signal.measure(inputs))
      ),
    );
  };
}

/** Eigenvalues, in ascending order, of the moments after the last check. */
export function spectrumProgram(graph: StageGraph): Traceable {
  return (execution) => {
    const moments = readMoments(execution, momentsOf(graph));
    const matrices = {
      covariance: covarianceOf(moments),
      moment: secondMomentOf(moments),
    };
    return Object.fromEntries(
      SPECTRA.map((name) => [name, eigenvalues(matrices[name])]),
    );
  };
}

const MOMENTS = ["weight", "mean", "covariance"] as const;

function readMoments(
  execution: Execution,
  { weight, mean, covariance }: Moments<Variable>,
): Moments {
  return {
    weight: execution.read(weight),
    mean: execution.read(mean),
    covariance: execution.read(covariance),
  };
}

/** Landmarks of each loss, where its definition has them. */
export function landmarksOf(
  { data }: Pick<Pipeline, "data">,
  graph: StageGraph,
): ReadonlyMap<string, Landmarks> {
  return new Map(graph.order.flatMap(({ name, stage }) => {
    if (stage.kind !== "loss") return [];
    const queue = stage.negatives && graph.byName.get(stage.negatives.stage);
    const sizes = { batch: data.batch, negatives: queue?.output?.rows ?? 0 };
    const { definition, options } = stage;
    return [[name, definition.landmarks?.(options, sizes) ?? {}] as const];
  }));
}
