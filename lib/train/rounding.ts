/** @file What `precision` comes to on this machine. */
import type { Engine } from "../engine/open.ts";
import { BFLOAT16, FLOAT32, type Rounding } from "../ir/rounding.ts";
import type { Train } from "../model/pipeline.ts";
import { measureRates, type Product } from "./machine_rate.ts";

/** A product that takes a core about a millisecond. */
const PROBE: Product = { kind: "matrices", side: 512 };

/** Products in bfloat16 have to be so many times as fast. */
const LEAST_GAIN = 1.25;

/** By library: what an engine was opened with makes no difference. */
const known = new WeakMap<Engine["api"], Promise<boolean>>();

/** Whether a CPU multiplies bfloat16 faster than float32, by trying. */
function multipliesFaster(engine: Engine): Promise<boolean> {
  const measured = known.get(engine.api) ??
    // Without AVX-512 oneDNN says that it has no such product.
    engine.api.silently(() => measureRates(engine, PROBE, [FLOAT32, BFLOAT16]))
      .then(([float32 = 0, bfloat16 = 0]) => bfloat16 > LEAST_GAIN * float32);
  known.set(engine.api, measured);
  return measured;
}

/**
 * Rounding of a precision. With `bfloat16` activations are kept in bfloat16;
 * products are computed in `products`, by default in what is faster. A CPU
 * without AMX takes twice as long for a product in bfloat16 as for one in
 * float32.
 */
export async function roundingFor(
  engine: Engine,
  precision: Train["precision"],
  products?: Rounding["products"],
): Promise<Rounding> {
  if (precision === "float32") return FLOAT32;
  if (products) return { ...BFLOAT16, products };
  const fast = engine.device === "gpu" || await multipliesFaster(engine);
  return fast ? BFLOAT16 : { ...BFLOAT16, products: "float32" };
}
