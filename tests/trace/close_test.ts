import assert from "@std/assert";
import type { TensorData } from "../../lib/ir/dtype.ts";
import { relativeError } from "./close.ts";

const floats = (...data: number[]): TensorData => ({
  dtype: "float32",
  shape: [data.length],
  data: Float32Array.from(data),
});

Deno.test("a difference counts as a share of the tensor's largest magnitude", () => {
  assert.equal(relativeError(floats(1, -4), floats(1, -4)), 0);
  assert.equal(relativeError(floats(2, -4), floats(1, -4)), 0.25);
  assert.equal(relativeError(floats(0, 0), floats(-0, 0)), 0);
  assert.equal(relativeError(floats(1), floats(0)), Infinity);
  assert.equal(relativeError(floats(1), floats(0), 4), 0.25);
  assert.equal(relativeError(floats(2, 8), floats(1, 8), 4), 0.125);
});

Deno.test("infinities and NaN are like themselves and like nothing else", () => {
  assert.equal(relativeError(floats(NaN, Infinity), floats(NaN, Infinity)), 0);
  assert.equal(relativeError(floats(NaN, 1), floats(1, 1)), Infinity);
  assert.equal(relativeError(floats(1, 1), floats(NaN, 1)), Infinity);
  assert.equal(relativeError(floats(Infinity), floats(-Infinity)), Infinity);
});

Deno.test("another shape or type is as far as can be", () => {
  const row: TensorData = { ...floats(1, 2), shape: [1, 2] };
  assert.equal(relativeError(row, floats(1, 2)), Infinity);
  const whole: TensorData = {
    dtype: "int32",
    shape: [2],
    data: Int32Array.of(1, 2),
  };
  assert.equal(relativeError(whole, floats(1, 2)), Infinity);
});
