/** @file Watches a run: takes its signals when they are due, and judges them. */
import { landmarksOf } from "../graph/monitors.ts";
import { outputOf } from "../graph/stage_graph.ts";
import { keyOf, type Spectra } from "../monitor/define.ts";
import { isWatched } from "../monitor/policy.ts";
import { reportedScores } from "../model/probe.ts";
import { SIGNALS, signalsAt } from "../monitor/signals.ts";
import { RunningMean } from "../monitor/verdicts/define.ts";
import type { Verdict } from "../monitor/verdict.ts";
import { type Noticed, Watch } from "../monitor/watch.ts";
import { knownCauses } from "../pipeline/check/causes.ts";
import type { ReportedStep } from "./metrics_file.ts";
import type { StepMetrics, TrainingSession } from "./session.ts";

/** Checks between two looks at the spectrum, which costs more. */
export const SPECTRUM_EVERY = 5;

/** A signal for the progress line. */
export interface Headline {
  /** Its name. */
  readonly figure: string;
  /** Its newest value. */
  readonly value: number;
}

/** What a step brought to light. */
export interface Seen extends Noticed {
  /** What the step reported, with the signals that were due. */
  readonly metrics: StepMetrics;
  /** Eigenvalues of the embeddings' moments, the largest first, where they were due. */
  readonly spectra?: Spectra;
}

const NOTHING: Noticed = { alarms: [], falls: [] };

/**
 * Names of what a run reports, where they are known before its first step. Of
 * signals that are taken less often, those without their stages.
 */
export function reported(
  { pipeline, metrics }: TrainingSession,
): readonly string[] | undefined {
  if (!metrics) return metrics;
  const scores = reportedScores(pipeline.evaluate);
  if (!isWatched(pipeline.monitor)) return [...metrics, ...scores];
  const others = SIGNALS.filter(({ at }) => at !== "step");
  return [...metrics, ...others.map(({ name }) => name), ...scores];
}

/** The monitors of one run. */
export class Monitoring {
  readonly #watch: Watch;
  readonly #watched: boolean;
  readonly #every: number;
  readonly #latest = new Map<string, number>();
  readonly #std = new RunningMean();
  readonly #landmarks: ReturnType<typeof landmarksOf>;
  /** Why the run may fail, as far as the pipeline itself tells. */
  readonly causes: readonly string[];

  constructor(readonly session: TrainingSession) {
    const { pipeline, graph, length } = session;
    const { monitor, train } = pipeline;
    this.#watched = isWatched(monitor);
    this.#every = Math.min(monitor.every, length.stepsPerEpoch);
    this.#landmarks = landmarksOf(graph);
    const { watched } = graph;
    this.causes = knownCauses(pipeline, graph);
    this.#watch = new Watch(monitor, {
      embedding: watched.name,
      features: outputOf(watched)?.[0]?.shape[0] ?? 1,
      losses: this.#landmarks,
      warmup: train.schedule.warmup * length.stepsPerEpoch,
      causes: this.causes,
    });
  }

  /** Whether the last check found a fault. */
  get suspicious(): boolean {
    return this.#watch.suspicious;
  }

  /** Whether it found one that ends the run if it stays. */
  get endangered(): boolean {
    return this.#watch.endangered;
  }

  /** How the run stands. */
  get verdict(): Verdict {
    return this.#watch.verdict;
  }

  /** Steps after which every fault that is watched would have shown. */
  get enough(): number {
    return this.#watch.enough;
  }

  /** Running mean of the spread of the embeddings. */
  get embeddingStd(): number {
    return this.#std.value;
  }

  /** The signal that matters most now: one beyond its threshold, or the spread. */
  get headline(): Headline | undefined {
    if (!this.#watched) return undefined;
    const { worst } = this.#watch;
    return worst ?? { figure: "embedding_std", value: this.embeddingStd };
  }

  /** The newest value of each signal. */
  get signals(): ReadonlyMap<string, number> {
    return this.#latest;
  }

  /** Takes the signals that are due after a step. */
  async observe(stepMetrics: StepMetrics): Promise<Seen> {
    if (!this.#watched) return { metrics: stepMetrics, ...NOTHING };
    const { done } = this.session;
    const metrics: Record<string, number> = {
      ...stepMetrics,
      ...this.#lossSignals(stepMetrics),
    };
    const checked = this.#isDue(done, this.#every);
    if (checked) {
      for (const [key, value] of Object.entries(await this.session.check())) {
        // Of what should not be, only what is.
        if (!key.startsWith("nonfinite:") || value !== 0) metrics[key] = value;
      }
    }
    // One at the first check: what a collapse is later compared with.
    const spectra = (done === this.#every ||
        this.#isDue(done, SPECTRUM_EVERY * this.#every)) &&
        // A matrix that is not of numbers has no eigenvalues.
        Object.values(metrics).every(Number.isFinite)
      ? await this.session.spectrum()
      : undefined;
    if (spectra) Object.assign(metrics, spectralSignals(spectra));
    return {
      metrics,
      ...(spectra ? { spectra } : {}),
      ...this.#take(done, metrics, checked),
    };
  }

  /**
   * Takes steps again, so that a resumed run goes on as if it had not stopped.
   *
   * @returns What was noticed in them.
   */
  replay(steps: Iterable<ReportedStep>): Noticed {
    if (!this.#watched) return NOTHING;
    const noticed = [...steps].map(({ step, metrics }) =>
      this.#take(step, metrics, this.#isDue(step, this.#every))
    );
    return {
      alarms: noticed.flatMap(({ alarms }) => alarms),
      falls: noticed.flatMap(({ falls }) => falls),
    };
  }

  /** The last step is always due: the summary tells of it. */
  #isDue(step: number, every: number): boolean {
    return step % every === 0 || step === this.session.length.steps;
  }

  #take(step: number, metrics: StepMetrics, checked: boolean): Noticed {
    for (const [key, value] of Object.entries(metrics)) {
      this.#latest.set(key, value);
    }
    this.#std.add(metrics["embedding_std"] ?? Number.NaN);
    return this.#watch.observe(step, metrics, checked);
  }

  #lossSignals(metrics: StepMetrics): StepMetrics {
    const signals: Record<string, number> = {};
    for (const [stage, landmarks] of this.#landmarks) {
      const loss = metrics[keyOf("loss", stage)];
      if (loss === undefined) continue;
      for (const { name, measure } of signalsAt("loss")) {
        const value = measure(loss, landmarks);
        if (value !== undefined) signals[keyOf(name, stage)] = value;
      }
    }
    return signals;
  }
}

function spectralSignals(spectra: Spectra): StepMetrics {
  const signals: Record<string, number> = {};
  for (const { name, measure } of signalsAt("spectrum")) {
    const value = measure(spectra);
    if (value !== undefined) signals[name] = value;
  }
  return signals;
}
