/** @file What cannot be recorded rightly is refused, recorded or run op by op. */
import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../../lib/errors.ts";
import { buildWithoutChance } from "../../lib/trace/chance.ts";
import { executeRaw } from "../../lib/trace/backend.ts";
import { differentiable } from "../../lib/ops/differentiable.ts";
import { stopGradient } from "../../lib/ops/stop_gradient.ts";
import {
  type Execution,
  runEagerly,
  trace,
  type Traceable,
} from "../../lib/trace/execution.ts";
import { engine } from "../helpers/engine.ts";
import { context, float32 } from "../helpers/numeric.ts";

type Compute = (
  x: tf.Tensor2D,
  execution: Execution,
) => tf.Tensor | unknown;

const FEED = { x: float32([2, 3], [1, 2, 3, 4, 5, 6]) };

/** A step with a stage "p" that computes something of `[2, 3]`. */
const stage = (compute: Compute): Traceable => (execution) => {
  const x = execution.feed("x", [2, 3], "float32") as tf.Tensor2D;
  const y = execution.scope("p/part", () => compute(x, execution));
  return y instanceof tf.Tensor ? { y } : {};
};

/** The same, its mean as a loss to train the input by. */
const training = (compute: Compute): Traceable => (execution) => {
  const x = execution.feed("x", [2, 3], "float32") as tf.Tensor2D;
  const loss = (x: tf.Tensor): tf.Scalar => {
    const y = execution.scope("p", () => compute(x as tf.Tensor2D, execution));
    return execution.scope("loss", () => tf.mean(y as tf.Tensor));
  };
  return { grad: tf.valueAndGrads(loss)([x]).grads[0] as tf.Tensor };
};

const MODES: Readonly<Record<string, (body: Traceable) => unknown>> = {
  recorded: (body) => trace(engine.api, "step", body),
  "run op by op": (body) => runEagerly(context, body, FEED),
};

/** Asserts that a step is refused so in every mode, or in those that are given. */
function refuses(
  body: Traceable,
  message: RegExp,
  modes: readonly string[] = Object.keys(MODES),
): void {
  for (const mode of modes) {
    assert.throws(
      () => MODES[mode]?.(body),
      (error: Error) => {
        assert.ok(error instanceof UserError, `${mode}: ${error}`);
        assert.match(error.message, message, mode);
        return true;
      },
      mode,
    );
  }
}

const DRAWING: Readonly<Record<string, Compute>> = {
  "tf.dropout": (x) => tf.dropout(x, 0.5),
  "tf.randomNormal": (x) => tf.add(x, tf.randomNormal([2, 3])),
  "tf.randomStandardNormal": () => tf.randomStandardNormal([2, 3]),
  "tf.randomUniform": () => tf.randomUniform([2, 3], 0, 1, "float32", 7),
  "tf.randomUniformInt": () => tf.randomUniformInt([2], 0, 9),
  "tf.randomGamma": () => tf.randomGamma([2], 1),
  "tf.truncatedNormal": () => tf.truncatedNormal([2]),
  "tf.multinomial": (x) => tf.multinomial(x, 2),
  "tf.rand": () => tf.rand([2], () => 1),
  "Math.random": () => tf.scalar(Math.random()),
  "crypto.getRandomValues": () =>
    tf.tensor1d([...crypto.getRandomValues(new Uint8Array(2))]),
};

for (const [name, compute] of Object.entries(DRAWING)) {
  Deno.test(`${name} is refused in a stage`, () => {
    refuses(
      stage(compute),
      new RegExp(
        `^Cannot use ${name} in the stage "p" \\(at refusals_test\\.ts:\\d+:\\d+\\): its numbers would be drawn once`,
      ),
    );
  });
}

Deno.test("Initializers and layers of tfjs draw too, and are refused", () => {
  const refused = /^Cannot use tf\.(truncatedNormal|randomUniform|dropout) in/;
  refuses(
    stage(() => tf.initializers.heNormal({}).apply([2, 3])),
    refused,
  );
  refuses(
    stage((x) => tf.layers.dense({ units: 2 }).apply(x)),
    refused,
  );
  refuses(
    stage((x) => tf.layers.dropout({ rate: 0.5 }).apply(x, { training: true })),
    refused,
  );
});

Deno.test("A dropout of nothing draws nothing", () => {
  trace(engine.api, "step", stage((x) => tf.dropout(x, 0)));
});

