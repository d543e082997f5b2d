/** @file A user's own stages: the same graph as built-in ones, and their faults told. */
import assert from "@std/assert";
import { join } from "node:path";
import { optimize } from "../../lib/compile/compile.ts";
import { UserError } from "../../lib/errors.ts";
import { printProgram } from "../../lib/ir/print.ts";
import { checkPipeline } from "../../lib/pipeline/load.ts";
import { recordStep } from "../../lib/train/record.ts";
import { engine } from "../helpers/engine.ts";

const HEAD = `import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
`;

/** Modules of a user, each what a built-in one is. */
const FILES: Readonly<Record<string, string>> = {
  "loss.ts": `${HEAD}import { defineLoss, l2Normalize } from "stopgrad";
export default defineLoss({
  name: "likeness",
  summary: "Negative cosine similarity",
  negatives: "none",
  options: z.strictObject({}),
  apply(a, b) {
    const similarity = tf.sum(tf.mul(l2Normalize(a), l2Normalize(b)), 1);
    return tf.neg(tf.mean(similarity));
  },
});
`,
  "head.ts": `${HEAD}import { defineModule, dense, ShapeError } from "stopgrad";
export default defineModule({
  name: "line",
  summary: "One linear layer",
  roles: ["project", "predict"],
  options: z.strictObject({ out: z.int().min(1) }),
  build(scope, shape, { out }) {
    const [features, ...more] = shape;
    if (!features || more.length > 0) throw new ShapeError("expected features");
    const options = { in: features, out, bias: true };
    const layer = dense(scope.child("linear1"), options);
    return { shape: [out], layer: (x, run) => layer(tf.reshape(x, [x.shape[0]!, -1]), run) };
  },
});
`,
  "invert.ts": `${HEAD}import { defineTransform } from "stopgrad";
export default defineTransform({
  name: "invert",
  summary: "Bright values inverted",
  evaluation: false,
  options: z.strictObject({ threshold: z.number(), p: z.number() }),
  shape: (shape) => shape,
  apply(images, { threshold, p }, random) {
    const drawn = tf.less(random.uniform([images.shape[0]]), p);
    const applies = tf.reshape(tf.cast(drawn, "float32"), [images.shape[0], 1, 1, 1]);
    const limit = tf.sub(2, tf.mul(applies, 2 - threshold));
    return tf.where(tf.greaterEqual(images, limit), tf.sub(1, images), images);
  },
});
`,
};

const PIPELINE = (own: boolean): string => `
data: { source: photos, batch: 8 }
stages:
  views:
    augment:
      - ${
  own
    ? "{ use: ./invert.ts, threshold: 0.5, p: 0.2 }"
    : "{ solarize: { threshold: 0.5, p: 0.2 } }"
}
      - normalize
    of: image
  y: { encode: resnet, of: views, width: 8, blocks: [1] }
  z: { ${
  own
    ? "use: ./head.ts, role: project, of: y, out: 6"
    : "project: mlp, of: y, layers: 1, hidden: 1, out: 6, batch_norm: none"
} }
  p: { predict: mlp, of: z, hidden: 4, out: 6 }
  loss: { loss: ${
  own ? "./loss.ts" : "cosine"
}, between: [p, stop_gradient(z)] }
train: { steps: 3, optimizer: { sgd: { lr: 0.1 } } }
`;

/** Checks a pipeline beside files of one's own. */
async function check(
  pipeline: string,
  files: Readonly<Record<string, string>> = FILES,
): ReturnType<typeof checkPipeline> {
  const folder = await Deno.makeTempDir({ prefix: "stopgrad-test-" });
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(folder, name), text);
    }
    const file = join(folder, "own.yaml");
    await Deno.writeTextFile(file, pipeline);
    return await checkPipeline(file);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The step of a pipeline after every pass, as text. */
