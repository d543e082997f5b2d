/**
 * @file A kind of stage that is defined here and registered with one line: all
 * that Stopgrad knows of stages it knows of this one too.
 */
import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { planText } from "../../lib/cli/plan.ts";
import { diagramOf } from "../../lib/graph/draw/diagram.ts";
import { toDot } from "../../lib/graph/draw/dot.ts";
import { toMermaid } from "../../lib/graph/draw/mermaid.ts";
import { BUILT_IN, kindsOf, register } from "../../lib/model/registry.ts";
import { explain } from "../../lib/pipeline/explain/explain.ts";
import { pipelineSchema } from "../../lib/pipeline/explain/json_schema.ts";
import {
  type CheckResult,
  checkText,
  type LoadedPipeline,
} from "../../lib/pipeline/load.ts";
import { resolve } from "../../lib/pipeline/explain/resolve.ts";
import { defineStage, OUTPUT } from "../../lib/stages/define.ts";
import { ramp } from "../../lib/stages/ramp.ts";
import { planRun } from "../../lib/train/plan.ts";
import { tiny, withSession } from "../evaluate/tiny.ts";
import { engine } from "../helpers/engine.ts";
import { close } from "../helpers/numeric.ts";
import { compileSchema } from "../pipeline/compile_schema.ts";

/** `share * gate * blend + (1 - share) * into`, with a weight for each feature. */
const blend = defineStage({
  key: { key: "blend", value: "input", summary: "The value that is mixed in" },
  name: "blend",
  summary: "A mixture of two values",
  options: z.strictObject({
    share: ramp(z.number().min(0).max(1)).default(0.5).describe(
      "How much of the first there is",
    ),
  }),
  inputs: {
    blend: {
      is: ["embedding"],
      gradient: true,
      verb: "blend",
      summary: "The value that is mixed in",
    },
    into: {
      is: ["embedding"],
      gradient: true,
      verb: "blend into",
      summary: "The value that it is mixed into",
      hint: "into: <stage>",
    },
  },
  build(scope, { blend: of = [], into = [] }, _options, { problem }) {
    if (`${of.map(({ shape }) => shape)}` !== `${into.map((x) => x.shape)}`) {
      problem("shape-mismatch", ["into"], "Cannot blend values so unlike");
    }
    const gate = scope.declare("gate", of[0]?.shape ?? [], "weight", {
      kind: "constant",
      value: 1,
    });
    return {
      outputs: { [OUTPUT]: of },
      apply({ blend: a = [], into: b = [] }, run) {
        const share = run.scheduled("share");
        return {
          [OUTPUT]: a.map((x, i) =>
            tf.add(
              tf.mul(tf.mul(x, run.read(gate)), share),
              tf.mul(b[i] as tf.Tensor, tf.sub(1, share)),
            )
          ),
        };
      },
    };
  },
});

const REGISTRY = register(BUILT_IN, tiny, blend);

const FILE = "blend.yaml";
const TEXT = `name: blend
data: { source: tiny, batch: 4 }
stages:
  views: { augment: [{ color_jitter: { brightness: 0.5, p: 1 } }], of: image }
  y: { encode: mlp, of: views, hidden: 6, out: 5, batch_norm: all }
  z: { project: mlp, of: y, hidden: 6, out: 5 }
  m: { blend: z, into: y, share: 0.25 }
  loss: { loss: nt_xent, between: [m, m], pairs: unordered }
train: { steps: 4, optimizer: { sgd: { lr: 0.1 } } }
`;

const check = (text = TEXT, ...set: readonly string[]): CheckResult =>
  checkText(FILE, text, { registry: REGISTRY, set });

function load(text = TEXT, ...set: readonly string[]): LoadedPipeline {
  const { loaded, text: report } = check(text, ...set);
  return loaded ?? assert.fail(report);
}

Deno.test("Registering a kind of stage is all that it takes: nothing else knows of it", () => {
  const keys = (registry: Parameters<typeof kindsOf>[0]) =>
    kindsOf(registry).map(({ key }) => key);
  assert.deepEqual(keys(REGISTRY), [...keys(BUILT_IN), "blend"]);
  assert.equal(checkText(FILE, TEXT).loaded, undefined);
  assert.equal(load().warnings, "");
});

