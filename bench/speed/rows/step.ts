/** @file The training step alone, on views that are given: speed and memory. */
import type { Bench, Side } from "../bench.ts";
import type { OurStep, Size, TheirStep } from "../jobs.ts";
import {
  type Case,
  caseId,
  caseName,
  CASES,
  changes,
  givenViews,
  pipelineOf,
} from "./names.ts";

/** Images of a step. */
export const STEP_BATCH: Readonly<Record<Size, number>> = {
  small: 128,
  resnet18: 64,
};

/** Images in memory. */
const IMAGES = 2048;
const WARM_UP = 3;
const MEMORY_STEPS = 5;

const SPEED_TARGETS = {
  small: { float32: 1.5, bfloat16: 1.6 },
  resnet18: { float32: 1.2, bfloat16: 1.4 },
} as const;
const MEMORY_TARGET = 0.9;

const ourStep = (it: Case): OurStep => ({
  pipeline: pipelineOf(it),
  set: [...changes(STEP_BATCH[it.size], it.precision), ...givenViews()],
  images: { kind: "made", count: IMAGES, side: 32 },
});

const theirStep = (it: Case, mode: TheirStep["mode"]): TheirStep => ({
  ...it,
  batch: STEP_BATCH[it.size],
  images: IMAGES,
  mode,
});

type Extra =
  | { readonly job: "step"; readonly warmup: number }
  | { readonly job: "memory"; readonly steps: number };

/** Ours, and PyTorch with and without its compiler. */
const sides = (it: Case, extra: Extra): Side[] => [
  {
    name: "Stopgrad",
    ways: { compiled: { host: "ours", job: { ...ourStep(it), ...extra } } },
  },
  ...(["eager", "compiled"] as const).map((mode): Side => ({
    name: mode,
    ways: {
      [mode]: { host: "theirs", job: { ...theirStep(it, mode), ...extra } },
    },
  })),
];

const title = (what: string, it: Case): string =>
  `${what}, ${caseName(it)}, batch ${STEP_BATCH[it.size]}`;

/** Images a second. */
export const stepBenches: readonly Bench[] = CASES.map((it) => ({
  id: `step-${caseId(it)}`,
  group: "against",
  title: title("step", it),
  timing: "steady",
  unit: "images/s",
  sides: sides(it, { job: "step", warmup: WARM_UP }),
  target: { bound: "least", ratio: SPEED_TARGETS[it.size][it.precision] },
}));

/** Most memory of a process that does some steps. */
export const memoryBenches: readonly Bench[] = CASES.map((it) => ({
  id: `memory-${caseId(it)}`,
  group: "against",
  title: title("peak memory", it),
  timing: "fresh",
  unit: "bytes",
  mostRounds: 3,
  sides: sides(it, { job: "memory", steps: MEMORY_STEPS }),
  target: { bound: "most", ratio: MEMORY_TARGET },
}));
