/** @file Augmentation alone: SimSiam's, on all cores. */
import type { Bench } from "../bench.ts";

const BATCH = 512;

/** Views a second. */
export const augmentBench: Bench = {
  id: "augment",
  group: "against",
  title: "augmentation of SimSiam alone",
  timing: "steady",
  unit: "views/s",
  sides: [
    {
      name: "Stopgrad",
      ways: {
        compiled: { host: "ours", job: { job: "augment", batch: BATCH } },
      },
    },
    {
      name: "torchvision",
      ways: {
        processes: { host: "theirs", job: { job: "augment", batch: BATCH } },
      },
    },
  ],
  target: { bound: "least", ratio: 8 },
};
