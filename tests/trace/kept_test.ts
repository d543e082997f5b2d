import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { TensorData } from "../../lib/ir/dtype.ts";
import { handleOf, withSink } from "../../lib/trace/backend.ts";
import { CPU } from "../../lib/trace/target.ts";
import type { OpSink } from "../../lib/trace/sink.ts";

/** Knows which of its tensors were not released. */
class Counting implements OpSink<TensorData> {
  readonly target = CPU;
  readonly place = "";
  readonly alive = new Set<TensorData>();

  constant(tensor: TensorData): TensorData {
    this.alive.add(tensor);
    return tensor;
  }

  execute(): TensorData[] {
    throw new Error("no op is expected");
  }

  value(handle: TensorData): TensorData {
    return handle;
  }

  release(handle: TensorData): void {
    this.alive.delete(handle);
  }

  gradientPlace(): <T>(body: () => T) => T {
    return (body) => body();
  }
}

Deno.test("a tensor that was kept is let go when its sink is done", () => {
  const sink = new Counting();
  withSink(sink, () => {
    tf.tidy(() => {
      // tfjs hands values over when they are first used.
      handleOf(tf.keep(tf.tensor1d([1, 2])));
      handleOf(tf.tensor1d([3]));
      assert.equal(sink.alive.size, 2);
    });
    assert.equal(sink.alive.size, 1);
  });
  assert.equal(sink.alive.size, 0);
});
