/** @file What the machine can do: convolutions and matrix products by themselves. */
import type { Device } from "../../../lib/engine/open.ts";
import type { Bench, Side, Worker } from "../bench.ts";
import { type OurJob, type Precision, PRECISIONS } from "../jobs.ts";

type Kernel = Extract<OurJob, { job: "convolution" | "product" }>;

const BATCH: Readonly<Record<Device, number>> = { cpu: 64, gpu: 512 };
/** Ops one after another: what a call costs besides is spread over them. */
const CONVOLUTIONS = 16;
const PRODUCTS = 4;

/** Side and channels of ResNet-18's groups on CIFAR-10. */
const SHAPES = [[32, 64], [16, 128], [8, 256], [4, 512]] as const;
const SIDES: Readonly<Record<Device, readonly number[]>> = {
  cpu: [4096, 2048, 1024],
  gpu: [8192, 4096],
};

const convolutions = (device: Device, precision: Precision): Kernel[] =>
  SHAPES.map(([side, channels]) => ({
    job: "convolution",
    precision,
    batch: BATCH[device],
    side,
    channels,
    chain: CONVOLUTIONS,
  }));

const products = (device: Device, precision: Precision): Kernel[] =>
  SIDES[device].map((side) => ({
    job: "product",
    precision,
    side,
    chain: PRODUCTS,
  }));

const nameOf = (job: Kernel): string =>
  job.job === "convolution"
    ? `${job.batch} x ${job.side} x ${job.side} x ${job.channels}`
    : `${job.side} x ${job.side}`;

const sides = (jobs: readonly Kernel[]): Side[] =>
  (["ours", "theirs"] as const).map((host) => ({
    name: host === "ours" ? "TensorFlow" : "PyTorch",
    ways: Object.fromEntries(
      jobs.map((job): [string, Worker] => [nameOf(job), { host, job }]),
    ),
  }));

/** Name of the bench that a step's rate is held against. */
export const convolutionId = (precision: Precision): string =>
  `limit-convolution-${precision}`;

/** Operations a second, of the best shape. */
export const limitBenches = (device: Device): readonly Bench[] =>
  PRECISIONS.flatMap((precision) =>
    [
      {
        id: convolutionId(precision),
        title: `3x3 convolution, ${precision}`,
        jobs: convolutions(device, precision),
      },
      {
        id: `limit-product-${precision}`,
        title: `matrix product, ${precision}`,
        jobs: products(device, precision),
      },
    ].map(({ id, title, jobs }) => ({
      id,
      group: "limit",
      title,
      timing: "steady",
      unit: "FLOP/s",
      sides: sides(jobs),
    }))
  );