Deno.test("A stage of a new kind is read: its inputs, its options, its defaults", () => {
  const stage = load().pipeline.stages.get("m");
  assert.equal(stage?.key, "blend");
  assert.equal(stage?.definition, blend);
  assert.deepEqual(stage?.options, { share: 0.25 });
  assert.deepEqual(
    [...stage?.inputs ?? []].map(([name, { references }]) => [
      name,
      references.map((one) => one.stage),
    ]),
    [["blend", ["z"]], ["into", ["y"]]],
  );
  const plain = load(TEXT, "stages.m.share=null").pipeline.stages.get("m");
  assert.deepEqual(plain?.options, { share: 0.5 });
  const wired = load().graph.byName.get("m");
  assert.deepEqual(wired?.variables.map(({ path, shape }) => [path, shape]), [
    ["m/gate", [5]],
  ]);
  assert.equal(wired?.trainable, true);
});

/** What is wrong with the stage `m`, and what is said of it. */
const WRONG: readonly {
  readonly m: string;
  readonly at: string;
  readonly message: string | RegExp;
  readonly hint?: string;
}[] = [
  {
    m: "{ blnd: z, into: y }",
    at: "",
    message: "Cannot tell what kind of stage this is",
    hint: 'did you mean "blend" in place of "blnd"?',
  },
  {
    m: "{ blend: z, into: y, shre: 0.5 }",
    at: "shre",
    message: 'Cannot use "shre" in "blend"',
    hint: 'did you mean "share"?',
  },
  {
    m: "{ blend: z, int: y }",
    at: "int",
    message: 'Cannot use "int" in "blend"',
    hint: 'did you mean "into"?',
  },
  {
    m: "{ blend: z }",
    at: "into",
    message: 'Cannot do without "into"',
    hint: "into: <stage>",
  },
  {
    m: "{ blend: z, into: yy }",
    at: "into",
    message: 'Cannot find the stage "yy"',
    hint: 'did you mean "y"?',
  },
  {
    m: "{ blend: 3, into: y }",
    at: "blend",
    message: "Cannot read 3 as a reference to a stage",
  },
  {
    m: "{ blend: z, into: y, share: 2 }",
    at: "share",
    message: 'Cannot use 2 as "share" of "blend": expected at most 1',
  },
  {
    m: "{ blend: z, into: y, share: { from: 0, to: 2 } }",
    at: "share.to",
    message: 'Cannot use 2 as "share.to" of "blend": expected at most 1',
  },
  {
    m: "{ blend: z, into: y, share: { from: 0, too: 1 } }",
    at: "share.too",
    message: /^Cannot use "too" in "share" of "blend"$/,
    hint: 'did you mean "to"?',
  },
  {
    m: "{ blend: z, into: views }",
    at: "into",
    message: "Cannot blend into [batch, 4, 4, 3]: expected [batch, features]",
  },
  {
    m: "{ blend: image, into: y }",
    at: "blend",
    message:
      'Cannot use "image" here: images are raw bytes until an augment stage made views of them',
    hint: 'read its views instead: "views"',
  },
  {
    m: '{ blend: z, into: "y[0]" }',
    at: "into",
    message: "Cannot blend values so unlike",
  },
  {
    m: "{ blend: z, into: m }",
    at: "into",
    message: 'Cannot order the stages: "m" reads "m"',
  },
  {
    m: "{ blend: z, into: y, encode: mlp, of: y }",
    at: "",
    message: /^Cannot be "encode" and "blend" at once$/,
  },
];

for (const { m, at, message, hint } of WRONG) {
  Deno.test(`Of a stage of a new kind, ${m} is reported in its place`, () => {
    const text = TEXT.replace(/m: \{.*\}/, `m: ${m}`);
    const { findings, text: report, loaded } = check(text);
    assert.ok(!loaded);
    const path = ["stages", "m", ...(at ? at.split(".") : [])].join(".");
    const found = findings.find((one) =>
      typeof message === "string"
        ? one.message === message
        : message.test(one.message)
    ) ?? assert.fail(report);
    assert.equal(found.path.join("."), path, report);
    if (hint) {
      assert.ok(found.hints.includes(hint), report);
    }
    assert.match(report, /blend\.yaml:\d+:\d+: /);
  });
}

