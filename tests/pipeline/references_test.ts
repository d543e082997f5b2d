/** @file What a stage can read: views, ranges, lists, named outputs, the data itself. */
import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { BUILT_IN, register } from "../../lib/model/registry.ts";
import {
  type CheckResult,
  checkText,
  type LoadedPipeline,
} from "../../lib/pipeline/load.ts";
import { resolve } from "../../lib/pipeline/explain/resolve.ts";
import { defineStage, type Type } from "../../lib/stages/define.ts";
import { parse, stringify } from "yaml";
import { tiny } from "../evaluate/tiny.ts";

/** Two outputs and none that a plain reference reads. */
const split = defineStage({
  key: { key: "split", value: "input", summary: "What is split" },
  name: "split",
  summary: "The two halves of a value's features",
  options: z.strictObject({}),
  inputs: {
    split: { is: ["embedding"], gradient: true, summary: "What is split" },
  },
  build(_scope, { split: of = [] }) {
    const half = ({ shape: [width = 0], ...type }: Type): Type => ({
      ...type,
      shape: [width / 2],
    });
    return {
      outputs: { left: of.map(half), right: of.map(half) },
      apply({ split: views = [] }) {
        const parts = views.map((x) => tf.split(x as tf.Tensor2D, 2, 1));
        return {
          left: parts.map(([left]) => left as tf.Tensor),
          right: parts.map(([, right]) => right as tf.Tensor),
        };
      },
    };
  },
});

const REGISTRY = register(BUILT_IN, tiny, split);

const text = (stages: string, count = 3): string =>
  `data: { source: tiny, batch: 4 }
stages:
  views: { augment: simsiam, of: image, count: ${count} }
  y: { encode: mlp, of: views, hidden: 6, out: 4 }
${stages}
train: { steps: 4, optimizer: { sgd: { lr: 0.1 } } }
`;

const check = (stages: string, count?: number): CheckResult =>
  checkText("r.yaml", text(stages, count), { registry: REGISTRY });

function load(stages: string, count?: number): LoadedPipeline {
  const { loaded, text: report } = check(stages, count);
  return loaded ?? assert.fail(report);
}

/** What a stage reads at an input, as numbers of views and shapes. */
function reads(
  { graph }: LoadedPipeline,
  stage: string,
  input = "of",
): (string | number | undefined)[][] {
  const signature = graph.byName.get(stage)?.inputs[input] ?? [];
  return signature.map(({ view, shape }) => [view, `${shape}`]);
}

/** A network that reads `of`, and a loss that trains it. */
const reader = (of: string): string =>
  `  z: { project: mlp, of: ${of}, hidden: 4, out: 4 }
  loss: { loss: mse, between: [z, stop_gradient(z)], pairs: all }
  rest: { loss: mse, between: [y, stop_gradient(y)], pairs: all }`;

for (
  const [range, views] of [
    ["y[0:2]", [0, 1]],
    ["y[1:]", [1, 2]],
    ["y[1:3]", [1, 2]],
    ["y[:2]", [0, 1]],
    ["y[:]", [0, 1, 2]],
    ["y[2:3]", [2]],
    ["y[2]", [2]],
    ["y", [0, 1, 2]],
    [" y[0:2] ", [0, 1]],
  ] as const
) {
  Deno.test(`"${range}" are the views ${views} of three`, () => {
    const loaded = load(reader(`"${range}"`));
    assert.deepEqual(reads(loaded, "z"), views.map((view) => [view, "4"]));
    // Views keep their numbers: the loss pairs by them.
    const output = loaded.graph.byName.get("z")?.built.outputs["output"];
    assert.equal(output?.length, views.length);
  });

  Deno.test(`"${range}" comes back from the written-out form`, () => {
    const { pipeline } = load(reader(`"${range}"`));
    const plain = stringify(resolve(pipeline));
    const again = checkText("r.yaml", plain, { registry: REGISTRY });
    assert.deepEqual(again.loaded?.pipeline, pipeline, again.text);
    assert.equal(stringify(parse(plain)), plain);
  });
}

