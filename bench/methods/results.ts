/** @file What a training of a method gives, and what is kept of it. */

import type { FirstWeights } from "../../lib/layers/first_weights.ts";
import { spreadOf } from "../seeds.ts";
import { median } from "../speed/statistics.ts";
import type { ProtocolName } from "./protocols.ts";

/** Accuracies in 0..1. */
export interface Accuracies {
  /** k = 20, temperature 0.1. */
  readonly knn: number;
  /** Logistic regression to its end. */
  readonly linear: number;
}

/** What one training gave. */
export interface Outcome {
  readonly epochs: number;
  readonly verdict: string;
  readonly trained: Accuracies;
  /** The same network with the same seed's first weights. */
  readonly untrained: Accuracies;
}

/** What a process is to train. */
export interface Order {
  readonly file: string;
  readonly protocol: ProtocolName;
  /** Image files of CIFAR-10. */
  readonly cifar?: string | undefined;
  /** What `--set` says beside the protocol. */
  readonly set: readonly string[];
}

/** What tells trainings apart. */
export interface Key {
  /** File below `pipelines/`, without its ending. */
  readonly method: string;
  /** What it trained on, and how long. */
  readonly protocol: ProtocolName;
  readonly seed: number;
  /** How its encoder's weights started, where not as the file says. */
  readonly init?: FirstWeights;
}

/** One training. */
export type Result = Key & Outcome & { readonly date: string };

/** What timing one method's step gave. */
export interface Timing {
  /** Images of a step. */
  readonly batch: number;
  /** CPU time of each step on one thread, of all threads that the process has. */
  readonly seconds: readonly number[];
  /** Most that the process held. */
  readonly megabytes: number;
}

/** A timing that is kept. */
export type Timed = Timing & { readonly method: string; readonly date: string };

/** Images a second of CPU time, by the median of all steps; undefined where there is none. */
export function imagesPerSecond(timed: readonly Timed[]): number | undefined {
  const seconds = timed.flatMap(({ batch, seconds }) =>
    seconds.map((one) => one / batch)
  );
  return seconds.length > 0 ? 1 / median(seconds) : undefined;
}

/** Trainings by a protocol with the first weights of their files. */
export const asFiled = (
  results: readonly Result[],
  protocol: ProtocolName,
): readonly Result[] =>
  results.filter((one) => one.protocol === protocol && !one.init);

/** `68.3 ± 0.4`, in per cent, over the seeds. */
export function percent(
  results: readonly Result[],
  kind: "trained" | "untrained",
  score: keyof Accuracies,
): string {
  const shares = results.map((one) => 100 * one[kind][score]);
  const { mean, deviation, count } = spreadOf(shares);
  const shown = mean.toFixed(1);
  return count > 1 ? `${shown} ± ${deviation.toFixed(1)}` : shown;
}
