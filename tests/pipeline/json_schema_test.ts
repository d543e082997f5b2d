import assert from "@std/assert";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import {
  pipelineSchema,
  pipelineSchemaText,
} from "../../lib/pipeline/explain/json_schema.ts";
import { checkText } from "../../lib/pipeline/load.ts";
import {
  override,
  readOverride,
} from "../../lib/pipeline/language/overrides.ts";
import { compileSchema } from "./compile_schema.ts";
import { ABLATIONS, LESSONS, SHIPPED } from "./shipped.ts";

const COMMITTED =
  new URL("../../pipelines/pipeline.schema.json", import.meta.url).pathname;

const validate = compileSchema(pipelineSchema());

const BASE = `
data: { source: photos, batch: 64 }
stages:
  views: { augment: simsiam, of: image }
  y: { encode: resnet, of: views }
  z: { project: mlp, of: y, hidden: 8, out: 8 }
  p: { predict: mlp, of: z, hidden: 8, out: 8 }
  t.y: { ema: y, of: views }
  t.z: { ema: z, of: t.y }
  q: { queue: t.z, size: 64 }
  s: { stop_gradient: t.z }
  loss: { loss: cosine, between: [p, stop_gradient(s)] }
  nce: { loss: info_nce, between: ["z[0]", "t.z[1]"], negatives: "q[1]" }
train: { epochs: 3, optimizer: { sgd: { lr: 0.1 } } }
`;

/** Whether the schema, and whether the checks, accept the base with changes. */
function verdicts(
  changes: readonly string[],
): { schema: boolean; check: boolean } {
  const changed = changes.map(readOverride).reduce(
    (value, { path, value: to }) => override(value, path, to),
    parse(BASE),
  );
  const { loaded } = checkText("base.yaml", BASE, { set: changes });
  return { schema: validate(changed), check: loaded !== undefined };
}

Deno.test("pipelineSchema() accepts every shipped pipeline", async () => {
  assert(SHIPPED.length >= 15);
  for (const file of [...SHIPPED, ...ABLATIONS, ...LESSONS]) {
    const value = parse(await Deno.readTextFile(file));
    assert(validate(value), `${file}: ${JSON.stringify(validate.errors)}`);
  }
});

Deno.test("every shipped pipeline names the schema in its first line", async () => {
  for (const file of [...SHIPPED, ...ABLATIONS, ...LESSONS]) {
    const [first = ""] = (await Deno.readTextFile(file)).split("\n");
    const named = /^# yaml-language-server: \$schema=(\S+)$/.exec(first)?.[1] ??
      "nothing";
    assert.equal(resolve(dirname(file), named), COMMITTED);
  }
});

Deno.test("the committed schema is what `deno task schema --out` writes", async () => {
  assert.equal(await Deno.readTextFile(COMMITTED), pipelineSchemaText());
});

const GOOD: readonly (readonly string[])[] = [
  [],
  ["stages.views.count=16"],
  ["stages.views.augment=[horizontal_flip, { solarize: { p: 0.1 } }]"],
  ["stages.views.augment={ each: [byol, [grayscale]] }"],
  ["stages.t.y.momentum={ from: 0.9, to: 1 }"],
  ["stages.loss.pairs=all", "stages.loss.weight=0"],
  ["train.optimizer={ adamw: { lr: 0.1, beta1: 0 } }"],
  ["train.schedule=cosine"],
  ["train.schedule={ linear: { warmup: 1, final: 0.1 } }"],
  ["train.schedule={ multistep: { milestones: [3], gamma: 0.5 } }"],
  ["train.epochs=null", "train.steps=10"],
  ["train.per_stage={ p: { lr: 0.1, schedule: constant } }"],
  ["train.ema=1", "train.precision=bfloat16"],
  ["monitor=warn"],
  ["monitor={ patience: 2 }"],
  ["checkpoint={ every: 0.5 }"],
  ["evaluate={ knn: false, linear: { c: 1 } }"],
  ["evaluate=false"],
  ["name=a-b.c", "seed=7"],
  ["sweep={ grid: { train.ema: [0, 1], seed: [1, 2] } }"],
  ["sweep={ points: [{ train.ema: 0 }, { train: { ema: 1 }, paper: 3 }] }"],
  [
    "sweep={ points: { a: null, b: { seed: 1, paper: collapse } }, paper: { unit: '%', figures: { a: 1 } } }",
  ],
  ["stages.z={ project: simsiam, of: y, out: 8 }"],
  ["stages.z={ project: byol, of: y, out: 8 }", "stages.p.out=8"],
  ["data={ source: folder, path: here, size: 32, batch: 64 }"],
];

