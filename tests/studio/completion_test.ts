/** @file What the editor offers at a place of a pipeline. */
import assert from "@std/assert";
import { pipelineSchema } from "../../lib/pipeline/explain/json_schema.ts";
import {
  optionsAt,
  placeAt,
  type Schema,
} from "../../lib/studio/page/completion.ts";

const SCHEMA = pipelineSchema() as Schema;

/** What is offered where `|` stands. */
function offered(line: string, more = ""): string[] {
  const text = `name: mine
data: { source: photos, batch: 128 }
stages:
  views: { augment: simsiam, of: image, count: 2 }
  y: { encode: resnet, of: views, width: 16 }
${line}
${more}`;
  const at = text.indexOf("|");
  const clean = text.replace("|", "");
  return optionsAt(placeAt(clean, at), clean, SCHEMA).map(({ label }) => label);
}

Deno.test("Keys and values are those of the schema, for the stage that is written", () => {
  assert.ok(offered("  q: { project: m|").includes("mlp"));
  assert.deepEqual(offered("  q: { project: mlp, batch_norm: |"), [
    "none",
    "hidden",
    "all",
  ]);
  const keys = offered("  q: { project: mlp, of: y, | }");
  assert.ok(keys.includes("hidden"));
  // What is there already is not offered again, nor what belongs to others.
  for (const other of ["of", "project", "patch"]) {
    assert.ok(!keys.includes(other), other);
  }
  assert.ok(offered("  q: { loss: nt_xent, | }").includes("temperature"));
  assert.ok(!offered("  q: { loss: mse, | }").includes("temperature"));
  assert.deepEqual(
    offered("train:\n  optimizer: { sgd: { | } }").slice(0, 2),
    ["lr", "momentum"],
  );
});

Deno.test("Stages are offered by their names, in flow and in block style", () => {
  const stages = ["views", "y", "image", "label"];
  assert.deepEqual(offered("  q: { project: mlp, of: |"), stages);
  assert.deepEqual(offered("  q:\n    project: mlp\n    of: |"), stages);
  assert.deepEqual(offered("  q: { loss: nt_xent, between: [y, |"), stages);
  assert.deepEqual(offered("  q: { project: mlp, hidden: |"), []);
});

Deno.test("A text that is no pipeline yet offers the sections", () => {
  const at = (text: string): string[] =>
    optionsAt(placeAt(text, text.length), text, SCHEMA)
      .map(({ label }) => label);
  assert.ok(at("").includes("stages"));
  assert.ok(at("name: x\n").includes("data"));
  for (const broken of ["{{{[", ": : :", "a: [b, {c: ", "\t\n- - -", '"']) {
    assert.doesNotThrow(() => at(broken));
  }
});
