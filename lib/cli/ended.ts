/** @file A run that has nothing left to do, known by its record: no image is read for it. */
import { readSummary, type RunSummary } from "../look/list_runs.ts";
import { askedScores } from "../model/probe.ts";
import type { Resumable } from "../train/resume.ts";
import { runLength } from "../train/run_length.ts";
import { integer } from "./format.ts";
import { score } from "./reporter.ts";

/** Names of the scores, for people. */
const NAMES = {
  knn: "kNN",
  linear: "linear probe",
  accuracy: "accuracy",
} as const;

const balancedOf = (summary: RunSummary, key: string): number | undefined => {
  const value = summary[`${key}_balanced`];
  return typeof value === "number" ? value : undefined;
};

/**
 * What there is to say of a run that is trained to its end and has every score
 * that its pipeline asks for; `undefined` where something is left to do, or
 * where that cannot be told.
 */
export async function endedText(
  { loaded: { pipeline }, point, changes }: Resumable,
): Promise<string | undefined> {
  const { checkpoint, origin, folder } = point;
  if (changes.length > 0 || !checkpoint || !origin.data) return undefined;
  const { steps } = runLength(pipeline, origin.data.images, origin.progress);
  const { step } = checkpoint.entry;
  const summary = await readSummary(folder);
  if (step < steps || summary?.steps !== step) return undefined;
  const asked = askedScores(pipeline.evaluate);
  if (asked.some((key) => typeof summary[key] !== "number")) return undefined;
  const scores = asked.map((key) =>
    `${NAMES[key]} ${score(summary[key] ?? null, balancedOf(summary, key))}`
  );
  return [
    `Nothing is left to train: ${
      integer(step)
    } steps are done, and the run has ${
      integer(steps)
    } (--epochs makes it longer)`,
    ...(scores.length > 0 ? [`It has its scores: ${scores.join(", ")}`] : []),
  ].join("\n");
}
