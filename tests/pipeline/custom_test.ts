/** @file Stages from a user's own modules. */
import assert from "@std/assert";
import { join } from "node:path";
import { stringify } from "yaml";
import { checkPipeline } from "../../lib/pipeline/load.ts";
import { resolve } from "../../lib/pipeline/explain/resolve.ts";

const LOSS = `
import * as tf from "@tensorflow/tfjs";
import { defineLoss } from "stopgrad";
import { z } from "zod";
export default defineLoss({
  name: "mine",
  summary: "Squared distance",
  negatives: "none",
  options: z.strictObject({ strength: z.number().positive() }),
  apply: (a, b, { strength }) =>
    tf.mul(tf.mean(tf.square(tf.sub(a, b))), strength),
});
`;

const pipeline = (loss: string): string => `
data: { source: photos, batch: 8 }
stages:
  views: { augment: simsiam, of: image }
  y: { encode: mlp, of: views, hidden: 4, out: 4 }
  loss: ${loss}
train: { steps: 2, optimizer: { sgd: { lr: 0.1 } } }
`;

/** Checks a pipeline in a folder with these files. */
async function check(
  loss: string,
  files: Readonly<Record<string, string>> = { "mine.ts": LOSS },
): ReturnType<typeof checkPipeline> {
  const folder = await Deno.makeTempDir({ prefix: "stopgrad-test-" });
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(folder, name), text);
    }
    const file = join(folder, "own.yaml");
    await Deno.writeTextFile(file, pipeline(loss));
    return await checkPipeline(file);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("A loss is named by the path of its module", async () => {
  for (
    const loss of [
      "{ use: ./mine.ts, between: [y, y], strength: 2 }",
      "{ loss: ./mine.ts, between: [y, y], strength: 2 }",
    ]
  ) {
    const { loaded, text } = await check(loss);
    const stage = loaded?.pipeline.stages.get("loss");
    if (!stage) throw new Error(text);
    assert.deepEqual(stage.options, { pairs: "cross", strength: 2 });
    assert.equal(stage.definition.name, "./mine.ts");
  }
});

Deno.test("A resolved pipeline names the module again", async () => {
  const { loaded, text: report } = await check(
    "{ use: ./mine.ts, between: [y, y], strength: 2 }",
  );
  if (!loaded) throw new Error(report);
  const text = stringify(resolve(loaded.pipeline));
  assert.match(text, /loss: \.\/mine\.ts/);
});

Deno.test("Its options are checked as those of a built-in loss", async () => {
  const { findings, text } = await check(
    "{ use: ./mine.ts, between: [y, y], strenth: 2 }",
  );
  assert.deepEqual(
    findings.map(({ code }) => code).sort(),
    ["missing-key", "unknown-key"],
  );
  assert.match(text, /own\.yaml:6:44: .*"strenth"/);
  assert.match(text, /did you mean "strength"/);
});

Deno.test("A stage is not two: what a module is takes no name beside it", async () => {
  const { findings, text } = await check(
    "{ use: ./mine.ts, loss: nt_xent, between: [y, y] }",
  );
  assert.deepEqual(findings.map(({ code }) => code), ["unknown-key"]);
  assert.match(text, /own\.yaml:6:27: .*Cannot use "loss" beside "use"/);
});

const BROKEN: Readonly<Record<string, readonly [string, RegExp]>> = {
  "is not there": ["", /Cannot use ".\/other.ts": there is no such file/],
  "does not parse": ["export default {", /Cannot use ".\/other.ts": /],
  "throws": ["throw new Error('out of cheese')", /out of cheese/],
  "has no default export": ["export const a = 1", /is no definition/],
  "exports something else": ["export default 3", /is no definition/],
  "exports a kind that is none": [
    'export default { kind: "loss" }',
    /is no definition/,
  ],
  "exports a stage by its kind alone": [
    'export default { kind: "stage" }',
    /kind "stage", has no "key"/,
  ],
  "exports a stage without a build": [
    'export default { kind: "stage", kinds: [{ key: "mine" }], inputs: {}, options: { safeParse() {} } }',
    /kind "stage", has no "build", or another than was expected: a function/,
  ],
  "exports a source of no schema": [
    'export default { kind: "source", options: 3 }',
    /kind "source", has no "options"/,
  ],
  "exports what throws when it is read": [
    'export default { get kind() { throw new Error("out of cheese") } }',
    /out of cheese \(at other\.ts:1:\d+\)/,
  ],
};

