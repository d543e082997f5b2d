/** @file The training step alone, on views that are given: speed and memory. */
import type { Device } from "../../../lib/engine/open.ts";
import type { Bench, Side, Worker } from "../bench.ts";
import type { OurStep, Precision, StepSize } from "../jobs.ts";
import {
  type Case,
  caseId,
  caseName,
  changes,
  givenViews,
  pipelineOf,
  STEP_CASES,
} from "./names.ts";

/** Images of a step; a GPU needs more of them to be busy. */
const BATCH: Readonly<Record<Device, Readonly<Record<StepSize, number>>>> = {
  cpu: { small: 128, resnet18: 64, vit_tiny: 64 },
  gpu: { small: 512, resnet18: 512, vit_tiny: 512 },
};

/** Images in memory. */
const IMAGES = 2048;
const WARM_UP = 3;
const MEMORY_STEPS = 5;

/** What a step is asked for on a CPU. */
const TARGETS: Readonly<
  Record<StepSize, Readonly<Record<Precision, Pick<Bench, "target" | "share">>>>
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

/** Ways of ours to run a step: XLA is one on a GPU. */
const OUR_WAYS: Readonly<Record<Device, Readonly<Record<string, object>>>> = {
  cpu: { compiled: {} },
  gpu: { compiled: {}, xla: { xla: true } },
};

/** Ours, and PyTorch with and without its compiler. */
function sides(it: Case, device: Device, extra: Extra): Side[] {
  const batch = BATCH[device][it.size];
  const ours = Object.entries(OUR_WAYS[device]).map(([way, settings]) =>
    [
      way,
      {
        host: "ours",
        job: { ...ourStep(it, batch), ...settings, ...extra },
      } satisfies Worker,
    ] as const
  );
  return [
    { name: "Stopgrad", ways: Object.fromEntries(ours) },
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

const title = (what: string, it: Case, device: Device): string =>
  `${what}, ${caseName(it)}, batch ${BATCH[device][it.size]}`;

/** Images a second. */
export const stepBenches = (device: Device): readonly Bench[] =>
  STEP_CASES.map((it): Bench => ({
    id: `step-${caseId(it)}`,
    group: "against",
    title: title("step", it, device),
    timing: "steady",
    unit: "images/s",
    sides: sides(it, device, { job: "step", warmup: WARM_UP }),
    ...(device === "cpu" ? TARGETS[it.size][it.precision] : {}),
  }));

/** Most memory of a process that does some steps. */
export const memoryBenches: readonly Bench[] = STEP_CASES.map((it) => ({
  id: `memory-${caseId(it)}`,
  group: "against",
  title: title("peak memory", it, "cpu"),
  timing: "fresh",
  unit: "bytes",
  mostRounds: 3,
  sides: sides(it, "cpu", { job: "memory", steps: MEMORY_STEPS }),
  target: { bound: "most", ratio: MEMORY_TARGETS[it.size] },
}));
