/** @file What the machine can do: convolutions and matrix products by themselves. */
import type { Device } from "../../../lib/engine/open.ts";
import { productName, productsFor } from "../../../lib/train/machine_rate.ts";
import type { Bench, Side, Worker } from "../bench.ts";
import { type OurJob, type Precision, PRECISIONS } from "../jobs.ts";

type Kernel = Extract<OurJob, { job: "convolution" | "product" }>;

/** Ops one after another: what a call costs besides is spread over them. */
const CONVOLUTIONS = 16;
const PRODUCTS = 4;

/** Sides of matrices that a profile leaves out. */
const LARGER: Readonly<Record<Device, readonly number[]>> = {
  cpu: [4096],
  gpu: [],
};

const convolutions = (device: Device, precision: Precision): Kernel[] =>
  productsFor(device).convolution.map(({ batch, side, channels }) => ({
    job: "convolution",
    precision,
    batch,
    side,
    channels,
    chain: CONVOLUTIONS,
  }));

const products = (device: Device, precision: Precision): Kernel[] => {
  const sides = productsFor(device).matrices.map(({ side }) => side);
  return [...LARGER[device], ...sides].map((side) => ({
    job: "product",
    precision,
    side,
    chain: PRODUCTS,
  }));
};

const nameOf = (job: Kernel): string =>
  productName(
    job.job === "convolution"
      ? { ...job, kind: "convolution" }
      : { ...job, kind: "matrices" },
  );

const sides = (jobs: readonly Kernel[]): Side[] =>
  (["ours", "theirs"] as const).map((host) => ({
    name: host === "ours" ? "TensorFlow" : "PyTorch",
    ways: Object.fromEntries(
      jobs.map((job): [string, Worker] => [nameOf(job), { host, job }]),
    ),
  }));

const limitId = (kind: Kernel["job"], precision: Precision): string =>
  `limit-${kind}-${precision}`;

/** Name of the bench that a step's rate is held against: what it does most. */
export const limitOf = (
  { size, precision }: { readonly size: string; readonly precision: Precision },
): string =>
  limitId(size.startsWith("vit") ? "product" : "convolution", precision);

/** Operations a second, of the best shape. */
export const limitBenches = (device: Device): readonly Bench[] =>
  PRECISIONS.flatMap((precision) =>
    [
      {
        id: limitId("convolution", precision),
        title: `3x3 convolution, ${precision}`,
        jobs: convolutions(device, precision),
      },
      {
        id: limitId("product", precision),
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