async function compiled(pipeline: string): Promise<string> {
  const { loaded, text } = await check(pipeline);
  if (!loaded) throw new Error(text);
  return printProgram(optimize(recordStep(engine.api, loaded).program));
}

Deno.test("A loss, a network and a transform of one's own compile to the graph of the built-in ones, op for op", async () => {
  const own = await compiled(PIPELINE(true));
  const built = await compiled(PIPELINE(false));
  assert.ok(own.split("\n").length > 200);
  assert.equal(own, built);
});

Deno.test("Each of them takes less than 20 lines", () => {
  for (const [name, text] of Object.entries(FILES)) {
    const lines = text.trimEnd().split("\n").length;
    assert.ok(lines < 20, `${name} has ${lines}`);
  }
});

Deno.test("Their options and shapes are checked like those of built-in ones", async () => {
  const { text } = await check(
    PIPELINE(true).replace("out: 6", "out: 0").replace("p: 0.2", "q: 0.2"),
  );
  assert.match(text, /own\.yaml:\d+:\d+: Cannot use 0 as "out"/);
  assert.match(text, /own\.yaml:\d+:\d+: Cannot use "q" in the transform/);
  const other = await check(
    PIPELINE(true).replace("of: y, out", "of: views, out"),
  );
  assert.match(
    other.text,
    /own\.yaml:10:43: Cannot project \[batch, 32, 32, 3\] with ".\/head\.ts": expected features \[shape-mismatch\]/,
  );
});

