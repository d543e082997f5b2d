/** @file How cost grows: one thing larger at a time, the rest as shipped. */
import type { Bench } from "../bench.ts";

const BATCH = 128;
const SIDE = 32;
/** Images in memory, fewer where they are large. */
const IMAGES = 2048;

interface Axis {
  readonly name: string;
  readonly title: string;
  readonly values: readonly number[];
  /** Changes of the pipeline. */
  readonly set: (value: number) => readonly string[];
  readonly side?: (value: number) => number;
}

/** What grows. */
export const AXES: readonly Axis[] = [
  {
    name: "batch",
    title: "batch",
    values: [16, 32, 64, 128, 256, 512, 1024],
    set: (value) => [`data.batch=${value}`],
  },
  {
    name: "width",
    title: "width of the ResNet",
    values: [8, 16, 32, 64, 128],
    set: (value) => [`stages.y.width=${value}`],
  },
  {
    name: "side",
    title: "side of the images",
    values: [16, 32, 48, 64, 96],
    set: () => [],
    side: (value) => value,
  },
  {
    name: "views",
    title: "views",
    values: [2, 3, 4, 6, 8],
    set: (value) => [`stages.views.count=${value}`],
  },
];

/** SimSiam's whole step on the small ResNet, augmentation included. */
export const growthBenches: readonly Bench[] = AXES.flatMap((axis) =>
  axis.values.map((at) => ({
    id: `growth-${axis.name}-${at}`,
    group: "growth",
    title: `${axis.title} ${at}`,
    timing: "steady",
    unit: "images/s",
    sides: [{
      name: "Stopgrad",
      ways: {
        compiled: {
          host: "ours",
          job: {
            job: "step",
            pipeline: "simsiam-small",
            set: [`data.batch=${BATCH}`, ...axis.set(at)],
            images: {
              kind: "made",
              count: IMAGES,
              side: axis.side?.(at) ?? SIDE,
            },
            warmup: 3,
          },
        },
      },
    }],
    point: { axis: axis.name, at },
  }))
);