Deno.test("Views of a range are paired by their numbers in what is read", () => {
  /** Pairs that a loss has: it refuses to have none. */
  const pairs = (a: string, b: string, pairs: string): boolean => {
    const { loaded } = check(
      `  loss: { loss: mse, between: ["${a}", "stop_gradient(${b})"], pairs: ${pairs} }`,
    );
    return loaded !== undefined;
  };
  assert.deepEqual(
    [
      pairs("y[0:1]", "y[0:1]", "cross"),
      pairs("y[0:1]", "y[1:2]", "cross"),
      pairs("y[0:2]", "y[2:3]", "same"),
      pairs("y[0:2]", "y[1:3]", "same"),
      pairs("y[2:3]", "y[0:2]", "unordered"),
      pairs("y[0:2]", "y[2:3]", "unordered"),
    ],
    [false, true, false, true, false, true],
  );
});

interface Wrong {
  readonly stages: string;
  readonly at: string;
  readonly message: string;
  readonly hint?: string;
}

const WRONG: readonly Wrong[] = [
  {
    stages: reader('"y[1:4]"'),
    at: "z.of",
    message: 'Cannot take views 1 to 4 of "y": it has 3, counted from 0',
    hint: '"y[0:2]" are the first two: the end is not among them',
  },
  {
    stages: reader('"y[3:]"'),
    at: "z.of",
    message: 'Cannot take views 3 to the last of "y": it has 3, counted from 0',
  },
  {
    stages: reader('"y[2:2]"'),
    at: "z.of",
    message: 'Cannot take views 2 to 2 of "y": it has 3, counted from 0',
  },
  {
    stages: reader('"y[2:1]"'),
    at: "z.of",
    message: 'Cannot take views 2 to 1 of "y": it has 3, counted from 0',
  },
  {
    stages: reader('[y, "y[7]"]'),
    at: "z.of.1",
    message: 'Cannot take view 7 of "y": it has 3, counted from 0',
  },
  {
    stages: reader('[y, "yy"]'),
    at: "z.of.1",
    message: 'Cannot find the stage "yy"',
    hint: 'did you mean "y"?',
  },
  {
    stages: reader("[y, image]"),
    at: "z.of.1",
    message:
      'Cannot use "image" here: images are raw bytes until an augment stage made views of them',
    hint: 'read its views instead: "views"',
  },
  {
    stages: reader('"y[-1]"'),
    at: "z.of",
    message: 'Cannot read "y[-1]" as a reference to a stage',
    hint: "views are counted from 0, from the front",
  },
  {
    stages: reader('"y[a]"'),
    at: "z.of",
    message: 'Cannot read "y[a]" as a reference to a stage',
    hint: 'one view is "z[1]", several are "z[1:3]" or "z[1:]"',
  },
  {
    stages: reader('"y[0, 1]"'),
    at: "z.of",
    message: 'Cannot read "y[0, 1]" as a reference to a stage',
  },
  {
    stages: reader('"y, views"'),
    at: "z.of",
    message: 'Cannot read "y, views" as a reference to a stage',
    hint: "several references are a list: [a, b]",
  },
  {
    stages: reader('"mean(y)"'),
    at: "z.of",
    message: 'Cannot read "mean(y)" as a reference to a stage',
    hint:
      '"mean" is a stage, not a function: add `m: { mean: y }` and read "m"',
  },
  {
    stages: reader('"split(y)"'),
    at: "z.of",
    message: 'Cannot read "split(y)" as a reference to a stage',
    hint:
      '"split" is a stage, not a function: add `m: { split: y }` and read "m"',
  },
  {
    stages: reader('"detach(y)"'),
    at: "z.of",
    message: 'Cannot read "detach(y)" as a reference to a stage',
    hint: "stop_gradient(...) is the only function",
  },
  {
    stages: reader('""'),
    at: "z.of",
    message: 'Cannot read "" as a reference to a stage',
  },
  {
    stages: reader("[]"),
    at: "z.of",
    message: "Cannot read an empty list",
    hint: "name at least one stage",
  },
  {
    stages: reader('[y, ["views"]]'),
    at: "z.of.1",
    message: 'Cannot read ["views"] as a reference to a stage',
  },
  {
    stages: reader("label"),
    at: "z.of",
    message:
      'Cannot project "label" in "mlp": expected [batch, height, width, channels] or [batch, features] or [batch, tokens, features]',
  },
  {
    stages: reader("y.tokens"),
    at: "z.of",
    message: 'Cannot find the output "tokens" of "y"',
    hint: '"y" has one output: read "y"',
  },
];

