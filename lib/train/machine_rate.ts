/** @file What the machine can do at best: chains of one product and nothing else. */
import * as tf from "@tensorflow/tfjs";
import type { Device, Engine } from "../engine/open.ts";
import type { Rounding } from "../ir/rounding.ts";
import { direct } from "../ops/conv_direct.ts";
import { linear } from "../ops/linear.ts";
import type { VariableRef } from "../trace/execution.ts";
import { compiledRuntime, type Runtime } from "../compile/runtime.ts";

/** A product whose result has the shape of its first factor. */
export type Product =
  | {
    readonly kind: "convolution";
    readonly batch: number;
    readonly side: number;
    readonly channels: number;
  }
  | { readonly kind: "matrices"; readonly side: number };

/** How a product is repeated. */
export interface Repetition {
  readonly rounding: Rounding;
  /** Chains side by side: as many as the engine runs ops at once. */
  readonly lanes: number;
  /** Products of a chain: what a call costs besides is spread over them. */
  readonly length: number;
}

/** Chains that are ready to run. */
export interface Chains {
  /** Floating-point operations of a run. */
  readonly flops: number;
  run(): Promise<unknown>;
}

interface Factors {
  readonly x: readonly number[];
  readonly weight: readonly number[];
  /** Value of all weights: what goes through keeps its size. */
  readonly scale: number;
  readonly flops: number;
  apply(x: tf.Tensor, weight: tf.Tensor): tf.Tensor;
}

const FACTORS: {
  readonly [K in Product["kind"]]: (
    product: Extract<Product, { kind: K }>,
  ) => Factors;
} = {
  convolution: ({ batch, side, channels }) => ({
    x: [batch, side, side, channels],
    weight: [3, 3, channels, channels],
    scale: 1 / (9 * channels),
    flops: 2 * batch * side ** 2 * 9 * channels ** 2,
    apply: (x, weight) =>
      direct.forward(x as tf.Tensor4D, weight as tf.Tensor4D, {
        stride: 1,
        padding: 1,
      }),
  }),
  matrices: ({ side }) => ({
    x: [side, side],
    weight: [side, side],
    scale: 1 / side,
    flops: 2 * side ** 3,
    apply: (x, weight) => linear(x as tf.Tensor2D, weight as tf.Tensor2D),
  }),
};

/** Such as `64 x 8 x 8 x 256`. */
export function productName(product: Product): string {
  return FACTORS[product.kind](product as never).x.join(" x ");
}

/** Readies chains of one product, each link taking what the last one gave. */
export async function productChains(
  runtime: Runtime,
  product: Product,
  { rounding, lanes, length }: Repetition,
): Promise<Chains> {
  const factors = FACTORS[product.kind](product as never);
  const name = `${product.kind}/${productName(product)}`;
  const variable = (key: string, shape: readonly number[]): VariableRef => ({
    path: `${name}/${key}`,
    shape,
    dtype: "float32",
  });
  const weight = variable("weight", factors.weight);
  const chains = Array.from({ length: lanes }, (_, lane) => ({
    x: variable(`x${lane}`, factors.x),
    y: variable(`y${lane}`, factors.x),
  }));
  await runtime.load("fill", (execution) => {
    execution.assign(weight, tf.fill([...weight.shape], factors.scale));
    for (const { x } of chains) {
      execution.assign(x, tf.fill([...x.shape], 0.1));
    }
    return {};
  }).run();
  const program = runtime.load("chains", (execution) => {
    for (const { x, y } of chains) {
      let value = execution.read(x);
      for (let i = 0; i < length; i++) {
        value = factors.apply(value, execution.read(weight));
      }
      execution.assign(y, value);
    }
    return {};
  }, rounding);
  return { flops: lanes * length * factors.flops, run: () => program.run() };
}

/** Enough images and rows to keep a device busy. */
const SIZES: Readonly<
  Record<Device, { readonly batch: number; readonly sides: readonly number[] }>
> = {
  cpu: { batch: 64, sides: [2048, 1024] },
  gpu: { batch: 512, sides: [8192, 4096] },
};

/** Sides and channels of ResNet-18's groups on CIFAR-10, and two matrices. */
export function productsFor(
  device: Device,
): {
  readonly [K in Product["kind"]]: readonly Extract<Product, { kind: K }>[];
} {
  const { batch, sides } = SIZES[device];
  return {
    convolution: [[32, 64], [16, 128], [8, 256], [4, 512]].map((
      [side = 0, channels = 0],
    ) => ({ kind: "convolution", batch, side, channels })),
    matrices: sides.map((side) => ({ kind: "matrices", side })),
  };
}

/** The best rate of one kind of product. */
export interface Limit {
  readonly product: Product;
  /** Floating-point operations a second, on all threads. */
  readonly rate: number;
}

const LENGTH = 4;
const RUNS = 5;
/** A slow machine is asked less often: after so many seconds twice is enough. */
const [PATIENCE_SECONDS, LEAST_RUNS] = [1, 2];

/**
 * Operations a second of a product, by rounding. The roundings take turns, so
 * that a busy machine slows them all.
 */
export async function measureRates(
  engine: Engine,
  product: Product,
  roundings: readonly Rounding[],
): Promise<readonly number[]> {
  const lanes = engine.config.interThreads;
  const runtimes = roundings.map(() => compiledRuntime(engine));
  try {
    const chains: Chains[] = [];
    for (const [i, rounding] of roundings.entries()) {
      const runtime = runtimes[i] as Runtime;
      const how = { rounding, lanes, length: LENGTH };
      chains.push(await productChains(runtime, product, how));
    }
    const seconds = chains.map(() => Infinity);
    // The first round compiles.
    let timed = 0;
    for (let round = 0; round <= RUNS; round++) {
      if (round > LEAST_RUNS && timed > PATIENCE_SECONDS) break;
      for (const [i, { run }] of chains.entries()) {
        const start = performance.now();
        await run();
        const took = (performance.now() - start) / 1000;
        if (round === 0) continue;
        timed += took;
        seconds[i] = Math.min(seconds[i] as number, took);
      }
    }
    return chains.map(({ flops }, i) => flops / (seconds[i] as number));
  } finally {
    runtimes.forEach((runtime) => runtime.close());
  }
}

/**
 * Measures the best of each kind of product: in a few seconds on a GPU, in half
 * a minute on two CPU cores.
 *
 * @param onProduct Told of each product before it is measured.
 */
export async function measureLimits(
  engine: Engine,
  rounding: Rounding,
  onProduct?: (product: Product) => void,
): Promise<Readonly<Record<Product["kind"], Limit>>> {
  const best = async (products: readonly Product[]): Promise<Limit> => {
    const limits: Limit[] = [];
    for (const product of products) {
      onProduct?.(product);
      const [rate = 0] = await measureRates(engine, product, [rounding]);
      limits.push({ product, rate });
    }
    return limits.reduce((a, b) => b.rate > a.rate ? b : a);
  };
  const products = productsFor(engine.device);
  return {
    convolution: await best(products.convolution),
    matrices: await best(products.matrices),
  };
}
