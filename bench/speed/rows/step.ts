/** @file The training step alone, on views that are given: speed and memory. */
import type { Bench, Side } from "../bench.ts";
import type { OurStep, Precision, StepSize } from "../jobs.ts";
import { limitOf } from "./limit.ts";
import {
  type Case,
  caseId,
  caseName,
  changes,
  givenViews,
  pipelineOf,
  STEP_CASES,
} from "./names.ts";

/** Images of a step. */
const BATCH: Readonly<Record<StepSize, number>> = {
  small: 128,
  resnet18: 64,
  vit_tiny: 64,
};

/** Images in memory. */
const IMAGES = 2048;
const WARM_UP = 3;
const MEMORY_STEPS = 5;

/** What a step is asked for on a CPU. */
const TARGETS: Readonly<
  Record<
    StepSize,
    Readonly<
      Record<Precision, Pick<Bench, "target"> & { readonly share?: number }>
    >
  >
> = {
  small: {
    float32: { target: { bound: "least", ratio: 1.5 } },
    bfloat16: { target: { bound: "least", ratio: 1.6 } },
  },
  resnet18: {
    float32: { target: { bound: "least", ratio: 1.2 }, share: 0.85 },
    bfloat16: { target: { bound: "least", ratio: 1.4 }, share: 0.75 },
  },
  vit_tiny: {
    float32: { target: { bound: "least", ratio: 1.3 } },
    bfloat16: { target: { bound: "least", ratio: 1.4 } },
  },
};
const MEMORY_TARGETS: Readonly<Record<StepSize, number>> = {
  small: 0.9,
  resnet18: 0.9,
  vit_tiny: 1,
};

const ourStep = (it: Case, batch: number): OurStep => ({
  pipeline: pipelineOf(it),
  set: [...changes(it, batch), ...givenViews()],
  images: { kind: "made", count: IMAGES, side: 32 },
});

type Extra =
  | { readonly job: "step"; readonly warmup: number }
  | { readonly job: "memory"; readonly steps: number };

/** Ours, and PyTorch with and without its compiler. */
function sides(it: Case, extra: Extra): Side[] {
  const batch = BATCH[it.size];
  return [
    {
      name: "Stopgrad",
      ways: {
        compiled: { host: "ours", job: { ...ourStep(it, batch), ...extra } },
      },
    },
    ...(["eager", "compiled"] as const).map((mode): Side => ({
      name: mode,
      ways: {
        [mode]: {
          host: "theirs",
          job: { ...it, batch, images: IMAGES, mode, ...extra },
        },
      },
    })),
  ];
}

const title = (what: string, it: Case): string =>
  `${what}, ${caseName(it)}, batch ${BATCH[it.size]}`;

/** Images a second. */
export const stepBenches: readonly Bench[] = STEP_CASES.map((it) => {
  const { share, ...target } = TARGETS[it.size][it.precision];
  return {
    id: `step-${caseId(it)}`,
    group: "against",
    title: title("step", it),
    timing: "steady",
    unit: "images/s",
    sides: sides(it, { job: "step", warmup: WARM_UP }),
    rate: {
      of: limitOf(it),
      title: caseName(it),
      ...(share ? { share } : {}),
    },
    ...target,
  };
});

/** Most memory of a process that does some steps. */
export const memoryBenches: readonly Bench[] = STEP_CASES.map((it) => ({
  id: `memory-${caseId(it)}`,
  group: "against",
  title: title("peak memory", it),
  timing: "fresh",
  unit: "bytes",
  mostRounds: 3,
  sides: sides(it, { job: "memory", steps: MEMORY_STEPS }),
  target: { bound: "most", ratio: MEMORY_TARGETS[it.size] },
}));
