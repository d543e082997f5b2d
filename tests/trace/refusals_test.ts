/** @file What cannot be recorded rightly is refused, recorded or run op by op. */
import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { buildWithoutChance } from "../../lib/trace/chance.ts";
import { runEagerly, trace } from "../../lib/trace/execution.ts";
import { engine } from "../helpers/engine.ts";
import { context } from "../helpers/numeric.ts";
import { type Compute, FEED, MODES, refuses, stage } from "./refused.ts";

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
  "Date.now": () => tf.scalar(Date.now() % 7),
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

Deno.test("Who asks for a step is not blamed for what a package does in it", () => {
  const draw = tf.randomNormal as (shape: unknown) => tf.Tensor;
  const [compute] = [draw.bind(undefined, [2])];
  for (const run of Object.values(MODES)) {
    assert.throws(() => run(compute as never), {
      message: /^Cannot use tf\.randomNormal in this step: its numbers/,
    });
  }
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

Deno.test("An op that TensorFlow does not get from tfjs is refused", () => {
  refuses(
    stage((x) => tf.lowerBound(x, x)),
    /^Cannot use tf\.\w+ in the stage "p" \(at .*\): tfjs has it for browsers alone/,
  );
});

Deno.test("An op whose result has no shape before it is computed is refused", () => {
  refuses(
    stage((x) => tf.unique(tf.reshape(x, [6])).values),
    /^Cannot use tf\.unique in the stage "p" \(at .*\): the shape of its result, \[\?\], depends on values/,
    ["recorded"],
  );
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