for (const { stages, at, message, hint } of WRONG) {
  Deno.test(`${message} (${at}) stands in its place`, () => {
    const { findings, text: report, loaded } = check(stages);
    assert.ok(!loaded);
    const found = findings.find((one) => one.message === message) ??
      assert.fail(report);
    assert.equal(found.path.join("."), `stages.${at}`);
    if (hint) assert.ok(found.hints.includes(hint), report);
    assert.match(report, /^r\.yaml:\d+:\d+: /);
  });
}

// Lists.

Deno.test("A list in `of` is all views of all its entries, one after another, numbered anew", () => {
  const loaded = load(
    `  few: { augment: none, of: image, count: 1 }
  x: { encode: mlp, of: [views, few, "views[1:]"], hidden: 6, out: 5 }
  a: { loss: mse, between: [x, stop_gradient(x)] }
  b: { loss: mse, between: [y, stop_gradient(y)] }`,
  );
  const shape = "4,4,3";
  assert.deepEqual(
    reads(loaded, "x"),
    [0, 1, 2, 3, 4, 5].map((view) => [view, shape]),
  );
  const output = loaded.graph.byName.get("x")?.built.outputs["output"];
  assert.equal(output?.length, 6);
  // The weights are there once.
  const paths = loaded.graph.byName.get("x")?.variables.map(({ path }) => path);
  assert.equal(new Set(paths).size, paths?.length);
});

Deno.test("A list of one is that one, but its views are numbered from 0", () => {
  assert.deepEqual(
    reads(load(reader('["y[1:]"]')), "z"),
    [[0, "4"], [1, "4"]],
  );
  assert.deepEqual(reads(load(reader('"y[1:]"')), "z"), [[1, "4"], [2, "4"]]);
});

Deno.test("A list may hold stopped references, and comes back from the written-out form", () => {
  const loaded = load(
    reader('[stop_gradient(y), "y[0]", "stop_gradient(y[1:])"]'),
  );
  assert.equal(reads(loaded, "z").length, 6);
  const { stages } = resolve(loaded.pipeline) as {
    stages: Record<string, { of: unknown }>;
  };
  assert.deepEqual(stages["z"]?.of, [
    "stop_gradient(y)",
    "y[0]",
    "stop_gradient(y[1:])",
  ]);
});

// Named outputs.

const HALVES = (between: string): string =>
  `  s: { split: y }
  loss: { loss: mse, between: ${between}, pairs: all }`;

Deno.test("A named output is read by the stage's name, a dot and its own", () => {
  const between = '[s.left, "stop_gradient(s.right[1:])"]';
  const loaded = load(HALVES(between));
  const views = [[0, "2"], [1, "2"], [2, "2"]];
  assert.deepEqual(reads(loaded, "loss", "between.0"), views);
  assert.deepEqual(reads(loaded, "loss", "between.1"), views.slice(1));
  const { stages } = resolve(loaded.pipeline) as {
    stages: Record<string, { between: unknown }>;
  };
  assert.deepEqual(stages["loss"]?.between, parse(between));
});

Deno.test("A stage whose name has a dot comes before the output of another", () => {
  const loaded = load(
    `  s: { split: y }
  s.left: { project: mlp, of: s.right, hidden: 4, out: 3 }
  loss: { loss: mse, between: [s.left, stop_gradient(s.left)] }`,
  );
  assert.deepEqual(reads(loaded, "loss", "between.0")[0], [0, "3"]);
});

