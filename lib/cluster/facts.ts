/** @file What has to be the same in all tasks, compared before anything starts. */
import { differences } from "../train/resume.ts";
import type { Facts } from "./messages.ts";

/** So many differences of two pipelines are told. */
const MOST_TOLD = 8;

/** In what a task differs from the first, a line each. */
export function factsApart(first: Facts, other: Facts, task: number): string[] {
  const same = new Set([
    ...Object.keys(first.same),
    ...Object.keys(other.same),
  ]);
  const apart = [...same].filter((name) =>
    first.same[name] !== other.same[name]
  ).map((name) =>
    `${name}: ${first.same[name] ?? "not given"} in task 0, ${
      other.same[name] ?? "not given"
    } in task ${task}`
  );
  // A task that cannot see the run knows nothing of its pipeline.
  const pipeline = other.pipeline === undefined
    ? []
    : differences(first.pipeline, other.pipeline).map((one) =>
      `pipeline: ${one}`
    );
  const more = pipeline.length - MOST_TOLD;
  return [
    ...apart,
    ...pipeline.slice(0, MOST_TOLD),
    ...(more > 0 ? [`pipeline: ${more} more`] : []),
  ];
}
