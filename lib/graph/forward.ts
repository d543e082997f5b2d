/** @file Runs the stages of a graph. */
import * as tf from "@tensorflow/tfjs";
import { stopGradient } from "../ops/stop_gradient.ts";
import type { Reference, Stage } from "../model/pipeline.ts";
import { SOURCES } from "../model/reference.ts";
import { OUTPUT, type Type, type Values } from "../stages/define.ts";
import { expectShape, expectViews, runUserCode } from "../stages/user_code.ts";
import { isUserFile } from "../stages/user_file.ts";
import { edgesOf } from "./edges.ts";
import type { WiredStage } from "./stage_graph.ts";
import type { StepRun } from "./step_run.ts";

/** Outputs of the stages that ran, and the data, by name. */
export type StageValues = Map<string, Values>;

/** Whether a tensor is one that gradients can flow into. */
const isReal = ({ dtype }: tf.Tensor): boolean => dtype === "float32";

/** The value alone. It is kept: what a stage does after the step reads it too. */
const stopped = (x: tf.Tensor): tf.Tensor =>
  isReal(x) ? tf.keep(stopGradient(x)) : x;

/** The views that a reference reads. */
function pick(
  { stage, output = OUTPUT, view, range }: Reference,
  values: StageValues,
): readonly tf.Tensor[] {
  const views = values.get(stage)?.[output] ?? [];
  if (view !== undefined) return views.slice(view, view + 1);
  return range ? views.slice(...range) : views;
}

/** Stages whose values depend, along gradients, on trained weights. */
export function trainedBelow(
  order: readonly Pick<
    WiredStage,
    "name" | "stage" | "trainable" | "variables"
  >[],
): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { name, stage, trainable, variables } of order) {
    const owns = trainable &&
      variables.some(({ role }) => role !== "buffer");
    const reads = edgesOf(stage).some(({ gradient, to }) =>
      gradient && found.has(to)
    );
    if (owns || reads) found.add(name);
  }
  return found;
}

/** What a stage reads, by input; gradients end where its inputs let none through. */
export function inputsOf(
  stage: Stage,
  values: StageValues,
  learns: ReadonlySet<string>,
): Values {
  const inputs: Record<string, readonly tf.Tensor[]> = {};
  const edges = edgesOf(stage).filter(({ kind }) => kind === "data");
  const { definition } = stage;
  for (const [name] of stage.inputs) {
    const read = edges.filter(({ path }) => path[0] === name).map((edge) => {
      const views = pick(edge.reference as Reference, values);
      const cuts = edge.stopped || (!edge.gradient && learns.has(edge.to));
      return cuts ? views.map(stopped) : views;
    });
    if (definition.inputs[name]?.sides === undefined) {
      inputs[name] = read.flat();
    } else {
      read.forEach((views, side) => {
        inputs[`${name}.${side}`] = views;
      });
    }
  }
  return inputs;
}

const shapeOf = ({ shape, rows }: Type, batch: number): number[] => [
  rows ?? batch,
  ...shape,
];

/** Inputs as a stage sees them: rows of a replica, or the whole batch. */
const sharedInputs = (
  { name, inputs: types }: WiredStage,
  inputs: Values,
  { sharing }: StepRun,
): Values =>
  Object.fromEntries(
    Object.entries(inputs).map(([input, views]) => [
      input,
      views.map((x, i) =>
        // A queue's rows are no replica's.
        types[input]?.[i]?.rows === undefined
          ? sharing.for(name, x)
          : sharing.whole(x)
      ),
    ]),
  );

/** Outputs of a stage; a user's own are looked at. */
function outputsOf(
  { name, stage: { definition }, built, code, owner }: WiredStage,
  inputs: Values,
  run: StepRun,
  images: number,
): Values {
  return runUserCode(code, name, () => {
    const own = run.of(name, owner);
    const given = built.apply(inputs, own);
    const [loss] = definition.objective ? given["loss"] ?? [] : [];
    if (!isUserFile(code)) return withMean(given, loss, run);
    if (definition.objective) expectShape(loss, []);
    const all = withMean(given, loss, run);
    const batch = run.sharing.rowsOf(name, images);
    for (const [output, views] of Object.entries(built.outputs)) {
      if (!all[output] && !own.reads(output)) continue;
      expectViews(output, all, views.length);
      views.forEach((type, view) =>
        expectShape(
          all[output]?.[view],
          shapeOf(type, batch),
          output === OUTPUT ? "" : output,
        )
      );
    }
    return all;
  });
}

/** What replicas find a loss to be, each of its rows, is averaged. */
const withMean = (
  all: Values,
  loss: tf.Tensor | undefined,
  { sharing }: StepRun,
): Values => loss ? { ...all, loss: [sharing.mean(loss)] } : all;

/** Whether a stage reads data alone, and so needs no gradients: views, masks. */
function readsDataAlone(
  { stage, variables }: WiredStage,
  before: ReadonlySet<string>,
): boolean {
  return variables.length === 0 && stage.links.size === 0 &&
    edgesOf(stage).every(({ to }) => SOURCES.includes(to) || before.has(to));
}

/** Stages that come before all weights and so need no gradients; and the others. */
export function beforeWeights(
  order: readonly WiredStage[],
): {
  readonly before: readonly WiredStage[];
  readonly after: readonly WiredStage[];
} {
  const names = new Set<string>();
  for (const wired of order) {
    if (readsDataAlone(wired, names)) names.add(wired.name);
  }
  return {
    before: order.filter(({ name }) => names.has(name)),
    after: order.filter(({ name }) => !names.has(name)),
  };
}

/** Runs stages one after another; their outputs join the values. */
export function runStages(
  stages: readonly WiredStage[],
  values: StageValues,
  run: StepRun,
  learns: ReadonlySet<string>,
  batch: number,
): void {
  for (const wired of stages) {
    run.execution.scope(wired.name, () => {
      const inputs = sharedInputs(
        wired,
        inputsOf(wired.stage, values, learns),
        run,
      );
      values.set(wired.name, outputsOf(wired, inputs, run, batch));
    });
  }
}