Deno.test("pipelineSchema() accepts what the checks accept", () => {
  for (const changes of GOOD) {
    assert.deepEqual(
      verdicts(changes),
      { schema: true, check: true },
      changes.join(" "),
    );
  }
});

const BAD: readonly (readonly string[])[] = [
  ["colour=1"],
  ["sweep={}"],
  ["sweep={ points: 3 }"],
  ["sweep={ points: { a: 3 } }"],
  ["sweep={ points: { a: { colour: 1 } } }"],
  ["sweep={ points: { a: { name: x } } }"],
  ["sweep={ grid: { seed: 1 } }"],
  ["sweep={ grid: { seed: [] } }"],
  ["sweep={ gird: { seed: [1] } }"],
  ["sweep={ grid: { seed: [1] }, paper: { page: 1 } }"],
  ["stages.z={ project: simsam, of: y }"],
  ["stages.z={ project: simsiam, of: y, hiden: 8 }"],
  ["stages.p={ predict: barlow_twins, of: z }"],
  ["data.bacth=1"],
  ["data.source=cifar"],
  ["data.batch=0"],
  ["data.path=x"],
  ["stages.views.view=1"],
  ["stages.views.count=17"],
  ["stages.views.augment=simsam"],
  ["stages.views.augment=[blur]"],
  ["stages.views.augment=[{ solarize: { q: 1 } }]"],
  ["stages.views.augment=[{ solarize: {}, grayscale: {} }]"],
  ["stages.y.witdh=8"],
  ["stages.y.encode=resnet19"],
  ["stages.y.project=mlp"],
  ["stages.y.of=null"],
  ["stages.y.of=views[a]"],
  ["stages.z.hidden=null"],
  ["stages.t.y.size=1"],
  ["stages.q.size=0"],
  ["stages.s.of=z"],
  ["stages.loss.between=[p]"],
  ["stages.loss.pairs=some"],
  ["stages.loss.negatives=q"],
  ["stages.nce.negatives=null"],
  ["stages.nce.temperature=0"],
  ["stages.image={ stop_gradient: z }"],
  ["train.epoch=1"],
  ["train.steps=5"],
  ["train.epochs=null"],
  ["train.optimizer=sgd"],
  ["train.optimizer={ sgd: { lr: 0.1, rate: 1 } }"],
  ["train.optimizer={ sgd: { lr: 0.1 }, lars: { lr: 1 } }"],
  ["train.schedule={ cosine: { warm: 1 } }"],
  ["train.schedule=step"],
  ["train.schedule=multistep"],
  ["train.ema=2"],
  ["train.per_stage={ p: { rate: 1 } }"],
  ["monitor=loud"],
  ["monitor={ collapse: stop, paitence: 1 }"],
  ["checkpoint={ often: 1 }"],
  ["evaluate={ knn: { n: 1 } }"],
  ["evaluate=true"],
  ["seed=-1"],
];

Deno.test("pipelineSchema() refuses unknown keys, names and ranges, as the checks do", () => {
  for (const changes of BAD) {
    assert.deepEqual(
      verdicts(changes),
      { schema: false, check: false },
      changes.join(" "),
    );
  }
});

Deno.test("pipelineSchema() accepts a variable in the place of a number, a list or a choice", () => {
  const changes = [
    "variables={ n: 3, on: true, list: [1, 2], pairs: all, s: y }",
    "data.batch='${n}'",
    "stages.y.blocks='${list}'",
    "stages.z.output_affine='${on}'",
    "stages.z.of='${s}'",
    "stages.loss.pairs='${pairs}'",
    "train.optimizer.sgd.lr='${n}'",
    "seed='${n}'",
  ];
  assert.deepEqual(verdicts(changes), { schema: true, check: true });
  for (const value of ["'3'", "'${n'", "'a${n}'"]) {
    assert(!verdicts([`data.batch=${value}`]).schema, value);
  }
});

