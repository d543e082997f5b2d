/** @file Convolutions and matrix products by themselves, in the engine. */
import { openEngine } from "../../../lib/engine/open.ts";
import {
  type Product,
  productChains,
} from "../../../lib/train/machine_rate.ts";
import { compiledRuntime } from "../../../lib/compile/runtime.ts";
import type { OurJob } from "../jobs.ts";
import type { Ready, Surroundings } from "./ready.ts";

type Job<K> = Extract<OurJob, { job: K }>;

async function chains(
  product: Product,
  { precision, chain: length }: Job<"convolution" | "product">,
  { device, threads }: Surroundings,
): Promise<Ready> {
  const engine = await openEngine({ device, threads });
  const { flops, run } = await productChains(compiledRuntime(engine), product, {
    // What the machine can do in this precision, whatever a step makes of it.
    rounding: { activations: precision, products: precision },
    lanes: engine.config.interThreads,
    length,
  });
  await run();
  return {
    facts: { units: flops },
    async run(count) {
      for (let i = 0; i < count; i++) await run();
    },
    engine,
  };
}

/** 3x3 convolutions from as many channels to as many. */
export const convolution = (
  job: Job<"convolution">,
  surroundings: Surroundings,
): Promise<Ready> => chains({ ...job, kind: "convolution" }, job, surroundings);

/** Products of square matrices. */
export const product = (
  job: Job<"product">,
  surroundings: Surroundings,
): Promise<Ready> => chains({ ...job, kind: "matrices" }, job, surroundings);
