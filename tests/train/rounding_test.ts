import assert from "@std/assert";
import { BFLOAT16, FLOAT32 } from "../../lib/ir/rounding.ts";
import { measureRates } from "../../lib/train/machine_rate.ts";
import { roundingFor } from "../../lib/train/rounding.ts";
import { engine } from "../helpers/engine.ts";

Deno.test("float32 is float32 throughout, on any device", async () => {
  assert.deepEqual(await roundingFor(engine, "float32"), FLOAT32);
});

Deno.test("bfloat16 on a GPU is bfloat16 throughout, untried", async () => {
  const gpu = { ...engine, device: "gpu" } as const;
  assert.deepEqual(await roundingFor(gpu, "bfloat16"), BFLOAT16);
});

Deno.test("bfloat16 on a CPU takes the products that the CPU is faster at", async () => {
  const rounding = await roundingFor(engine, "bfloat16");
  assert.equal(rounding.activations, "bfloat16");
  assert.deepEqual(await roundingFor(engine, "bfloat16"), rounding);
  const [float32 = 0, bfloat16 = 0] = await measureRates(
    engine,
    { kind: "convolution", batch: 16, side: 8, channels: 128 },
    [FLOAT32, BFLOAT16],
  );
  // Between the two a measurement may fall on either side.
  if (bfloat16 < 0.9 * float32) assert.equal(rounding.products, "float32");
  if (bfloat16 > 1.8 * float32) assert.equal(rounding.products, "bfloat16");
});
