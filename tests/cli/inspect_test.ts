import assert from "@std/assert";
import { parse } from "yaml";
import { pipelineSchemaText } from "../../lib/pipeline/explain/json_schema.ts";
import { inFolder } from "../end_to_end/cli.ts";
import { path, printed } from "./console.ts";

const SIMSIAM = path("pipelines/simsiam.yaml");

Deno.test("config prints YAML with the changes of --set", async () => {
  const { code, stdout } = await printed("config", SIMSIAM, "--set", "seed=9");
  assert.equal(code, 0);
  assert.match(stdout, /^seed: 9 +# --set$/m);
  assert.match(stdout, /^name: simsiam +# simsiam\.yaml:\d+$/m);
  assert.equal((parse(stdout) as { seed: number }).seed, 9);
});

Deno.test("config prints what loads again from a file", async () => {
  await inFolder(async (folder) => {
    const file = `${folder}/again.yaml`;
    const first = await printed("config", SIMSIAM);
    await Deno.writeTextFile(file, first.stdout);
    const second = await printed("config", file);
    assert.equal(second.code, 0, second.stderr);
    assert.deepEqual(parse(second.stdout), parse(first.stdout));
  });
});

Deno.test("graph prints Mermaid by default and DOT on request", async () => {
  const mermaid = await printed("graph", SIMSIAM);
  assert.equal(mermaid.code, 0);
  assert.match(mermaid.stdout, /flowchart TD/);
  const dot = await printed("graph", SIMSIAM, "--format", "dot");
  assert.match(dot.stdout, /^digraph "simsiam" \{/);
});

Deno.test("graph takes the format from the file that it writes", async () => {
  await inFolder(async (folder) => {
    const file = `${folder}/graph.svg`;
    const { code, stdout } = await printed("graph", SIMSIAM, "--out", file);
    assert.equal(code, 0);
    assert.equal(stdout, "\n");
    assert.match(await Deno.readTextFile(file), /<svg/);
  });
});

Deno.test("schema prints the schema, or writes it", async () => {
  assert.equal((await printed("schema")).stdout, pipelineSchemaText());
  await inFolder(async (folder) => {
    const file = `${folder}/schema.json`;
    assert.equal((await printed("schema", "--out", file)).code, 0);
    assert.equal(await Deno.readTextFile(file), pipelineSchemaText());
  });
});

const MISTAKES: Readonly<Record<string, readonly [readonly string[], RegExp]>> =
  {
    "a file that is not there": [
      ["config", "nowhere.yaml"],
      /Cannot read the pipeline "nowhere\.yaml": there is no such file/,
    ],
    "a pipeline with a problem": [
      ["graph", SIMSIAM, "--set", "stages.y.widht=8"],
      /Cannot use "widht" in "encode: resnet"/,
    ],
    "a format that there is not": [
      ["graph", SIMSIAM, "--format", "png"],
      /Allowed choices are mermaid, dot, svg/,
    ],
    "a folder that there is not": [
      ["graph", SIMSIAM, "--out", "nowhere/graph.svg"],
      /Cannot write "nowhere\/graph\.svg": its folder does not exist/,
    ],
    "a number of images that is none": [
      ["plan", SIMSIAM, "--images", "many"],
      /Expected a whole number of at least 1/,
    ],
  };

for (const [what, [args, message]] of Object.entries(MISTAKES)) {
  Deno.test(`${args[0]} refuses ${what} in one message, with exit code 2`, async () => {
    const { code, stderr } = await printed(...args);
    assert.equal(code, 2);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /^ +at /m);
  });
}
