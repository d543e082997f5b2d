import assert from "@std/assert";
import type * as tf from "@tensorflow/tfjs";
import type { TensorData } from "../../lib/ir/dtype.ts";
import { labelCrossEntropy } from "../../lib/stages/losses/cross_entropy.ts";
import {
  asData,
  type Case,
  CASES,
  difference,
  evaluate,
  type Flat,
  LOSSES,
  movedCentre,
  run,
  whole,
} from "../helpers/methods.ts";
import { compute } from "../helpers/numeric.ts";
import { FixedStageRun } from "../helpers/stages.ts";

Deno.test("every method of the fixtures is composed here, and no other", () => {
  assert.deepEqual(Object.keys(LOSSES).sort(), Object.keys(CASES).sort());
});

for (const [name, fixture] of Object.entries(CASES)) {
  Deno.test(`${name}: the loss on fixed inputs, and its gradients, are those of the paper's formula in PyTorch within 1e-5`, () => {
    const { loss, gradients } = evaluate(name, fixture);
    assert.ok(
      Math.abs(loss - fixture.loss) <= 1e-5 * Math.abs(fixture.loss),
      `${loss} against ${fixture.loss}`,
    );
    for (const [key, expected] of Object.entries(fixture.gradients)) {
      const found = difference(gradients[key] ?? [], expected.data);
      assert.ok(found <= 1e-5, `gradient of ${key} is off by ${found}`);
    }
  });
}

for (
  const [method, what] of [
    ["dino", "teacher's scores"],
    ["ibot", "scores of all hidden patches"],
  ] as const
) {
  Deno.test(`${method}: the centre moves to a mean of the ${what}, 0.9 of it stays`, () => {
    const expected = CASES[method]?.centre?.data ?? [];
    const found = difference(movedCentre(method), expected);
    assert.ok(found <= 1e-6, `off by ${found}`);
  });
}

Deno.test("supervised: the accuracy that it reports is the share of right answers", () => {
  const fixture = CASES["supervised"] as Case;
  const { accuracy } = compute(
    ["x0", "x1"].map((key) => asData(fixture.inputs[key] as Flat)),
    (...of) => {
      const stageRun = new FixedStageRun(new Map());
      run(
        labelCrossEntropy,
        {},
        { of, labels: [whole(fixture.labels ?? [])] },
        of[0]?.shape[0] as number,
        stageRun,
        { labels: "label" },
      );
      return { accuracy: stageRun.reported["accuracy"] as tf.Tensor };
    },
  );
  assert.equal(
    Math.round(Number((accuracy as TensorData).data[0]) * 12),
    Math.round((fixture.accuracy as number) * 12),
  );
});
