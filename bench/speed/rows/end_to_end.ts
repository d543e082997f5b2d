/** @file Training as a user does it, with augmentation, against lightly. */
import type { Bench, Worker } from "../bench.ts";
import type { Size } from "../jobs.ts";
import { caseId, caseName, CASES, changes, pipelineOf } from "./names.ts";

const BATCH = 256;
/** Workers of lightly's loader that are tried. */
const WORKERS = [0, 1, 2];
/** Enough to use up what the loader's workers prefetched: 2 batches each. */
const WARM_UP: Readonly<Record<Size, number>> = { small: 8, resnet18: 5 };

const TARGETS = {
  small: { float32: 3.5, bfloat16: 4.5 },
  resnet18: { float32: 1.4, bfloat16: 1.4 },
} as const;

/** Images a second. */
export const endToEndBenches: readonly Bench[] = CASES.map((it) => {
  const lightly = WORKERS.map((workers) =>
    [
      `${workers} workers`,
      {
        host: "theirs",
        job: {
          job: "end-to-end",
          ...it,
          batch: BATCH,
          workers,
          warmup: WARM_UP[it.size],
        },
      } satisfies Worker,
    ] as const
  );
  return {
    id: `end-to-end-${caseId(it)}`,
    group: "against",
    title: `end to end, ${caseName(it)}, batch ${BATCH}`,
    timing: "steady",
    unit: "images/s",
    sides: [
      {
        name: "Stopgrad",
        ways: {
          compiled: {
            host: "ours",
            job: {
              job: "step",
              pipeline: pipelineOf(it),
              set: changes(it, BATCH),
              images: { kind: "data" },
              warmup: 2,
            },
          },
        },
      },
      { name: "lightly", ways: Object.fromEntries(lightly) },
    ],
    target: { bound: "least", ratio: TARGETS[it.size][it.precision] },
  };
});
