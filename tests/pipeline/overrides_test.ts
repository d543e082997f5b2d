import assert from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { checkText } from "../../lib/pipeline/load.ts";
import {
  override,
  readOverride,
} from "../../lib/pipeline/language/overrides.ts";
import { TEXTS } from "./shipped_texts.ts";

const BYOL = TEXTS["byol.yaml"]!;
const set = (...changes: string[]) =>
  checkText("byol.yaml", BYOL, { set: changes });
const stageOf = (name: string, ...changes: string[]) => {
  const { loaded, text } = set(...changes);
  return loaded?.pipeline.stages.get(name) ?? assert.fail(text);
};

const refused = (work: () => unknown, message: RegExp): void =>
  assert.throws(
    work,
    (error: unknown) =>
      error instanceof UserError && message.test(error.message),
  );

Deno.test("An override is a path and YAML, which may hold further equals signs", () => {
  for (
    const [text, path, value] of [
      ["train.epochs=5", "train.epochs", 5],
      ["a=", "a", null],
      ["a=null", "a", null],
      ["a=text", "a", "text"],
      ["a=x=y", "a", "x=y"],
      ["a='5'", "a", "5"],
      ["a=[1, 2]", "a", [1, 2]],
      ["a={ b: true }", "a", { b: true }],
      ["stages.target.y.of=views", "stages.target.y.of", "views"],
    ] as const
  ) assert.deepEqual(readOverride(text), { path, value });
});

Deno.test("What cannot be an override is refused, with an example", () => {
  for (const text of ["", "train.epochs", "=5", "="]) {
    refused(() => readOverride(text), /expected key=value, for example/);
  }
  for (const text of ["a=[1, 2", "a={b: ", 'a="x', "a=@x", "a=b: c: d"]) {
    refused(() => readOverride(text), /is not YAML$/);
  }
});

Deno.test("A value, a map and a whole section are replaced", () => {
  const { loaded } = set(
    "data.batch=16",
    "train.optimizer={ adam: { lr: 3 } }",
  );
  assert.equal(loaded?.pipeline.data.batch, 16);
  assert.equal(loaded?.pipeline.train.optimizer.definition.name, "adam");
  assert.equal(
    set("evaluate={ knn: false }").loaded?.pipeline.evaluate.knn,
    undefined,
  );
});

Deno.test("evaluate=false leaves both scores out, evaluate=null means the default", () => {
  assert.deepEqual(set("evaluate=false").loaded?.pipeline.evaluate, {});
  assert.deepEqual(
    set("evaluate.knn.k=3", "evaluate=null").loaded?.pipeline.evaluate,
    set().loaded?.pipeline.evaluate,
  );
});

Deno.test("Later overrides see the earlier ones", () => {
  const { loaded } = set(
    "train.optimizer={ adam: { lr: 3 } }",
    "train.optimizer.adam.lr=4",
    "data.batch=16",
    "data.batch=32",
  );
  const { optimizer } = loaded!.pipeline.train;
  assert.equal((optimizer.options as { lr: number }).lr, 4);
  assert.equal(loaded!.pipeline.data.batch, 32);
});

Deno.test("Names of stages may hold dots", () => {
  const twin = stageOf("target.y", "stages.target.y.momentum=0.5");
  assert.equal(twin.key, "ema");
  assert.deepEqual(twin.options, { momentum: 0.5 });
});

Deno.test("The longest name that fits is meant", () => {
  const root = { a: { b: 1 }, "a.b": { c: 2 } };
  assert.deepEqual(override(root, "a.b.c", 3), {
    a: { b: 1 },
    "a.b": { c: 3 },
  });
  assert.deepEqual(override(root, "a.b", 3), { a: { b: 1 }, "a.b": 3 });
  assert.deepEqual(override(root, "a.x", 3), {
    a: { b: 1, x: 3 },
    "a.b": { c: 2 },
  });
});

Deno.test("Places of lists are replaced by their number", () => {
  const loss = stageOf("loss", "stages.loss.between.1=target.z");
  assert.deepEqual(
    loss.inputs.get("between")?.references[1],
    { stage: "target.z", stopGradient: false },
  );
  const root = { list: [{ a: 1 }, { a: 2 }] };
  assert.deepEqual(override(root, "list.1.a", 5), {
    list: [{ a: 1 }, { a: 5 }],
  });
});

Deno.test("A place that a list does not have is refused", () => {
  for (const place of ["2", "-1", "x", "1e3"]) {
    refused(
      () => override({ list: [1, 2] }, `list.${place}`, 3),
      /not a place in a list of 2$/,
    );
  }
});

Deno.test("null removes a key, and only that", () => {
  assert.deepEqual(override({ a: 1, b: 2 }, "a", null), { b: 2 });
  assert.deepEqual(override({ a: { b: 1, c: 2 } }, "a.b", null), {
    a: { c: 2 },
  });
  assert.deepEqual(override({ a: 1 }, "x", null), { a: 1 });
  const { loaded } = set("train.epochs=null", "train.steps=100");
  assert.deepEqual(loaded?.pipeline.train.length, {
    unit: "steps",
    count: 100,
  });
});

Deno.test("Maps that are missing on the way are made", () => {
  assert.deepEqual(override({}, "a.b.c", 1), { a: { b: { c: 1 } } });
  const { loaded } = set("checkpoint.keep=5");
  assert.equal(loaded?.pipeline.checkpoint.keep, 5);
});

Deno.test("What is overridden stays as it was", () => {
  const root = { a: { b: 1 }, list: [1] };
  override(root, "a.b", 2);
  override(root, "list.0", 2);
  override(root, "a", null);
  assert.deepEqual(root, { a: { b: 1 }, list: [1] });
});

Deno.test("A key that no pipeline has is found by the checks", () => {
  for (
    const [change, code] of [
      ["train.epoch=5", "unknown-key"],
      ["stages.y.widht=5", "unknown-key"],
      ["data.batch=many", "wrong-type"],
      ["nonsense=1", "unknown-key"],
      ["stages.q.queue=zz", "missing-key"],
    ] as const
  ) {
    const { findings, loaded } = set(change);
    assert.equal(loaded, undefined, change);
    assert.ok(findings.some((one) => one.code === code), change);
  }
});

Deno.test("Overriding a file that is no YAML reports the file", () => {
  const { findings } = checkText("x.yaml", "data: [", { set: ["a.b=1"] });
  assert.equal(findings[0]?.code, "yaml-syntax");
});