Deno.test("pipelineSchema() checks a file with a base as it checks others, and asks for no part", () => {
  const good = [
    { extends: "./base.yaml", stages: { y: { width: 4 } } },
    { extends: ["a.yaml", "b.yaml"], train: { steps: null } },
    { extends: "a.yaml", stages: { p: null, loss: { temperature: 0.2 } } },
    { extends: "a.yaml", stages: { "t.y": { momentum: 0.9 } } },
    {
      extends: "a.yaml",
      train: { optimizer: { sgd: null, adamw: { lr: 1 } } },
    },
    // What the base names may be one's own, and have options of its own.
    { extends: "a.yaml", stages: { mine: { strength: 2, of: "z" } } },
    { extends: "a.yaml", stages: { mine: { weight: null, strength: null } } },
    { extends: "a.yaml", stages: { mine: { use: "./mine.ts", scale: 2 } } },
    { extends: "a.yaml", stages: { mine: { loss: "./mine.ts", scale: 2 } } },
    { extends: "a.yaml", data: { quality: 3 } },
    { extends: "a.yaml", evaluate: { data: { quality: 3 } } },
    { extends: "a.yaml", train: { optimizer: { "./mine.ts": { lr: 1 } } } },
    // A target is a kind of stage, and an input of losses.
    { extends: "a.yaml", stages: { loss: { target: "t.tokens" } } },
  ];
  for (const value of good) assert(validate(value), JSON.stringify(value));
  const bad = [
    { extends: [], seed: 1 },
    { extends: "a.yaml", colour: 1 },
    { extends: "a.yaml", variables: { "1st": 1 } },
    { extends: "a.yaml", stages: { y: { widht: 4 } } },
    { extends: "a.yaml", stages: { y: { encode: "resnett" } } },
    { extends: "a.yaml", stages: { y: { encode: "resnet", hidden: 4 } } },
    { extends: "a.yaml", train: { step: 4 } },
    { extends: "a.yaml", train: { optimizer: { sdg: { lr: 1 } } } },
    { extends: "a.yaml", data: { source: "folder", bacth: 4 } },
    { extends: "a.yaml", data: { bacth: 4 } },
    { extends: "a.yaml", evaluate: { data: { on_eror: "skip" } } },
    { extends: "a.yaml", stages: { y: { encod: "resnet" } } },
    { extends: "a.yaml", stages: { y: { projectt: "mlp" } } },
    { extends: "a.yaml", stages: { y: { wdth: 4 } } },
    { extends: "a.yaml", stages: { y: { batch_nrom: "all" } } },
    { extends: "a.yaml", stages: { y: { width: "wide" } } },
    { extends: "a.yaml", stages: { loss: { between: ["p"] } } },
    { extends: "a.yaml", train: { optimizer: { "mine.ts": { lr: 1 } } } },
  ];
  for (const value of bad) assert(!validate(value), JSON.stringify(value));
});

Deno.test("pipelineSchema() says of a mistake in a stage what its own kind says, and nothing of others", () => {
  const complaints = (stage: string): readonly string[] => {
    const { path, value } = readOverride(`stages.q=${stage}`);
    validate(override(parse(BASE), path, value));
    return (validate.errors ?? []).map(({ keyword, message, params }) =>
      keyword === "additionalProperties"
        ? String(params["additionalProperty"])
        : `${keyword} ${message}`
    ).filter((text) => !text.startsWith("if "));
  };
  assert.deepEqual(complaints("{ encode: resnet, of: views, widht: 8 }"), [
    "widht",
  ]);
  assert.deepEqual(complaints("{ queue: t.z, size: 64, momentum: 1 }"), [
    "momentum",
  ]);
  assert.deepEqual(
    complaints("{ loss: cosine, between: [p, s], temperature: 1 }"),
    ["temperature"],
  );
});

