import assert from "@std/assert";
import type { Rounding } from "../../lib/ir/rounding.ts";
import { TrainingSession } from "../../lib/train/session.ts";
import { engine } from "../helpers/engine.ts";
import { IMAGES, METHOD_NAMES, smallPipeline } from "./methods.ts";

async function oneStep(
  method: string,
  precision: "float32" | "bfloat16",
  products: Rounding["products"],
) {
  const { pipeline, graph } = await smallPipeline(
    method,
    `train.precision=${precision}`,
  );
  const session = await TrainingSession.start(
    pipeline,
    graph,
    engine,
    IMAGES,
    { products },
  );
  const metrics = await session.step();
  const state = await session.save();
  await session.close();
  assert.equal(session.rounding.products, products);
  return { metrics, state };
}

for (const method of METHOD_NAMES) {
  Deno.test(`${method}: a step in bfloat16 is that of float32 but for rounding, with products in either, and its state stays float32`, async () => {
    const exact = await oneStep(method, "float32", "float32");
    const types = (state: typeof exact.state) =>
      Object.entries(state).map(([path, { dtype, shape }]) =>
        `${path} ${dtype}[${shape}]`
      );
    for (const products of ["bfloat16", "float32"] as const) {
      const rounded = await oneStep(method, "bfloat16", products);
      // Eight bits of a mantissa, summed over a network of some ten layers.
      for (const [name, value] of Object.entries(exact.metrics)) {
        const other = rounded.metrics[name] ?? NaN;
        const gap = Math.abs(other - value) / Math.max(1, Math.abs(value));
        assert.ok(gap < 0.1, `${products}, ${name}: ${value} and ${other}`);
      }
      assert.notDeepEqual(rounded.metrics, exact.metrics);
      assert.deepEqual(types(rounded.state), types(exact.state));
    }
  });
}
