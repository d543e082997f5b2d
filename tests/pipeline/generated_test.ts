import assert from "@std/assert";
import { z } from "zod";
import { BUILT_IN, kindsOf, register } from "../../lib/model/registry.ts";
import { isNamed } from "../../lib/model/stage_kind.ts";
import * as sections from "../../lib/pipeline/parse/sections.ts";
import { referencePage } from "../../lib/pipeline/explain/reference_page.ts";
import { configTypes } from "../../lib/pipeline/explain/types_text.ts";
import { defineStage } from "../../lib/stages/define.ts";
import { GENERATED, generated } from "../../tools/generate.ts";
import { FACTS } from "../../tools/methods/facts.ts";
import { METHODS } from "../../tools/methods/names.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

const wanted = await generated();

for (const file of Object.keys(GENERATED)) {
  Deno.test(`${file} is what \`deno task generate\` writes`, async () => {
    assert.equal(await Deno.readTextFile(`${ROOT}${file}`), wanted.get(file));
  });
}

Deno.test("There is no page of a method that is not there, and of each that is there it is told when to choose it", () => {
  for (const { name } of Deno.readDirSync(`${ROOT}docs/methods`)) {
    assert.ok(wanted.has(`docs/methods/${name}`), name);
  }
  assert.deepEqual(Object.keys(FACTS).sort(), [...METHODS].sort());
});

/** A kind of stage that is not there. */
const blend = defineStage({
  key: "blend",
  name: "average",
  summary: "A weighted mean of two values",
  options: z.strictObject({
    share: z.number().min(0).max(1).default(0.5).describe("Of the first"),
  }),
  inputs: { of: { is: ["embedding"] }, with_other: { is: ["embedding"] } },
  build: (_scope, { of = [] }) => ({
    outputs: { output: of },
    apply: ({ of = [] }) => ({ output: of }),
  }),
});

Deno.test("A new kind of stage is in the types and on the reference page", () => {
  const registry = register(BUILT_IN, blend);
  const types = configTypes(registry);
  assert.match(types, /export interface BlendAverageConfig \{/);
  assert.match(types, /readonly blend: "average";/);
  assert.match(types, /readonly share\?: number;/);
  const page = referencePage(registry);
  assert.match(page, /### `blend: average`\n\nA weighted mean of two values\./);
  assert.match(
    page,
    /\| `share` \| number \(at least 0, at most 1\) \| `0\.5` \|/,
  );
});

/** The part of the reference page below a heading, to the next one. */
function section(page: string, heading: string): string {
  const start = page.indexOf(`\n${heading}\n`);
  assert.ok(start >= 0, `no heading: ${heading}`);
  const end = page.indexOf("\n#", start + heading.length + 1);
  return page.slice(start, end < 0 ? undefined : end);
}

/** Whether a text, which is broken into lines, has a sentence. */
const told = (text: string, sentence: string): boolean =>
  text.replaceAll(/\s+/g, " ").includes(sentence.replaceAll(/\s+/g, " "));

/** Options of a map, each with its default as JSON where it has one. */
function optionsOf(schema: z.ZodType): readonly (readonly [string, string?])[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape).map(([name, one]) => {
    const { type, defaultValue } = one._zod.def as {
      readonly type: string;
      readonly defaultValue?: unknown;
    };
    return type === "default" ? [name, JSON.stringify(defaultValue)] : [name];
  });
}

/** Whether a table has a row for each option, and its default in it. */
function missing(page: string, heading: string, schema: z.ZodType): string[] {
  const rows = section(page, heading).split("\n").map((row) =>
    row.split(/(?<!\\) *\| */)
  );
  return optionsOf(schema).flatMap(([name, standard]) => {
    const row = rows.find(([, option]) => option === `\`${name}\``);
    if (!row) return [`${heading}: ${name}`];
    return standard === undefined || row.includes(`\`${standard}\``)
      ? []
      : [`${heading}: ${name}: default ${standard}: ${row.join(" | ")}`];
  });
}

Deno.test("The committed reference page has every stage, transform, optimizer, source and setting, with every option and its default", async () => {
  const page = await Deno.readTextFile(`${ROOT}docs/reference.md`);
  const lost: string[] = [];
  let options = 0;
  const look = (heading: string, schema: z.ZodType): void => {
    options += optionsOf(schema).length;
    lost.push(...missing(page, heading, schema));
  };
  for (const definition of BUILT_IN.stages) {
    for (const kind of definition.kinds) {
      const heading = isNamed(kind)
        ? `${kind.key}: ${definition.name}`
        : kind.key;
      look(`### \`${heading}\``, definition.options);
      const own = section(page, `### \`${heading}\``);
      assert.ok(told(own, definition.summary), heading);
      for (const input of Object.keys(definition.inputs)) {
        assert.ok(own.includes(`\`${input}\``), `${heading}: ${input}`);
      }
    }
  }
  const { transforms, optimizers, sources, presets, heads } = BUILT_IN;
  for (const one of [...transforms, ...optimizers, ...sources]) {
    look(`### \`${one.name}\``, one.options);
    const own = section(page, `### \`${one.name}\``);
    assert.ok(told(own, one.summary), one.name);
  }
  for (const name of [...Object.keys(presets), ...Object.keys(heads)]) {
    assert.ok(page.includes(`\`${name}\``), name);
  }
  for (const name of ["train", "monitor", "checkpoint", "evaluate"] as const) {
    look(`### \`${name}\``, sections[name]);
  }
  for (const [name, schedule] of Object.entries(sections.SCHEDULES)) {
    look(`### \`train.schedule: ${name}\``, schedule);
  }
  look("### `train.per_stage`", sections.perStage);
  look("### `evaluate.knn`", sections.knn);
  look("### `evaluate.linear`", sections.linear);
  look("### `sweep.paper`", sections.paper);
  const keys = section(page, "### Keys of a pipeline");
  for (const key of sections.TOP_LEVEL) {
    assert.ok(keys.includes(`\`${key}\``), key);
  }
  assert.deepEqual(lost, []);
  assert.ok(options > 150, `${options} options`);
});

Deno.test("The types and the reference page hold every kind and every definition", () => {
  const [types, page] = [configTypes(), referencePage()];
  for (const { key } of kindsOf(BUILT_IN)) {
    assert.ok(page.includes(`## \`${key}\``), key);
    assert.ok(types.includes(`readonly ${key}: `), key);
  }
  for (const { name } of [...BUILT_IN.transforms, ...BUILT_IN.optimizers]) {
    assert.ok(page.includes(`### \`${name}\``), name);
    assert.ok(types.includes(`readonly ${name}?: `), name);
  }
});
