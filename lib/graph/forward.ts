/** @file Runs the stages of a graph in order. */
import * as tf from "@tensorflow/tfjs";
import type { Run } from "../layers/layer.ts";
import type {
  AugmentStage,
  LossStage,
  Reference,
  Stage,
  TransformStep,
} from "../pipeline/pipeline.ts";
import { nearestRows } from "../ops/nearest_rows.ts";
import { l2Normalize } from "../ops/normalize.ts";
import type { Random } from "../ops/random.ts";
import { stopGradient } from "../ops/stop_gradient.ts";
import { guarded } from "./guard.ts";
import { pairsOf } from "./pairs.ts";
import type { StageGraph, WiredStage } from "./stage_graph.ts";

/** Values of a stage, one a view. */
export type Views = readonly tf.Tensor[];

/** What running the stages needs besides the graph. */
export interface Surroundings {
  readonly run: Run;
  /** Images, planar, float32 in 0..1: `[batch, channels, height, width]`. */
  readonly images: tf.Tensor4D;
  /** A stream of random numbers for a place. */
  random(place: string): Random;
}

/** Values of all stages, and the sum of the losses. */
export interface Forward {
  readonly values: ReadonlyMap<string, Views>;
  readonly loss: tf.Scalar;
  /** Each loss stage's own value, before its weight. */
  readonly losses: ReadonlyMap<string, tf.Scalar>;
}

/** Applies transforms and turns planar images into `[batch, height, width, channels]`. */
export function augment(
  images: tf.Tensor4D,
  steps: readonly TransformStep[],
  random: Random,
  stage: string,
): tf.Tensor4D {
  const planar = steps.reduce((value, { definition, options }) => {
    const [batch, ...shape] = value.shape;
    const after = definition.shape(shape as [number, number, number], options);
    return guarded(
      definition.name,
      stage,
      [batch, ...after],
      () => definition.apply(value, options, random),
    );
  }, images);
  return tf.transpose(planar, [0, 2, 3, 1]);
}

/** Views of the images, for every augment stage. Needs no gradients. */
export function augmentAll(
  graph: StageGraph,
  { run, images, random }: Surroundings,
): Map<string, Views> {
  const values = new Map<string, Views>();
  for (const { name, stage } of graph.order) {
    if (stage.kind !== "augment") continue;
    values.set(name, augmentViews(name, stage, images, random, run));
  }
  return values;
}

function augmentViews(
  name: string,
  stage: AugmentStage,
  images: tf.Tensor4D,
  random: Surroundings["random"],
  run: Run,
): Views {
  return stage.views.map((steps, view) =>
    run.scope(
      `${name}/view${view}`,
      () => augment(images, steps, random(`${name}/view${view}`), name),
    )
  );
}

/** Runs every stage after the augmentations. */
export function forward(
  graph: StageGraph,
  augmented: ReadonlyMap<string, Views>,
  run: Run,
): Forward {
  const values = new Map<string, Views>(augmented);
  const losses = new Map<string, tf.Scalar>();
  const pick = (reference: Reference): Views => {
    const views = values.get(reference.stage) as Views;
    const picked = reference.view === undefined
      ? views
      : [views[reference.view] as tf.Tensor];
    return reference.stopGradient ? picked.map(stopGradient) : picked;
  };
  const network = (wired: WiredStage, of: Reference): Views =>
    pick(of).map((x) => runNetwork(graph, wired, x, run));

  const compute: {
    readonly [K in Stage["kind"]]: (
      wired: WiredStage,
      stage: Extract<Stage, { kind: K }>,
    ) => void;
  } = {
    augment: () => {},
    module: (wired, { of }) => values.set(wired.name, network(wired, of)),
    ema: (wired, { of }) =>
      values.set(wired.name, network(wired, of).map(stopGradient)),
    stop_gradient: ({ name }, { of }) =>
      values.set(name, pick(of).map(stopGradient)),
    queue: ({ name, variables }) =>
      values.set(name, variables.map(run.read, run)),
    nearest: ({ name }, { of, queue }) => {
      const banks = pick(queue);
      const found = pick(of).map((x, i) => {
        const bank = banks[banks.length > 1 ? of.view ?? i : 0];
        return nearestRows(x as tf.Tensor2D, bank as tf.Tensor2D);
      });
      values.set(name, found);
    },
    loss: ({ name }, stage) =>
      losses.set(name, lossValue(graph, name, stage, pick)),
  };
  for (const wired of graph.order) {
    run.scope(wired.name, () => {
      compute[wired.stage.kind](wired, wired.stage as never);
    });
  }
  const weighted = [...losses].map(([name, value]) => {
    const { weight } = graph.byName.get(name)?.stage as LossStage;
    return weight === 1 ? value : tf.mul(value, weight) as tf.Scalar;
  });
  return { values, losses, loss: tf.addN(weighted) as tf.Scalar };
}

/** Name of the network that a stage runs, or whose twin it is. */
/** Runs a network stage on one view. */
export function runNetwork(
  graph: StageGraph,
  wired: WiredStage,
  x: tf.Tensor,
  run: Run,
): tf.Tensor {
  const { name, layer, output } = wired;
  const shape = [x.shape[0] as number, ...output?.shape ?? []];
  return guarded(
    definitionOf(graph, wired),
    name,
    shape,
    () => layer?.(x, run) as tf.Tensor,
  );
}

function definitionOf(graph: StageGraph, { stage }: WiredStage): string {
  const source = stage.kind === "ema"
    ? graph.byName.get(stage.source)?.stage
    : stage;
  return source?.kind === "module" ? source.definition.name : "";
}

/** Mean of a loss over its pairs of views. */
function lossValue(
  graph: StageGraph,
  name: string,
  stage: LossStage,
  pick: (reference: Reference) => Views,
): tf.Scalar {
  const [left, right] = stage.between;
  const signature = ({ stage: name }: Reference) =>
    graph.byName.get(name)?.output ?? { views: 0, shape: [] };
  const pairs = pairsOf(stage, signature(left), signature(right));
  const [a, b] = [pick(left), pick(right)];
  const negatives = stage.negatives && pick(stage.negatives);
  // A reference to one view gives a list of one.
  const of = (views: Views, { view }: Reference, index: number): tf.Tensor2D =>
    views[view === undefined ? index : 0] as tf.Tensor2D;
  const terms = pairs.map(([i, j]) => {
    const rows = negatives?.[negatives.length > 1 ? j : 0];
    return guarded(
      stage.definition.name,
      name,
      [],
      () =>
        stage.definition.apply(
          of(a, left, i),
          of(b, right, j),
          stage.options,
          rows ? { negatives: rows as tf.Tensor2D } : {},
        ),
    );
  });
  return tf.div(tf.addN(terms), terms.length) as tf.Scalar;
}

/** Puts the newest rows in front of a queue and drops the oldest. */
export function enqueue(queue: tf.Tensor2D, rows: tf.Tensor2D): tf.Tensor2D {
  const keep = (queue.shape[0] as number) - (rows.shape[0] as number);
  const unit = l2Normalize(rows);
  return keep > 0
    ? tf.concat([unit, tf.slice(queue, 0, keep)], 0)
    : tf.slice(unit, 0, queue.shape[0] as number);
}
