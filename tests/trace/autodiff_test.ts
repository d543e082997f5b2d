/** @file Gradients that cannot be computed are refused, recorded or op by op. */
import * as tf from "@tensorflow/tfjs";
import { differentiable } from "../../lib/ops/differentiable.ts";
import { stopGradient } from "../../lib/ops/stop_gradient.ts";
import { executeRaw } from "../../lib/trace/backend.ts";
import type { Traceable } from "../../lib/trace/execution.ts";
import { type Compute, MODES, refuses, training } from "./refused.ts";

const UNTRAINABLE: Readonly<Record<string, readonly [Compute, RegExp]>> = {
  "tf.einsum": [(x) => tf.einsum("ij,kj->ik", x, x), /tf\.matMul/],
  "tf.stridedSlice": [
    (x) => tf.stridedSlice(x, [0, 0], [2, 3], [1, 2]),
    /tf\.slice/,
  ],
  "tf.gatherND": [
    (x) => tf.gatherND(x, tf.tensor2d([[0], [1]], [2, 1], "int32")),
    /tf\.gather/,
  ],
  "tf.scatterND": [
    (x) => tf.scatterND(tf.tensor2d([[0], [1]], [2, 1], "int32"), x, [4, 3]),
    /tf\.gather/,
  ],
  "tf.depthToSpace": [
    (x) => tf.depthToSpace(tf.reshape(tf.tile(x, [1, 2]), [1, 1, 3, 4]), 2),
    /tf\.reshape/,
  ],
  "tf.less": [(x) => tf.cast(tf.less(x, 3), "float32"), /stopGradient\(x\)/],
  "tf.cast": [
    (x) => tf.cast(tf.cast(x, "int32"), "float32"),
    /stopGradient\(x\)/,
  ],
  "tf.greaterEqual": [
    (x) => tf.cast(tf.greaterEqual(x, 3), "float32"),
    /stopGradient\(x\)/,
  ],
  "tf.notEqual": [
    (x) => tf.mul(x, tf.cast(tf.notEqual(x, 3), "float32")),
    /stopGradient\(x\)/,
  ],
  "the op L2Loss": [
    (x) =>
      executeRaw("L2Loss", { T: { kind: "type", value: "float32" } }, [x])[0],
    /stopGradient\(x\)/,
  ],
};

for (const [op, [compute, cure]] of Object.entries(UNTRAINABLE)) {
  Deno.test(`${op} on the way to a trained weight is refused`, () => {
    refuses(
      training(compute),
      new RegExp(
        `^Cannot train through ${op} in the stage "p" \\(at autodiff_test\\.ts:\\d+:\\d+\\): it has no gradient`,
      ),
    );
    refuses(training(compute), cure);
  });
  Deno.test(`${op} of a value whose gradient is stopped is not`, () => {
    const body = training((x, execution) => {
      const y = compute(stopGradient(x), execution) as tf.Tensor;
      return tf.add(tf.sum(x), tf.sum(y));
    });
    for (const run of Object.values(MODES)) run(body);
  });
}

Deno.test("A gradient of another shape than its input's is refused by the op's name", () => {
  refuses(
    training((x) =>
      differentiable([x], {
        forward: () => tf.sum(x),
        backward: (dy) => [dy],
      })
    ),
    /^Cannot compute the gradient of an op with a gradient of its own in the stage "p" .*: Error in gradient .* has shape ''/,
  );
  refuses(
    training((x) =>
      differentiable([x], {
        forward: () => tf.sum(x),
        backward: () => [],
      })
    ),
    /^Cannot compute the gradient of an op .* in the stage "p" .*: The function f passed in customGrad/,
  );
});

Deno.test("An error of the user's in a gradient is told by the stage and the line", () => {
  refuses(
    training((x) =>
      differentiable([x], {
        forward: () => tf.sum(x),
        backward: (dy) => [tf.reshape(dy, [2, 3])],
      })
    ),
    /^Cannot compute the gradient of .* in the stage "p" \(at autodiff_test\.ts:\d+:\d+\): Cannot (add|run) Reshape/,
  );
});

Deno.test("A tensor of the forward pass that was not saved for the backward pass is refused", () => {
  const message =
    /^Cannot use a tensor that is gone (in tf\.neg )?in the stage "p" .*given to `save`/s;
  for (const use of [tf.neg, (y: tf.Tensor) => y.neg()]) {
    refuses(
      training((x) => {
        let inner: tf.Tensor;
        return differentiable([x], {
          forward() {
            inner = tf.square(x);
            return tf.sum(inner);
          },
          backward: () => [use(inner)],
        });
      }),
      message,
    );
  }
});

Deno.test("A loss that does not depend on any trained weight is refused", () => {
  const message =
    /^Cannot train by the loss in the stage "loss": it does not depend on any trained weight/;
  refuses(training(() => tf.scalar(1)), message);
  refuses(training((x) => stopGradient(x)), message);
});

Deno.test("So is one of several losses, by its own name", () => {
  const body = (constant: boolean): Traceable => (execution) => {
    const x = execution.feed("x", [2, 3], "float32");
    const loss = (x: tf.Tensor): tf.Scalar => {
      const a = execution.scope("attract", () => tf.mean(x));
      const b = execution.scope(
        "spread",
        () => tf.mean(tf.square(constant ? tf.scalar(2) : x)),
      );
      const weight = execution.scope("spread", () => tf.neg(tf.scalar(3)));
      return tf.addN([a, tf.mul(b, weight)]) as tf.Scalar;
    };
    return { grad: tf.valueAndGrads(loss)([x]).grads[0] as tf.Tensor };
  };
  refuses(body(true), /^Cannot train by the loss in the stage "spread"/);
  for (const run of Object.values(MODES)) run(body(false));
});

Deno.test("A weight that no gradient reaches is refused by its path", () => {
  const body: Traceable = (execution) => {
    execution.feed("x", [2, 3], "float32");
    const weights = ["y/kernel", "z/linear1/kernel"].map((path) =>
      execution.read({ path, shape: [3], dtype: "float32" })
    );
    const loss = (...[y]: tf.Tensor[]): tf.Scalar =>
      execution.scope("loss", () => tf.sum(y as tf.Tensor));
    const { grads } = tf.valueAndGrads(loss)(weights);
    return { grad: grads[0] as tf.Tensor };
  };
  refuses(
    body,
    /^Cannot train "z\/linear1\/kernel" in the stage "z": no gradient of any loss reaches it/,
    ["recorded"],
  );
});
