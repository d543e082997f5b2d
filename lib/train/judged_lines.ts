/** @file Scores of a run while it trains, as lines of `metrics.jsonl` have them. */
import type { Scores } from "../evaluate/evaluate.ts";
import { SCORES } from "../model/probe.ts";
import type { MetricsLine } from "./metrics_file.ts";
import type { JudgedEpoch } from "./summary.ts";

/** Scores that are numbers, as metrics. */
export const asMetrics = (scores: Scores): Readonly<Record<string, number>> =>
  Object.fromEntries(
    SCORES.flatMap((key) => {
      const value = scores[key];
      return typeof value === "number" ? [[key, value]] : [];
    }),
  );

/** What a line says of a judgement, where there was one after its step. */
export function judgedOf(line: MetricsLine): JudgedEpoch | undefined {
  const { step, epoch, knn = null, linear = null, accuracy } = line;
  if (SCORES.every((key) => line[key] === undefined)) return undefined;
  return {
    step: step ?? 0,
    epoch: epoch ?? 0,
    knn,
    linear,
    ...(typeof accuracy === "number" ? { accuracy } : {}),
  };
}