Deno.test("A stage of a new kind that no gradient reaches, or that nothing reads, is reported", () => {
  const codes = (text: string): string[] =>
    check(text).findings.map(({ code, path }) => `${code} ${path.join(".")}`);
  assert.deepEqual(codes(TEXT.replace("[m, m]", "[z, stop_gradient(m)]")), [
    "no-gradient stages.m",
  ]);
  assert.deepEqual(codes(TEXT.replace("[m, m]", "[z, z]")), [
    "unused-stage stages.m",
  ]);
});

Deno.test("The JSON Schema of a registry has its kinds of stages: it takes and refuses what the checks do", () => {
  const validate = compileSchema(pipelineSchema(REGISTRY));
  const without = compileSchema(pipelineSchema(register(BUILT_IN, tiny)));
  const withM = (m: string): unknown =>
    parse(TEXT.replace(/m: \{.*\}/, `m: ${m}`));
  for (
    const m of [
      "{ blend: z, into: y }",
      "{ blend: z, into: y, share: 1 }",
      "{ blend: [z, y], into: [y, z] }",
      '{ blend: "z[0:2]", into: stop_gradient(y), share: { from: 0, to: 1, epochs: 2, shape: linear } }',
      '{ blend: z, into: y, share: "${share}" }',
    ]
  ) {
    assert.ok(validate(withM(m)), `${m}: ${JSON.stringify(validate.errors)}`);
    assert.ok(!without(withM(m)), m);
  }
  for (
    const m of [
      "{ blend: z }",
      "{ into: z }",
      "{ blnd: z, into: y }",
      "{ blend: z, into: y, shre: 1 }",
      "{ blend: z, into: y, share: 2 }",
      "{ blend: z, into: y, share: { from: 0 } }",
      "{ blend: 3, into: y }",
      '{ blend: "z[", into: y }',
      "{ blend: z, into: y, weight: 1 }",
    ]
  ) {
    assert.ok(!validate(withM(m)), m);
    assert.equal(check(stringify(withM(m))).loaded, undefined, m);
  }
});

Deno.test("A new kind of stage is written out in full, and comes back from that", () => {
  const { pipeline } = load(TEXT, "stages.m.share=null");
  const { stages } = resolve(pipeline) as { stages: Record<string, unknown> };
  assert.deepEqual(stages["m"], { blend: "z", into: "y", share: 0.5 });
  const again = load(stringify(resolve(pipeline)));
  assert.deepEqual(again.pipeline, pipeline);
});

