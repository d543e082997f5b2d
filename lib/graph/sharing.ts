/**
 * @file How replicas share a step. Stages that treat each image by itself run
 * on every replica's rows; all others run once and see the whole batch, so that
 * the number of replicas does not change the method.
 */
import * as tf from "@tensorflow/tfjs";
import type { Variable } from "../layers/layer.ts";
import type { Pipeline, Seen } from "../model/pipeline.ts";
import { allMean, allRows, replicaCopy, replicaRows } from "../ops/replicas.ts";
import type { Random } from "../ops/random.ts";
import { isOnReplicas } from "../trace/backend.ts";
import type { StageGraph, WiredStage } from "./stage_graph.ts";

/** Whether a stage reads or gives rows that are no images of the batch. */
export const hasQueue = ({ inputs, built }: WiredStage): boolean =>
  [...Object.values(inputs), ...Object.values(built.outputs)].some((views) =>
    views.some(({ rows }) => rows !== undefined)
  );

/** Whether a stage, or the one that it is a copy of, treats each image by itself. */
export function isPerImage(
  { stage: { definition, links } }: WiredStage,
  { byName }: Pick<StageGraph, "byName">,
): boolean {
  if (!definition.inputsOfLink) return definition.perImage === true;
  return [...links.values()].every((to) => {
    const wired = byName.get(to);
    return wired !== undefined && isPerImage(wired, { byName });
  });
}

/** What a stage sees of the batch; a copy sees what the stage does that it copies. */
function seenBy(
  { name, stage: { definition, links } }: WiredStage,
  { train }: Pick<Pipeline, "train">,
  graph: Pick<StageGraph, "byName">,
): Seen {
  const own = train.perStage.get(name)?.replicas;
  if (own) return own;
  if (definition.objective) return train.replicas?.losses ?? "all";
  const [copied] = definition.inputsOfLink ? links.values() : [];
  const wired = copied === undefined ? undefined : graph.byName.get(copied);
  if (wired) return seenBy(wired, { train }, graph);
  return definition.perImage ? train.replicas?.batchNorm ?? "all" : "all";
}

/** How the stages of a graph run on several replicas. */
export interface Shared {
  /** Stages that run on every replica's rows. */
  readonly onRows: ReadonlySet<string>;
  /** Those of them that see no other rows; else batch norms see all. */
  readonly alone: ReadonlySet<string>;
}

const NOT_SHARED: Shared = { onRows: new Set(), alone: new Set() };

/** Tells how the stages of a graph run on several replicas. */
export function sharedStages(
  pipeline: Pick<Pipeline, "train">,
  graph: Pick<StageGraph, "order" | "byName">,
): Shared {
  const names = (which: (wired: WiredStage) => boolean): ReadonlySet<string> =>
    new Set(graph.order.filter(which).map(({ name }) => name));
  const isAlone = (wired: WiredStage): boolean =>
    seenBy(wired, pipeline, graph) === "per_replica";
  const onRows = names((wired) =>
    isPerImage(wired, graph) ? !hasQueue(wired) : isAlone(wired)
  );
  return { onRows, alone: names((it) => onRows.has(it.name) && isAlone(it)) };
}

/** What all replicas draw together, of which each takes its rows. */
class ReplicaRandom implements Random {
  constructor(
    readonly inner: Random,
    readonly rows: number,
    readonly replicas: number,
  ) {}

  uniform(shape: readonly number[], low?: number, high?: number): tf.Tensor {
    return this.#share(shape, (it) => this.inner.uniform(it, low, high));
  }

  normal(shape: readonly number[]): tf.Tensor {
    return this.#share(shape, (it) => this.inner.normal(it));
  }

  #share(
    shape: readonly number[],
    draw: (shape: readonly number[]) => tf.Tensor,
  ): tf.Tensor {
    const [rows = 0, ...rest] = shape;
    return rows === this.rows
      ? replicaRows(draw([rows * this.replicas, ...rest]), this.replicas)
      : replicaCopy(draw(shape), this.replicas);
  }
}

/** How one step is shared. */
export class Sharing {
  /** Other forms of values that were asked for. */
  readonly #forms = new WeakMap<tf.Tensor, tf.Tensor>();

  /**
   * @param replicas How many there are.
   * @param stages How they run.
   */
  constructor(
    readonly replicas = 1,
    readonly stages: Shared = NOT_SHARED,
  ) {}

  /** Whether a stage runs on every replica's rows. */
  isOnRows(stage: string): boolean {
    return this.stages.onRows.has(stage);
  }

  /** Replicas whose rows a stage's batch norms see together; undefined for its own. */
  together(stage: string): number | undefined {
    return this.isOnRows(stage) && !this.stages.alone.has(stage)
      ? this.replicas
      : undefined;
  }

  /** Rows that a stage sees of so many images. */
  rowsOf(stage: string, images: number): number {
    return this.isOnRows(stage) ? images / this.replicas : images;
  }

  #once(x: tf.Tensor, make: () => tf.Tensor): tf.Tensor {
    let form = this.#forms.get(x);
    if (!form) {
      // Outlives the autodiff scope in which it is asked for.
      form = tf.keep(make());
      this.#forms.set(x, form);
    }
    return form;
  }

  /** A value as one that there is once, with the rows of all replicas. */
  whole(x: tf.Tensor): tf.Tensor {
    return isOnReplicas(x) ? this.#once(x, () => allRows(x, this.replicas)) : x;
  }

  /** A value as each replica has it. */
  rows(x: tf.Tensor): tf.Tensor {
    return this.replicas === 1 || isOnReplicas(x)
      ? x
      : this.#once(x, () => replicaRows(x, this.replicas));
  }

  /** A value as a stage reads it. */
  for(stage: string, x: tf.Tensor): tf.Tensor {
    return this.isOnRows(stage) ? this.rows(x) : this.whole(x);
  }

  /** A variable as a stage reads it; where statistics move, they do so once. */
  variable(stage: string, { role }: Variable, value: tf.Tensor): tf.Tensor {
    if (role === "buffer" || !this.isOnRows(stage)) return value;
    return this.#once(value, () => replicaCopy(value, this.replicas));
  }

  /** Mean of what replicas have; a value that there is once stays as it is. */
  mean(x: tf.Tensor): tf.Tensor {
    return allMean(x, this.replicas);
  }

  /** Random numbers of a stage, drawn for so many images. */
  random(stage: string, random: Random, images: number): Random {
    return this.isOnRows(stage)
      ? new ReplicaRandom(random, images / this.replicas, this.replicas)
      : random;
  }
}