/** Faults of a module, and what a run says of each. */
const FAULTS: readonly {
  readonly what: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly message: RegExp;
}[] = [
  {
    what: "a loss that reads values while the step is recorded",
    file: "loss.ts",
    from: "return tf.neg",
    to: "if (similarity.dataSync()[0]! > 0) throw 0;\n    return tf.neg",
    message:
      /^Cannot read a value in the stage "loss" \(at loss\.ts:11:\d+\): Sum in "loss" has none yet, for nothing is computed while the step is traced/,
  },
  {
    what: "a loss that is no scalar",
    file: "loss.ts",
    from: "tf.neg(tf.mean(similarity))",
    to: "tf.neg(similarity) as tf.Scalar",
    message:
      /^Cannot run ".\/loss\.ts" in the stage "loss": it gives \[8\], expected a scalar/,
  },
  {
    what: "a loss that returns nothing",
    file: "loss.ts",
    from: "return tf.neg",
    to: "tf.neg",
    message:
      /^Cannot run ".\/loss\.ts" in the stage "loss": it gives no tensor, expected a scalar/,
  },
  {
    what: "a loss that is no tensor",
    file: "loss.ts",
    from: "return tf.neg(tf.mean(similarity))",
    to: "return 3",
    message:
      /^Cannot run ".\/loss\.ts" in the stage "loss": it gives no tensor, expected a scalar/,
  },
  {
    what: "a loss that comes later",
    file: "loss.ts",
    from: "apply(a, b)",
    to: "async apply(a, b)",
    message:
      /^Cannot run ".\/loss\.ts" in the stage "loss": it gives a promise, expected a scalar/,
  },
  {
    what: "a loss that is true or false",
    file: "loss.ts",
    from: "tf.neg(tf.mean(similarity))",
    to: "tf.greater(tf.mean(similarity), 0)",
    message:
      /^Cannot run ".\/loss\.ts" in the stage "loss": it gives a tensor of bool, expected a scalar/,
  },
  {
    what: "a network of another width than it declares",
    file: "head.ts",
    from: "shape: [out]",
    to: "shape: [out + 1]",
    message:
      /^Cannot run ".\/head\.ts" in the stage "z": it gives \[8, 6\], expected \[8, 7\]/,
  },
  {
    what: "a network that draws once for ever",
    file: "head.ts",
    from: "layer(tf.reshape(x, [x.shape[0]!, -1]), run)",
    to: "tf.dropout(layer(tf.reshape(x, [x.shape[0]!, -1]), run), 0.5)",
    message:
      /^Cannot use tf\.dropout in the stage "z" \(at head\.ts:14:\d+\): its numbers would be drawn once.*\n.*run\.random\(place\)/,
  },
  {
    what: "a transform that draws without its random numbers",
    file: "invert.ts",
    from: "random.uniform([images.shape[0]])",
    to: "tf.randomUniform([images.shape[0]])",
    message:
      /^Cannot use tf\.randomUniform in the stage "views" \(at invert\.ts:11:\d+\)/,
  },
  {
    what: "a network that cannot be trained through",
    file: "head.ts",
    from: "layer(tf.reshape(x, [x.shape[0]!, -1]), run)",
    to:
      'tf.einsum("ij->ij", layer(tf.reshape(x, [x.shape[0]!, -1]), run)) as tf.Tensor2D',
    message:
      /^Cannot train through tf\.einsum in the stage "z" \(at head\.ts:14:\d+\): it has no gradient\.\nWrite it with .*tf\.matMul/,
  },
  {
    what: "a network whose gradient uses what is gone",
    file: "head.ts",
    from: "layer(tf.reshape(x, [x.shape[0]!, -1]), run)",
    to: `tf.customGrad((x: tf.Tensor) => {
      const y = tf.tanh(x);
      return { value: tf.mul(y, 2), gradFunc: (dy: tf.Tensor) => tf.mul(dy, tf.sub(1, tf.square(y))) };
    })(layer(tf.reshape(x, [x.shape[0]!, -1]), run))`,
    message:
      /^Cannot use a tensor that is gone in tf\.square in the stage "z" \(at head\.ts:16:\d+\)/,
  },
  {
    what: "a loss of nothing that is trained",
    file: "loss.ts",
    from: "return tf.neg(tf.mean(similarity))",
    to: "return tf.scalar(similarity.size)",
    message:
      /^Cannot train by the loss in the stage "loss": it does not depend on any trained weight/,
  },
  {
    what: "a network that does not use its weights",
    file: "head.ts",
    from: "layer(tf.reshape(x, [x.shape[0]!, -1]), run)",
    to: "tf.slice(tf.reshape(x, [x.shape[0]!, -1]), [0, 0], [-1, out])",
    message:
      /^Cannot train "z\/linear1\/kernel" \(and 1 more\) in the stage "z": no gradient of any loss reaches it/,
  },
  {
    what: "a transform with a mistake",
    file: "invert.ts",
    from: "tf.sub(1, images)",
    to: "tf.reshape(images, [3])",
    message:
      /^Cannot run ".\/invert\.ts" in the stage "views": .*Cannot reshape a tensor with 24576 elements/,
  },
];

for (const { what, file, from, to, message } of FAULTS) {
  Deno.test(`A run says what is wrong with ${what}`, async () => {
    const text = FILES[file] as string;
    assert.ok(text.includes(from));
    const files = { ...FILES, [file]: text.replace(from, to) };
    // So wide that all but the file's own mistake fits.
    const pipeline = PIPELINE(true).replace(
      "hidden: 4, out: 6",
      to.includes("out + 1") ? "hidden: 4, out: 7" : "hidden: 4, out: 6",
    );
    const { loaded, text: report } = await check(pipeline, files);
    if (!loaded) throw new Error(report);
    assert.throws(
      () => recordStep(engine.api, loaded),
      (error: unknown) =>
        error instanceof UserError && message.test(error.message),
    );
  });
}

Deno.test("An optimizer that gives no new value is told of as such", async () => {
  const { loaded, text } = await check(
    PIPELINE(false).replace("{ sgd: { lr: 0.1 } }", "{ ./rule.ts: { lr: 1 } }"),
    {
      "rule.ts": `${HEAD}import { defineOptimizer } from "stopgrad";
export default defineOptimizer({
  name: "rule",
  summary: "None",
  options: z.strictObject({ lr: z.number() }),
  slots: [],
  update: () => 3,
});
`,
    },
  );
  if (!loaded) throw new Error(text);
  assert.throws(
    () => recordStep(engine.api, loaded),
    /^UserError: Cannot run ".\/rule\.ts" in the stage "y": it gives no tensor as "value", expected \[3, 3, 3, 8\]/,
  );
});

