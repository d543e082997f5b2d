/** @file Signals of a graph of stages: in the step, and in programs beside it. */
import * as tf from "@tensorflow/tfjs";
import type { Variable } from "../layers/layer.ts";
import {
  type CheckInputs,
  keyOf,
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
import { type Landmarks, OUTPUT } from "../stages/define.ts";
import {
  asRows,
  HIDDEN,
  MADE,
  STUDENT,
  TARGET,
  TEACHER,
} from "../stages/define_loss.ts";
import type { Execution, Traceable, VariableRef } from "../trace/execution.ts";
import type { StageValues } from "./forward.ts";
import type { Sharing } from "./sharing.ts";
import {
  isObjective,
  outputOf,
  type StageGraph,
  trainedOf,
} from "./stage_graph.ts";
import type { Gradients } from "./step_gradients.ts";

/** Scalars by their keys in `metrics.jsonl`. */
export type Scalars = Readonly<Record<string, tf.Tensor>>;

/** Names of the spectra that {@linkcode spectrumProgram} gives. */
export const SPECTRA = ["covariance", "moment"] as const;

/** Embeddings of the last step, a variable a view; no part of a checkpoint. */
function embeddingsOf(
  batch: number,
  { watched }: StageGraph,
): readonly VariableRef[] {
  return (outputOf(watched) ?? []).map(({ shape, rows = batch }, view) => ({
    path: `monitor/embedding/view${view}`,
    shape: [rows, ...shape],
    dtype: "float32",
  }));
}

const momentsOf = ({ watched }: StageGraph): Moments<Variable> =>
  momentVariables(outputOf(watched)?.[0]?.shape[0] ?? 1);

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

/** What losses compare, for those signals that read it, by the losses' names. */
function comparedIn(
  { order }: StageGraph,
  values: StageValues,
  sharing: Sharing,
): Pick<StepInputs, "assignments" | "predictions"> {
  const losses = order.filter(({ stage }) => isObjective(stage));
  const of = (loss: string, side: string): readonly tf.Tensor[] =>
    values.get(loss)?.[side]?.map((x) => sharing.whole(x)) ?? [];
  const rowsOf = (loss: string, side: string): tf.Tensor2D | undefined => {
    const views = of(loss, side).map(asRows);
    return views.length > 0 ? tf.concat(views, 0) as tf.Tensor2D : undefined;
  };
  const assignments = losses.flatMap(({ name }) => {
    const [student, target] = [rowsOf(name, STUDENT), rowsOf(name, TARGET)];
    return student && target ? [[name, { student, target }] as const] : [];
  });
  const predictions = losses.flatMap(({ name }) => {
    const [made, hidden] = [rowsOf(name, MADE), rowsOf(name, HIDDEN)];
    const teacher = of(name, TEACHER) as tf.Tensor3D[];
    return made && hidden ? [[name, { made, hidden, teacher }] as const] : [];
  });
  return {
    assignments: new Map(assignments),
    predictions: new Map(predictions),
  };
}

/** Signals of every step; leaves the embeddings to the check. */
export function measureStep(
  execution: Execution,
  batch: number,
  graph: StageGraph,
  values: StageValues,
  gradients: Gradients,
  sharing: Sharing,
): Scalars {
  const views = (values.get(graph.watched.name)?.[OUTPUT] ?? [])
    .map((x) => sharing.whole(x));
  embeddingsOf(batch, graph).forEach((variable, view) => {
    execution.assign(variable, views[view] as tf.Tensor);
  });
  const trained = graph.order.filter((wired) => trainedOf(wired).length > 0);
  const inputs = {
    embedding: views[0] as tf.Tensor2D,
    gradients: new Map(trained.map((wired) => [
      wired.name,
      trainedOf(wired).map((one) => gradients.get(one) as tf.Tensor),
    ])),
    ...comparedIn(graph, values, sharing),
  };
  return Object.assign(
    {},
    ...signalsAt("step").map((signal) =>
      named(signal.name, signal.measure(inputs))
    ),
  );
}

/** Signals of the last step's embeddings and of the variables after it. */
export function checkProgram(
  batch: number,
  graph: StageGraph,
): Traceable {
  return (execution) => {
    const read = (variable: VariableRef) => execution.read(variable);
    const views = embeddingsOf(batch, graph).map(read) as tf.Tensor2D[];
    const variables = momentsOf(graph);
    const moments = updateMoments(readMoments(execution, variables), views);
    for (const key of MOMENTS) execution.assign(variables[key], moments[key]);
    const twins = graph.order.flatMap(({ name, built: { follows = [] } }) => {
      const weights = follows.filter(([{ role }]) => role !== "buffer");
      const target = weights.map(([twin]) => read(twin));
      const online = weights.map(([, source]) => read(source));
      return weights.length > 0 ? [[name, { target, online }] as const] : [];
    });
    const inputs: CheckInputs = {
      views: views.map((view) => l2Normalize(view)),
      covariance: covarianceOf(moments),
      twins: new Map(twins),
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
export const landmarksOf = (
  { order }: Pick<StageGraph, "order">,
): ReadonlyMap<string, Landmarks> =>
  new Map(
    order.filter(({ stage }) => isObjective(stage)).map(({ name, built }) => [
      name,
      built.landmarks ?? {},
    ]),
  );