Deno.test("explain() gives every value of a new kind of stage its origin", () => {
  const lines = (text: string, set: readonly string[] = []) =>
    explain(load(text, ...set), { file: FILE, text, set, registry: REGISTRY })
      .split("\n").map((line) => line.trim().replace(/ +#/, " #"));
  const found = lines(TEXT, ["stages.m.into=z"]);
  for (
    const line of [
      "blend: z # blend.yaml:7",
      "into: z # --set",
      "share: 0.25 # blend.yaml:7",
    ]
  ) assert.ok(found.includes(line), `${line} in\n${found.join("\n")}`);
  const plain = lines(TEXT.replace(", share: 0.25", ""));
  assert.ok(plain.includes("share: 0.5 # default"));
});

Deno.test("A new kind of stage is drawn, with what it reads and what flows back", async () => {
  const { graph } = load(
    TEXT.replace("into: y", "into: 'stop_gradient(y[0:2])'"),
  );
  const diagram = diagramOf("blend", graph);
  const box = diagram.nodes.find(({ name }) => name === "m");
  assert.deepEqual(box, {
    name: "m",
    kind: "blend",
    look: "value",
    title: "blend",
    shape: "2 × [batch, 5]",
  });
  const arrows = diagram.edges.filter(({ to, from }) =>
    to === "m" || from === "m"
  );
  assert.deepEqual(arrows.slice(0, 2), [
    { from: "z", to: "m", kind: "gradient", label: "" },
    {
      from: "y",
      to: "m",
      kind: "stopped",
      label: "stop_gradient, views 0:2, into",
    },
  ]);
  assert.deepEqual(
    arrows.slice(2).map(({ to, kind }) => `${to} ${kind}`),
    ["loss gradient", "loss gradient"],
  );
  const { dotToSvg } = await import("../../lib/graph/draw/svg.ts");
  const dot = toDot(diagram);
  assert.match(dot, /"m" \[label="m\\nblend\\n2 × \[batch, 5\]"/);
  assert.match(await dotToSvg(dot), />m<\/text>/);
  const mermaid = toMermaid(diagram);
  assert.match(mermaid, /"m<br>blend<br>2 × \[batch, 5\]"/);
  assert.match(mermaid, /--x\|"stop_gradient, views 0:2, into"\|/);
});

Deno.test("plan counts what a new kind of stage has and does", () => {
  const loaded = load(TEXT, "stages.m.share={ from: 0, to: 1 }");
  // The count of a source of the tests is known from no file.
  const plan = planRun(loaded, engine, { images: 12 });
  const row = plan.stages.find(({ wired }) => wired.name === "m");
  assert.equal(row?.parameters, 5);
  // Three products and a sum for each of 2 x 4 x 5 numbers, or a few more.
  assert.ok((row?.flops ?? 0) >= 4 * 40, `${row?.flops}`);
  assert.deepEqual(plan.uncounted, []);
  const text = planText(plan, loaded.pipeline);
  assert.match(text, /^m +blend +2 × \[batch, 5\] +5 /m);
  assert.match(text, /^`share` of m, over steps$/m);
  const series = plan.schedules?.find(({ option }) => option === "share");
  assert.deepEqual(series?.stages, ["m"]);
  assert.equal(series?.points[0]?.[1], 0);
});

Deno.test("A new kind of stage trains: its weights, and those behind both of its inputs, move by their gradients", async () => {
  // Without batch norm, so that with the share 0 nothing of z is left.
  const text = TEXT.replace(", batch_norm: all", ", batch_norm: none")
    .replace(
      "hidden: 6, out: 5 }\n  m",
      "hidden: 6, out: 5, batch_norm: none }\n  m",
    );
  for (
    const [share, moved] of [
      ["0.25", ["m/gate", "y/linear1/kernel", "z/linear2/kernel"]],
      ["0", ["y/linear1/kernel"]],
      ["1", ["m/gate", "y/linear1/kernel", "z/linear2/kernel"]],
    ] as const
  ) {
    const loaded = load(text, `stages.m.share=${share}`);
    await withSession(loaded, async (session) => {
      const before = await session.save();
      const { loss = Number.NaN } = await session.step();
      assert.ok(Number.isFinite(loss));
      const after = await session.save();
      const paths = ["m/gate", "y/linear1/kernel", "z/linear2/kernel"];
      const changed = paths.filter((path) =>
        `${before[path]?.data}` !== `${after[path]?.data}`
      );
      assert.deepEqual(changed, moved, `share ${share}`);
    });
  }
});

Deno.test("An option of a new kind of stage that is a ramp changes from step to step", async () => {
  const course = async (share: string): Promise<number[]> => {
    const losses: number[] = [];
    // Nothing moves: a loss depends on the step's share and images alone.
    const loaded = load(
      TEXT,
      `stages.m.share=${share}`,
      "train.optimizer.sgd.lr=1e-30",
      "stages.y.batch_norm=none",
      "stages.z.batch_norm=none",
    );
    await withSession(loaded, async (session) => {
      for (let i = 0; i < 4; i++) {
        losses.push((await session.step())["loss"] as number);
      }
    });
    return losses;
  };
  // Four steps: 0, 1/4, 1/2 and 3/4 of the way.
  const changing = await course("{ from: 0, to: 1, shape: linear }");
  for (const [step, share] of [0, 0.25, 0.5, 0.75].entries()) {
    const constant = (await course(`${share}`))[step] as number;
    close([changing[step] as number], [constant], 1e-6, `step ${step}`);
  }
});
