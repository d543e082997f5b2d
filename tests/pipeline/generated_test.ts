import assert from "@std/assert";
import { z } from "zod";
import { BUILT_IN, kindsOf, register } from "../../lib/model/registry.ts";
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

Deno.test("There is no page of a method that is not there, and nothing is told of one", () => {
  for (const { name } of Deno.readDirSync(`${ROOT}docs/methods`)) {
    assert.ok(wanted.has(`docs/methods/${name}`), name);
  }
  for (const name of Object.keys(FACTS)) {
    assert.ok(METHODS.includes(name), name);
  }
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
