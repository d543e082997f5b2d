/** @file What a run leaves at its end. */
import type { Device } from "../engine/open.ts";
import type { Scores } from "../evaluate/evaluate.ts";
import type { Fall } from "../monitor/fall.ts";
import type { Verdict } from "../monitor/verdict.ts";
import type { Compared } from "./compared.ts";
import type { Alarm } from "../monitor/watch.ts";

/** Scores of a run while it trained. */
export interface JudgedEpoch {
  /** Counted from 1. */
  readonly step: number;
  /** With a fraction. */
  readonly epoch: number;
  /** kNN accuracy in 0..1; `null` where it was not asked for. */
  readonly knn: number | null;
  /** Accuracy of the linear probe in 0..1; `null` where it was not asked for. */
  readonly linear: number | null;
  /** Accuracy of the pipeline's own classifier, in 0..1. */
  readonly accuracy?: number;
}

/** Scores of the weights that a run had before it went wrong. */
export interface LastHealthy extends Omit<Scores, "protocol"> {
  /** File of the checkpoint, from the run's folder. */
  readonly checkpoint: string;
  /** Step that it was written after. */
  readonly step: number;
}

/** Contents of `summary.json`. */
export interface Summary {
  /** The pipeline's name. */
  readonly pipeline: string;
  /** Steps of the run. */
  readonly steps: number;
  /** Epochs of the run. */
  readonly epochs: number;
  /**
   * Of training, without loading, compiling, evaluating and the time between
   * an interruption and its end.
   */
  readonly seconds: number;
  /** Since it was last resumed, if it was. */
  readonly images_per_second: number;
  /** Of the last step; `null` when it is no number. */
  readonly loss: number | null;
  /**
   * Accuracies in 0..1 of the weights that the run ended with; of one that was
   * stopped, as it was stopped. `null` where `note` says why.
   */
  readonly knn: number | null;
  /** Accuracy of a linear probe, in 0..1. */
  readonly linear: number | null;
  /** Mean of the classes' own accuracies, which their sizes do not sway. */
  readonly knn_balanced?: number;
  /** Mean of the classes' own accuracies, which their sizes do not sway. */
  readonly linear_balanced?: number;
  /** Accuracy of the pipeline's own classifier, in 0..1. */
  readonly accuracy?: number;
  /** Mean of the classes' own accuracies, which their sizes do not sway. */
  readonly accuracy_balanced?: number;
  /** How each score was come by, in words. */
  readonly protocol?: NonNullable<Scores["protocol"]>;
  /** Scores while it trained, of a run with `evaluate.every`. */
  readonly history?: readonly JudgedEpoch[];
  /** Scores from before it went wrong, of a run that was stopped. */
  readonly last_healthy?: LastHealthy;
  /** Of a run that went wrong: what its scores are to be seen beside. */
  readonly compared?: Compared;
  /** Bootstrap over the test images, 95 %. */
  readonly knn_interval?: readonly [number, number];
  /** Bootstrap over the test images, 95 %. */
  readonly linear_interval?: readonly [number, number];
  /** Running mean of the collapse signal. */
  readonly embedding_std: number | null;
  /** What became of the run: the gravest fault that was there at its end. */
  readonly verdict: Verdict;
  /** Steps after which every fault that is watched would have shown. */
  readonly judged_from: number;
  /** The newest value of every signal, by its key in `metrics.jsonl`. */
  readonly signals: Readonly<Record<string, number | null>>;
  /** Every fault that was found, in order. */
  readonly alarms: readonly Alarm[];
  /** Every figure that was seen on its way to a collapse, in order. */
  readonly falls: readonly Fall[];
  /** File of the last checkpoint that was written while the run looked healthy. */
  readonly last_healthy_checkpoint: string | null;
  /** Such as `TensorFlow 2.21.0`. */
  readonly engine: string;
  /** Where it ran. */
  readonly device: Device;
  /** Why a score is missing, and what is odd about the labels. */
  readonly note?: string;
}

/** How a run ended. */
export interface TrainResult {
  /** The run's folder. */
  readonly folder: string;
  /** What `summary.json` holds. */
  readonly summary: Summary;
  /** The fault that stopped the run, or the first that it was warned of. */
  readonly alarm?: Alarm;
  /** `interrupted` runs can be resumed. */
  readonly end: "finished" | "stopped" | "interrupted";
}

/** A number as JSON can hold it. */
export const finite = (value: number): number | null =>
  Number.isFinite(value) ? value : null;

/** Numbers by name, as JSON can hold them. */
export const finites = (
  metrics: Iterable<readonly [string, number]>,
): Readonly<Record<string, number | null>> =>
  Object.fromEntries(
    [...metrics].map(([name, value]) => [name, finite(value)]),
  );