Deno.test("pipelineSchema() describes every name that a stage can have", () => {
  const undescribed: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const { anyOf } = value as { anyOf?: readonly Record<string, unknown>[] };
    const names = anyOf?.filter((one) => "const" in one) ?? [];
    if (names.length > 1) {
      undescribed.push(
        ...names.filter((one) => !one["description"])
          .map((one) => String(one["const"])),
      );
    }
    for (const inner of Object.values(value)) visit(inner);
  };
  const { definitions } = pipelineSchema() as {
    definitions: { stage: unknown };
  };
  visit(definitions.stage);
  assert.deepEqual(undescribed, []);
});

Deno.test("pipelineSchema() describes every value that an editor offers", () => {
  let described = 0;
  const visit = (value: unknown, path: string): void => {
    if (typeof value !== "object" || value === null) return;
    const { enum: names, enumDescriptions: meanings = [] } = value as {
      enum?: readonly string[];
      enumDescriptions?: readonly string[];
    };
    if (Array.isArray(names)) {
      described += names.length;
      assert.equal(meanings.length, names.length, path);
      for (const one of meanings) assert(one.length > 3, `${path}: "${one}"`);
    }
    for (const [key, inner] of Object.entries(value)) {
      // What is asked, and what is forbidden, is not offered.
      if (!["if", "not", "propertyNames"].includes(key)) {
        visit(inner, `${path}.${key}`);
      }
    }
  };
  visit(pipelineSchema(), "");
  assert(described > 50);
});

Deno.test("pipelineSchema() holds no option twice: what several stages have is written once", () => {
  const { definitions } = pipelineSchema() as {
    definitions: Record<string, { properties?: Record<string, unknown> }>;
  };
  const options = Object.values(definitions).flatMap(({ properties = {} }) =>
    Object.values(properties).map((one) => JSON.stringify(one))
  ).filter((text) => text.length >= 100);
  assert(options.length > 50);
  assert.deepEqual(
    options.filter((text, i) => options.indexOf(text) !== i),
    [],
  );
});

Deno.test("pipelineSchema() describes every option", () => {
  const visit = (value: unknown, path: string): void => {
    if (typeof value !== "object" || value === null) return;
    const { properties } = value as { properties?: Record<string, object> };
    for (const [key, schema] of Object.entries(properties ?? {})) {
      // A part that may be null has the other's description.
      const [part = {}] = (schema as { anyOf?: object[] }).anyOf ?? [];
      const told = "description" in schema || "$ref" in schema ||
        "$ref" in part;
      assert(told, `${path}.${key} has no description`);
    }
    for (const [key, inner] of Object.entries(value)) {
      // What is asked is no option.
      if (key === "if") continue;
      visit(inner, `${path}.${key}`);
    }
  };
  visit(pipelineSchema(), "");
});

Deno.test("pipelineSchema() accepts modules of one's own where they can stand", () => {
  const accepts = (change: string): boolean => {
    const { path, value } = readOverride(change);
    return validate(override(parse(BASE), path, value));
  };
  for (
    const change of [
      "stages.loss={use: ./mine.ts, between: [p, s], strength: 2}",
      "stages.loss={loss: ../mine.ts, between: [p, s], strength: 2}",
      "stages.y={encode: /a/mine.ts, of: views, depth: 2}",
      "stages.views.augment=[horizontal_flip, {use: ./mine.ts, p: 1}]",
      "data={source: ./mine.ts, batch: 4, quality: 3}",
      "evaluate={data: {source: ./mine.ts, quality: 3}}",
      "train.optimizer={./mine.ts: {lr: 1}}",
      "train.per_stage={y: {optimizer: {./mine.ts: {lr: 1}}}}",
    ]
  ) assert(accepts(change), change);
  for (
    const change of [
      "stages.loss={use: mine, between: [p, s]}",
      "stages.loss={loss: ./mine.py, between: [p, s]}",
      "data={source: ./mine.ts}",
      "data={source: mine, batch: 4}",
      "train.optimizer={mine: {lr: 1}}",
    ]
  ) assert(!accepts(change), change);
});
