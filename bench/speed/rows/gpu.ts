/**
 * @file What a GPU is asked for, smaller things first, so that a quarter of an
 * hour on a card shows most of it. Ours runs with XLA, which a run chooses there
 * by trying.
 */
import type { Bench, Side } from "../bench.ts";
import type { Method, OurStep, Size, TheirJob } from "../jobs.ts";
import { limitBenches, limitOf } from "./limit.ts";
import {
  changes,
  givenViews,
  METHOD_TITLES,
  pipelineOf,
  SIZE_TITLES,
} from "./names.ts";

const PRECISION = "bfloat16";
const WARM_UP = 5;
const ROUNDS = 3;
/** Images in memory, by their side. */
const IMAGES: Readonly<Record<number, number>> = { 32: 8192, 224: 1024 };

type TheirStep = Extract<TheirJob, { job: "step" }>;

/** A step that is compared. */
interface Row {
  readonly id: string;
  readonly title: string;
  readonly batch: number;
  readonly side: number;
  readonly ours: Pick<OurStep, "pipeline" | "set">;
  readonly theirs: Pick<TheirStep, "method" | "size">;
}

/** On CIFAR's images. */
const small = (
  method: Method,
  size: Size,
  batch: number,
): Row => ({
  id: `${method}-${size}-${batch}`,
  title: `${METHOD_TITLES[method]}, ${SIZE_TITLES[size]}`,
  batch,
  side: 32,
  ours: {
    pipeline: pipelineOf({ method, size }),
    set: [
      ...changes({ method, size, precision: PRECISION }, batch),
      ...givenViews(),
    ],
  },
  theirs: { method, size },
});

/** SimSiam on images of 224 pixels. */
const large = (
  size: "vit_small_224" | "resnet50_224",
  title: string,
  encoder: string,
  batch: number,
): Row => ({
  id: `simsiam-${size}-${batch}`,
  title: `SimSiam, ${title}`,
  batch,
  side: 224,
  ours: {
    pipeline: "simsiam",
    set: [
      ...changes(
        { method: "simsiam", size: "resnet18", precision: PRECISION },
        batch,
      ),
      ...givenViews(),
      `stages.y=${encoder}`,
    ],
  },
  theirs: { method: "simsiam", size },
});

const DINO_MEAN = "mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25]";

/** Two crops of 32 pixels and four of 16. */
const dino = (batch: number): Row => ({
  id: `dino-small-${batch}`,
  title: "DINO with 2 + 4 crops, small ResNet",
  batch,
  side: 32,
  ours: {
    pipeline: "../dino",
    set: [
      `data={source: cifar10, batch: ${batch}}`,
      `train.precision=${PRECISION}`,
      `stages.global.augment=[{normalize: {${DINO_MEAN}}}]`,
      // A quarter of the image as it is, somewhere.
      `stages.local.augment=[{random_resized_crop: {size: 16, scale: [0.25, 0.25], ratio: [1, 1]}}, {normalize: {${DINO_MEAN}}}]`,
      "train.per_stage={}",
      "train.schedule={constant: {warmup: 0}}",
    ],
  },
  theirs: { method: "dino", size: "small" },
});

const ROWS: readonly Row[] = [
  small("simsiam", "small", 512),
  small("simsiam", "resnet18", 512),
  small("byol", "small", 512),
  small("byol", "resnet18", 512),
  large(
    "vit_small_224",
    "ViT-S/16 at 224",
    "{encode: vit_small, of: views, patch: 16}",
    256,
  ),
  large(
    "resnet50_224",
    "ResNet-50 at 224",
    "{encode: resnet50, of: views, stem: imagenet}",
    256,
  ),
  dino(512),
  small("simsiam", "small", 1024),
  small("simsiam", "resnet18", 1024),
];

function sides({ batch, side, ours, theirs }: Row): Side[] {
  const images = IMAGES[side] as number;
  const job = { job: "step", warmup: WARM_UP } as const;
  return [
    {
      name: "Stopgrad",
      ways: {
        xla: {
          host: "ours",
          job: {
            ...job,
            ...ours,
            images: { kind: "made", count: images, side },
            xla: true,
          },
        },
      },
    },
    ...(["compiled", "eager"] as const).map((mode): Side => ({
      name: mode,
      ways: {
        [mode]: {
          host: "theirs",
          job: {
            ...job,
            ...theirs,
            precision: PRECISION,
            batch,
            images,
            side,
            mode,
          },
        },
      },
    })),
  ];
}

/** Images a second of a step on views that are given. */
const steps: readonly Bench[] = ROWS.map((row) => ({
  id: `step-${row.id}`,
  group: "against",
  title: `step, ${row.title}, ${PRECISION}, batch ${row.batch}`,
  timing: "steady",
  unit: "images/s",
  mostRounds: ROUNDS,
  sides: sides(row),
  target: { bound: "least", ratio: 1.2 },
  rate: {
    of: limitOf({ ...row.theirs, precision: PRECISION }),
    title: `${row.title}, batch ${row.batch}`,
    ...(row.theirs.size === "resnet50_224" ? { share: 0.5 } : {}),
  },
}));

const END_TO_END_BATCH = 512;

/** Images a second with augmentation, beside lightly's loader with all cores. */
const endToEnd: Bench = {
  id: "end-to-end-simsiam-small",
  group: "against",
  title:
    `end to end, SimSiam, small ResNet, ${PRECISION}, batch ${END_TO_END_BATCH}`,
  timing: "steady",
  unit: "images/s",
  mostRounds: ROUNDS,
  sides: [
    {
      name: "Stopgrad",
      ways: {
        xla: {
          host: "ours",
          job: {
            job: "step",
            pipeline: "simsiam-small",
            set: changes(
              { method: "simsiam", size: "small", precision: PRECISION },
              END_TO_END_BATCH,
            ),
            images: { kind: "data" },
            warmup: WARM_UP,
            xla: true,
          },
        },
      },
    },
    {
      name: "lightly",
      ways: {
        "all cores": {
          host: "theirs",
          job: {
            job: "end-to-end",
            method: "simsiam",
            size: "small",
            precision: PRECISION,
            batch: END_TO_END_BATCH,
            workers: navigator.hardwareConcurrency,
            warmup: WARM_UP,
          },
        },
      },
    },
  ],
  target: { bound: "least", ratio: 3 },
};

/** All of them. */
export const gpuBenches: readonly Bench[] = [
  ...steps.slice(0, 2),
  endToEnd,
  ...limitBenches("gpu").filter(({ id }) => id.endsWith(PRECISION))
    .map((bench) => ({ ...bench, mostRounds: ROUNDS })),
  ...steps.slice(2),
];
