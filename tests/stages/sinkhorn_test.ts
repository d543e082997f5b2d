import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { OUTPUT } from "../../lib/stages/define.ts";
import { sinkhorn } from "../../lib/stages/targets/sinkhorn.ts";
import {
  asData,
  CASES,
  difference,
  type Flat,
  run,
} from "../helpers/methods.ts";
import { compute } from "../helpers/numeric.ts";
import { FixedStageRun } from "../helpers/stages.ts";

const { p0, bank0 } = CASES["swav"]?.inputs as Record<"p0" | "bank0", Flat>;

/** Assignments of a batch beside queued rows, so often, of a weight. */
function assigned(times: number, beside_weight: number): readonly number[] {
  const { q } = compute([p0, bank0].map(asData), (x, bank) => {
    const queue = Array.from({ length: times }, () => bank as tf.Tensor);
    const inputs = {
      of: [x as tf.Tensor],
      ...(times > 0 ? { beside: [tf.concat(queue, 0)] } : {}),
    };
    const scalars = { epsilon: 0.05, beside_weight };
    const stageRun = new FixedStageRun(new Map(), true, scalars);
    const batch = x?.shape[0] as number;
    const [q] = run(sinkhorn, { beside_weight }, inputs, batch, stageRun)[
      OUTPUT
    ] as tf.Tensor[];
    return { q: q as tf.Tensor };
  });
  return [...q?.data as Float32Array];
}

Deno.test("sinkhorn: queued rows count by their weight, none is no queue, half of two copies is one", () => {
  const one = assigned(1, 1);
  const none = assigned(0, 1);
  assert.ok(difference(one, none) > 0.01, "the queue changes nothing");
  assert.ok(difference(assigned(1, 0), none) < 1e-6);
  assert.ok(difference(assigned(2, 0.5), one) < 1e-6);
});