Deno.test("A stage that is being built cannot draw its constants", () => {
  for (
    const [name, draw] of Object.entries({
      "tf.randomNormal": () => tf.randomNormal([2]),
      "tf.truncatedNormal": () => tf.initializers.leCunNormal({}).apply([2, 3]),
      "Math.random": () => Math.random(),
    })
  ) {
    assert.throws(() => buildWithoutChance<unknown>("z", draw), {
      name: "UserError",
      message: new RegExp(
        `^Cannot use ${name} in the stage "z" \\(at refusals_test.*drawn once, while the stage is built`,
      ),
    });
  }
  assert.equal(buildWithoutChance("z", () => tf.range(0, 3).shape[0]), 3);
});

Deno.test("Outside of a step numbers can be drawn", () => {
  assert.equal(tf.randomNormal([3]).dataSync().length, 3);
  assert.ok(Math.random() < 1);
  assert.equal(crypto.getRandomValues(new Uint8Array(2)).length, 2);
});

const READING: Readonly<Record<string, readonly [Compute, RegExp]>> = {
  "dataSync": [(x) => x.dataSync(), /^Cannot read a value in the stage "p"/],
  "arraySync of a result": [
    (x) => tf.sum(x).arraySync(),
    /: Sum in "p\/part" has none yet/,
  ],
  "data, a promise": [(x) => void x.data(), /^Cannot read a value/],
  "array, a promise": [(x) => void x.array(), /^Cannot read a value/],
  "print": [(x) => tf.print(x), /^Cannot read a value/],
  "bufferSync": [(x) => x.bufferSync(), /^Cannot read a value/],
};

for (const [what, [compute, message]] of Object.entries(READING)) {
  Deno.test(`A value that is read by ${what} is refused while a step is recorded`, () => {
    refuses(stage(compute), message, ["recorded"]);
    refuses(
      stage(compute),
      /tf\.where in place of `if`.*`--eager`/,
      ["recorded"],
    );
  });
}

Deno.test("Constants can be read while a step is recorded", () => {
  trace(
    engine.api,
    "step",
    stage(() => {
      assert.deepEqual(tf.tensor1d([1, 2]).arraySync(), [1, 2]);
    }),
  );
});

Deno.test("Operators of JavaScript do not compute with tensors", () => {
  const message = /^Cannot use a tensor as a number in the stage "p" \(at/;
  refuses(stage((x) => x > tf.neg(x)), message);
  refuses(stage((x) => tf.scalar(+(x as unknown as number))), message);
});

Deno.test("An op whose result has no shape before it is computed is refused", () => {
  refuses(
    stage((x) => tf.unique(tf.reshape(x, [6])).values),
    /^Cannot use tf\.unique in the stage "p" \(at .*\): the shape of its result, \[\?\], depends on values/,
    ["recorded"],
  );
});

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
        `^Cannot train through ${op} in the stage "p" \\(at refusals_test\\.ts:\\d+:\\d+\\): it has no gradient`,
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
    /^Cannot compute the gradient of .* in the stage "p": Error in gradient .* has shape ''/,
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

Deno.test("A tensor that another step computed is refused", () => {
  for (const run of Object.values(MODES)) {
    let old: tf.Tensor | undefined;
    const body = stage((x) => {
      old ??= tf.keep(tf.neg(x));
      return tf.add(x, old);
    });
    run(body);
    assert.throws(() => run(body), {
      name: "UserError",
      message:
        /^Cannot use a tensor of another step in tf\.add in the stage "p" \(at .*scope\.declare, run\.read, run\.update/s,
    });
  }
});

Deno.test("A constant that was made outside of a step can be used in every step", () => {
  const table = tf.sin(tf.range(0, 3));
  const body = stage((x) => tf.add(x, table));
  for (let i = 0; i < 2; i++) {
    trace(engine.api, "step", body);
    const { y } = runEagerly(context, body, FEED);
    assert.equal(y?.data[1], Math.fround(2 + Math.fround(Math.sin(1))));
  }
  assert.equal(table.dataSync().length, 3);
  table.dispose();
});

Deno.test("An index that is known to be out of range is refused while the step is made", () => {
  for (const run of Object.values(MODES)) {
    const body = stage((x) => tf.gather(x, [0, 2]));
    assert.throws(() => run(body), /the index 2 is not in 0\.\.1/);
  }
});

Deno.test("A variable of tfjs is refused", () => {
  refuses(
    stage((x) => tf.variable(x)),
    /^Cannot use tf\.variable in the stage "p".*scope\.declare/s,
  );
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