for (const [what, [source, message]] of Object.entries(BROKEN)) {
  Deno.test(`A module that ${what} is reported once, in its place`, async () => {
    const files: Record<string, string> = source === ""
      ? {}
      : { "other.ts": source };
    const { findings, text } = await check(
      "{ use: ./other.ts, between: [y, y] }",
      files,
    );
    assert.deepEqual(findings.map(({ code }) => code), ["custom-stage"]);
    assert.match(text, message);
    assert.match(text, /own\.yaml:6:16: /);
    assert.doesNotMatch(text, /\n\s+at /);
  });
}

Deno.test("A module is loaded only where a stage names it", async () => {
  const { loaded, text } = await check(
    "{ loss: nt_xent, between: [y, y] } # ./mine.ts",
    { "mine.ts": "throw new Error('must not run')" },
  );
  assert.ok(loaded, text);
});

const BLEND = `
import * as tf from "@tensorflow/tfjs";
import { defineStage } from "stopgrad";
import { z } from "zod";
export default defineStage({
  key: "blend",
  name: "mine",
  summary: "A mixture of two values",
  options: z.strictObject({ share: z.number().min(0).max(1).default(0.5) }),
  inputs: {
    of: { is: ["embedding"], gradient: true },
    into: { is: ["embedding"], gradient: true },
  },
  build: (_scope, { of = [] }, { share }) => ({
    outputs: { output: of },
    apply: ({ of = [], into = [] }) => ({
      output: of.map((x, i) => tf.add(tf.mul(x, share), tf.mul(into[i]!, 1 - share))),
    }),
  }),
});
`;

/** A pipeline with such a stage. */
const blended = (stage: string): string =>
  `{ loss: nt_xent, between: [m, m] }\n  m: ${stage}`;

Deno.test("A kind of stage of one's own is named by the path of its module", async () => {
  for (
    const stage of [
      "{ use: ./mine.ts, of: y, into: y, share: 0.25 }",
      "{ blend: ./mine.ts, of: y, into: y, share: 0.25 }",
    ]
  ) {
    const files = { "mine.ts": BLEND };
    const { loaded, text } = await check(blended(stage), files);
    const found = loaded?.pipeline.stages.get("m");
    if (!loaded || !found) throw new Error(text);
    assert.equal(found.key, "blend");
    assert.deepEqual(found.options, { share: 0.25 });
    const { stages } = resolve(loaded.pipeline) as {
      stages: Record<string, unknown>;
    };
    assert.deepEqual(stages["m"], {
      blend: "./mine.ts",
      of: "y",
      into: "y",
      share: 0.25,
    });
  }
});

for (
  const [stage, message, hint] of [
    [
      "{ use: ./mine.ts, of: y, int: y }",
      'Cannot use "int" in "blend: ./mine.ts"',
      'did you mean "into"?',
    ],
    [
      "{ use: ./mine.ts, of: y, into: y, shre: 1 }",
      'Cannot use "shre" in "blend: ./mine.ts"',
      'did you mean "share"?',
    ],
    ["{ use: ./mine.ts, of: y }", 'Cannot do without "into"', undefined],
    [
      "{ use: ./mine.ts, of: y, into: y, role: blnd }",
      'Cannot find the role "blnd"',
      'did you mean "blend"?',
    ],
    [
      "{ use: ./mine.ts, of: y, into: yy }",
      'Cannot find the stage "yy"',
      'did you mean "y"?',
    ],
  ] as const
) {
  Deno.test(`Of a kind of one's own, ${stage} is reported: ${message}`, async () => {
    const { loaded, findings, text } = await check(blended(stage), {
      "mine.ts": BLEND,
    });
    assert.ok(!loaded);
    const found = findings.find((one) => one.message === message);
    assert.ok(found, text);
    if (hint) assert.ok(found?.hints.includes(hint), text);
    assert.match(text, /own\.yaml:7:\d+: /);
  });
}
