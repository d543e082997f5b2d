/** @file What a run remembers of its steps. */
import { SCORES } from "../model/probe.ts";
import type { Fall } from "../monitor/fall.ts";
import type { Alarm } from "../monitor/watch.ts";
import { Averages } from "./averages.ts";
import { Monitoring } from "./monitoring.ts";
import { type MetricsLine, reportedStep } from "./metrics_file.ts";
import type { StepMetrics, TrainingSession } from "./session.ts";
import { judgedOf } from "./judged_lines.ts";
import { finite, type JudgedEpoch } from "./summary.ts";

/** Steps between two checkpoints. */
export const checkpointSteps = (
  { pipeline, length }: TrainingSession,
): number =>
  Math.max(1, Math.round(pipeline.checkpoint.every * length.stepsPerEpoch));

/** What a run remembers of its steps; a resumed one of those before, too. */
export class RunMemory {
  readonly monitoring: Monitoring;
  /** Means since the checkpoint before. */
  readonly averages: Averages = new Averages();
  /** In order. */
  readonly alarms: Alarm[] = [];
  /** Figures that were on their way to a collapse, in order. */
  readonly falls: Fall[] = [];
  /** Scores while it trained, in order. */
  readonly history: JudgedEpoch[] = [];
  #loss: number | null = null;
  #seconds = 0;

  constructor(readonly session: TrainingSession) {
    this.monitoring = new Monitoring(session);
  }

  /** Of the last step; `null` when it is no number. */
  get loss(): number | null {
    return this.#loss;
  }

  /** Seconds of training up to where the run began to go on. */
  get seconds(): number {
    return this.#seconds;
  }

  /** Takes what a step reported. */
  add(metrics: StepMetrics): void {
    this.averages.add(metrics);
    this.#loss = finite(metrics["loss"] ?? Number.NaN);
  }

  /** Takes lines of `metrics.jsonl`, up to where a run goes on; in order, some at a time. */
  recall(lines: readonly MetricsLine[]): void {
    const { session } = this;
    const scheduled = Object.keys(session.scheduled);
    const reported = lines.map((line) => reportedStep(line, scheduled));
    const { done, length: { shift } } = session;
    this.averages.recall(reported, checkpointSteps(session), done, shift);
    this.history.push(...lines.flatMap((line) => judgedOf(line) ?? []));
    // Scores are not watched.
    const { alarms, falls } = this.monitoring.replay(
      lines.map((line) => reportedStep(line, [...scheduled, ...SCORES])),
    );
    this.alarms.push(...alarms);
    this.falls.push(...falls);
    const last = lines.at(-1);
    if (!last) return;
    this.#loss = last["loss"] ?? null;
    this.#seconds = last["seconds"] ?? this.#seconds;
  }
}