const OUTPUTS: readonly (readonly [string, string, readonly string[]])[] = [
  ["s.lft", 'Cannot find the output "lft" of "s"', [
    'did you mean "s.left"?',
    'outputs: "s.left", "s.right"',
  ]],
  ["s.output", 'Cannot read "s" as a whole: it has outputs of several names', [
    'outputs: "s.left", "s.right"',
  ]],
  ["s", 'Cannot read "s" as a whole: it has outputs of several names', [
    'outputs: "s.left", "s.right"',
  ]],
  ["s.left.right", 'Cannot find the stage "s.left.right"', []],
  ["y.left", 'Cannot find the output "left" of "y"', [
    '"y" has one output: read "y"',
  ]],
  ["zz.left", 'Cannot find the stage "zz.left"', []],
  [
    '"s.left[5]"',
    'Cannot take view 5 of "s.left": it has 3, counted from 0',
    [],
  ],
  [
    '"s.left[1:9]"',
    'Cannot take views 1 to 9 of "s.left": it has 3, counted from 0',
    [],
  ],
];

for (const [reference, message, hints] of OUTPUTS) {
  Deno.test(`Of an output that is not there, ${reference}, is said: ${message}`, () => {
    const { findings, text: report, loaded } = check(
      HALVES(`[s.left, ${reference}]`),
    );
    assert.ok(!loaded);
    assert.deepEqual(
      findings.map((one) => [one.path.join("."), one.message]),
      [["stages.loss.between.1", message]],
      report,
    );
    for (const hint of hints) {
      assert.ok(findings[0]?.hints.includes(hint), report);
    }
  });
}

Deno.test("A misspelt owner of an output is found with the nearest name", () => {
  const { findings } = check(
    `  halves: { split: y }
  loss: { loss: mse, between: [halves.left, halvs.left] }`,
  );
  assert.equal(findings[0]?.code, "unknown-reference");
  const hints = findings[0]?.hints ?? [];
  assert.ok(
    hints.some((hint) => /^did you mean "halves/.test(hint)),
    `${hints}`,
  );
});

// The data.

/** A loss that reads labels. */
const LABELLED = (labels: string): string =>
  `  loss: { loss: cross_entropy, of: y, labels: ${labels} }`;

Deno.test("Labels are read as `label`, one number for each image", () => {
  const { graph } = load(LABELLED("label"));
  assert.deepEqual(graph.byName.get("loss")?.inputs["labels"], [
    { is: "label", shape: [], dtype: "int32", view: 0 },
  ]);
});

for (
  const [labels, message] of [
    ["y", /^Cannot labels \[batch, 4\]|expected "label"$/],
    ["image", /^Cannot use "image" here/],
    ["lable", /^Cannot find the stage "lable"$/],
    ['"label[1]"', /^Cannot take view 1 of "label": it has 1/],
    ["loss", /reads "loss"|a loss is a scalar/],
  ] as const
) {
  Deno.test(`Labels that are none, ${labels}, are refused`, () => {
    const { findings, text: report, loaded } = check(LABELLED(labels));
    assert.ok(!loaded);
    assert.ok(findings.some((one) => message.test(one.message)), report);
    if (labels === "lable") {
      assert.ok(findings[0]?.hints.includes('did you mean "label"?'), report);
    }
  });
}

Deno.test("Neither the images nor the labels can be the name of a stage", () => {
  for (const name of ["image", "label"]) {
    const { findings } = check(
      `  ${name}: { stop_gradient: y }\n${reader("y")}`,
    );
    assert.equal(findings[0]?.message, `Cannot name a stage "${name}"`);
  }
});

Deno.test("Weights of the data are none: neither a twin nor a copy of it can be", () => {
  for (const key of ["ema", "with"]) {
    for (const name of ["image", "label"]) {
      const { findings, text: report } = check(
        `  t: { ${key}: ${name}, of: views }
  loss: { loss: mse, between: [y, t] }`,
      );
      assert.deepEqual(
        findings.map((one) => [one.path.join("."), one.message]),
        [[`stages.t.${key}`, `Cannot use "${name}" here: it is data`]],
        report,
      );
    }
  }
});