/**
 * Checks a pipeline with a stage `m` of one's own.
 *
 * @param reads What of the pipeline is put in place of what, so that `m` is read.
 * @param build Of its definition.
 */
const checkOwn = (reads: readonly [string, string], build: string) =>
  check(
    PIPELINE(false).replace(
      "  loss:",
      "  m: { use: ./own.ts, of: z }\n  loss:",
    ).replace(...reads),
    {
      "own.ts": `${HEAD}import { defineStage } from "stopgrad";
export default defineStage({
  key: "mine",
  name: "mine",
  summary: "None",
  options: z.strictObject({}),
  inputs: { of: { is: ["embedding"], gradient: true } },
  build: ${build},
});
`,
    },
  );

/** What a stage of one's own may build, that is no stage. */
const BUILT: Readonly<Record<string, RegExp>> = {
  "undefined": /its build gives nothing: expected { outputs, apply }/,
  "Promise.resolve({})": /its build gives a promise/,
  "{ apply: () => ({}) }": /its build gives a map: expected { outputs, apply }/,
  "{ outputs: { output: [{ shape: 3 }] }, apply: () => ({}) }":
    /its build gives an output "output" of another form/,
  '{ outputs: { output: [{ is: "embedding", shape: [0.5] }] }, apply: () => ({}) }':
    /its build gives an output "output" of another form/,
  'scope.declare("w", ["x"])': /the variable "m\/w" has no shape/,
  'scope.declare("w", [4])': /the variable "m\/w" has no role/,
};

/** What a stage of one's own may give, that is not what it declared: two views. */
const GIVEN: Readonly<Record<string, RegExp>> = {
  "{ out: of }":
    /in the stage "m": it gives "out" and no "output", expected 2 views of it in a list/,
  "{ output: of.slice(1) }":
    /in the stage "m": it gives 1 of "output", expected 2 views/,
  "{ output: of[0]! } as never":
    /in the stage "m": it gives no list of "output", expected 2 views/,
};

for (const [gives, message] of Object.entries(GIVEN)) {
  Deno.test(`A stage that gives ${gives} for two views ends a run with its name`, async () => {
    const { loaded, text } = await checkOwn(
      ["of: z, hidden", "of: m, hidden"],
      `(_scope, { of = [] }) => ({
    outputs: { output: of },
    apply: ({ of = [] }) => (${gives}),
  })`,
    );
    if (!loaded) throw new Error(text);
    assert.throws(() => recordStep(engine.api, loaded), message);
  });
}

for (const [gives, message] of Object.entries(BUILT)) {
  Deno.test(`A stage that builds ${gives} is reported at its place`, async () => {
    const { findings, text } = await checkOwn(
      ["[p, ", "[m, "],
      `(scope) => (${gives})`,
    );
    assert.ok(findings.some(({ code }) => code === "custom-stage"), text);
    assert.match(text, /own\.yaml:\d+:3: Cannot use ".\/own\.ts": /);
    assert.match(text, message);
  });
}

Deno.test("A network that cannot be built is reported at its stage, a defect or not", async () => {
  const { findings, text } = await check(
    PIPELINE(true),
    {
      ...FILES,
      "head.ts": (FILES["head.ts"] as string).replace(
        "const [features",
        "(undefined as unknown as string).trim();\n    const [features",
      ),
    },
  );
  assert.deepEqual(findings.map(({ code }) => code), ["custom-stage"]);
  assert.match(
    text,
    /own\.yaml:10:3: Cannot use ".\/head\.ts": Cannot read properties of undefined .* \(at head\.ts:10:\d+\)/,
  );
});
