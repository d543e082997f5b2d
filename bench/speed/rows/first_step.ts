/** @file From the command to the first step, with everything in caches. */
import type { Bench } from "../bench.ts";
import { caseId, caseName, CASES, changes, pipelineOf } from "./names.ts";

const BATCH = 128;

/** Seconds; one precision and the small network, the rest is no part of a start. */
export const firstStepBenches: readonly Bench[] = CASES
  .filter(({ size, precision }) => size === "small" && precision === "float32")
  .map((it) => ({
    id: `start-${caseId(it)}`,
    group: "against",
    title: `command to first step, ${caseName(it)}, batch ${BATCH}`,
    timing: "first-step",
    unit: "seconds",
    sides: [
      {
        name: "Stopgrad",
        ways: {
          run: {
            host: "ours",
            job: {
              job: "first-step",
              pipeline: pipelineOf(it),
              set: changes(it, BATCH),
            },
          },
        },
      },
      {
        name: "lightly",
        ways: {
          script: {
            host: "theirs",
            job: { job: "first-step", ...it, batch: BATCH },
          },
        },
      },
    ],
    target: { bound: "most", ratio: 0.7 },
  }));
