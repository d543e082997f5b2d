import assert from "@std/assert";
import { sizeOf } from "../../lib/ir/dtype.ts";
import { sumOfSquares } from "../../lib/ops/sum_of_squares.ts";
import { compiledRuntime } from "../../lib/compile/runtime.ts";
import { engine } from "../helpers/engine.ts";

Deno.test("Squares of all elements of all tensors are summed up", async () => {
  const shapes = [[], [3], [500, 2001]];
  const data = shapes.map((shape, k) =>
    Float32Array.from(
      { length: sizeOf(shape) },
      (_, i) => Math.sin(i + k) + 0.5,
    )
  );
  const runtime = compiledRuntime(engine);
  const program = runtime.load("squares", (execution) => ({
    sum: sumOfSquares(
      shapes.map((shape, k) => execution.feed(`x${k}`, shape, "float32")),
    ),
  }));
  const { sum } = await program.run(Object.fromEntries(
    shapes.map((shape, k) => [
      `x${k}`,
      { dtype: "float32", shape, data: data[k] as Float32Array<ArrayBuffer> },
    ]),
  ));
  runtime.close();
  const expected = data
    .flatMap((values) => [...values])
    .reduce((total, value) => total + value * value, 0);
  assert.ok(Math.abs(Number(sum?.data[0]) / expected - 1) < 1e-6);
});
