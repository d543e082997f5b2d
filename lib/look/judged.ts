/**
 * @file What the monitors of a run saw, found again from its metrics: where
 * each threshold lay, and where it was passed.
 */
import { landmarksOf } from "../graph/monitors.ts";
import { outputOf, type StageGraph } from "../graph/stage_graph.ts";
import type { Pipeline } from "../model/pipeline.ts";
import type { Monitor } from "../monitor/policy.ts";
import { signalsAt } from "../monitor/signals.ts";
import type { Landmarks } from "../monitor/define.ts";
import type { Fall } from "../monitor/fall.ts";
import type { Verdict } from "../monitor/verdict.ts";
import { type Alarm, Watch } from "../monitor/watch.ts";
import { type Columns, LOST } from "./columns.ts";

/** What a judge has to know of a run; plain data. */
export interface JudgeFacts {
  readonly monitor: Monitor;
  /** Stage whose embeddings are watched. */
  readonly embedding: string;
  /** Numbers of an embedding. */
  readonly features: number;
  readonly losses: readonly (readonly [string, Landmarks])[];
  /** Epochs of linear warm-up. */
  readonly warmup: number;
}

/** The facts of a pipeline. */
export function judgeFacts(
  { pipeline: { monitor, train }, graph }: {
    readonly pipeline: Pipeline;
    readonly graph: StageGraph;
  },
): JudgeFacts {
  const { watched } = graph;
  return {
    monitor,
    embedding: watched.name,
    features: outputOf(watched)?.[0]?.shape[0] ?? 1,
    losses: [...landmarksOf(graph)],
    warmup: train.schedule.warmup,
  };
}

/** A threshold over the run: it holds from each step to the next that is told. */
export interface Threshold {
  /** Key of the figure in `metrics.jsonl`. */
  readonly figure: string;
  /** Stage that it is about. */
  readonly stage: string;
  /** What it says when it is passed. */
  readonly meaning: string;
  readonly steps: number[];
  readonly values: number[];
}

/** Signals that tell a step in which a check was. */
const CHECKED = signalsAt("check").map(({ name }) => name)
  .filter((name) => name !== "nonfinite");

/** Judges the rows of a run once more, as they come. */
export class Judge {
  readonly #facts: JudgeFacts;
  #watch: Watch | undefined;
  #rows = 0;
  readonly #thresholds = new Map<string, Threshold>();
  readonly #alarms: Alarm[] = [];
  readonly #falls: Fall[] = [];

  constructor(facts: JudgeFacts) {
    this.#facts = facts;
  }

  /** Thresholds so far, by the figure that is held against them. */
  get thresholds(): readonly Threshold[] {
    return [...this.#thresholds.values()];
  }

  /** Alarms so far, in order. */
  get alarms(): readonly Alarm[] {
    return this.#alarms;
  }

  /** Figures that were seen on their way to a collapse, in order. */
  get falls(): readonly Fall[] {
    return this.#falls;
  }

  /** How the run stands. */
  get verdict(): Verdict {
    return this.#watch?.verdict ?? "too_short";
  }

  /** Takes the rows that are new. */
  take(columns: Columns): void {
    const { keys } = columns;
    const watch = this.#start(columns);
    if (!watch) return;
    const checks = keys.filter((key) =>
      CHECKED.includes(key.split(":")[0] as string)
    ).flatMap((key) => columns.get(key) ?? []);
    const measured = keys.filter((key) => !SETTINGS.test(key))
      .map((key) => [key, columns.get(key) as Float32Array] as const);
    for (; this.#rows < columns.rows; this.#rows++) {
      const metrics: Record<string, number> = {};
      for (const [key, column] of measured) {
        const value = column[this.#rows] as number;
        if (!Number.isNaN(value)) metrics[key] = value === LOST ? NaN : value;
      }
      const checked = checks.some((one) => !Number.isNaN(one[this.#rows]));
      const step = columns.steps[this.#rows] as number;
      const { alarms, falls } = watch.observe(step, metrics, checked);
      this.#alarms.push(...alarms);
      this.#falls.push(...falls);
      if (checked) this.#note(watch, step);
    }
  }

  #start(columns: Columns): Watch | undefined {
    if (this.#watch || columns.rows === 0) return this.#watch;
    const { monitor, losses, warmup, embedding, features } = this.#facts;
    return this.#watch = new Watch(monitor, {
      embedding,
      features,
      losses: new Map(losses),
      warmup: warmup * (stepsPerEpoch(columns) ?? 1),
    });
  }

  #note(watch: Watch, step: number): void {
    for (const { figure, stage, threshold, meaning } of watch.readings) {
      if (threshold === undefined || !Number.isFinite(threshold)) continue;
      const known = this.#thresholds.get(figure) ??
        { figure, stage, meaning, steps: [], values: [] };
      this.#thresholds.set(figure, known);
      if (known.values.at(-1) === threshold) continue;
      known.steps.push(step);
      known.values.push(threshold);
    }
  }
}

/** What a line tells of the step beside what it measured: no rule reads it. */
const SETTINGS = /^(step|epoch|time|lr|tau|seconds)(:|$)/;

/** Steps of an epoch, as the rows tell it. */
export function stepsPerEpoch(columns: Columns): number | undefined {
  const epoch = columns.get("epoch")?.at(-1);
  return epoch !== undefined && epoch > 0 && Number.isFinite(epoch)
    ? columns.lastStep / epoch
    : undefined;
}
