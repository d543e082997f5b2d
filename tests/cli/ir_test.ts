import assert from "@std/assert";
import { irText, passages } from "../../lib/cli/ir.ts";
import { recordStep } from "../../lib/train/record.ts";
import { smallPipeline } from "../graph/methods.ts";
import { engine } from "../helpers/engine.ts";
import { path, printed } from "./console.ts";

const loaded = await smallPipeline("simsiam");
const { program } = recordStep(engine.api, loaded);
const all = passages(program);
const headings = (text: Iterable<string>): string[] =>
  [...text].filter((part) => part.startsWith("#"));

Deno.test("passages() keeps the program around each pass", () => {
  assert.equal(all[0]?.before, program);
  all.slice(1).forEach(({ before }, i) => assert.equal(before, all[i]?.after));
});

Deno.test("irText() prints the recorded ops, those that run, and a line a pass", () => {
  const parts = [...irText(all, {})];
  const passes = all.map(({ pass }) => pass);
  const found = headings(parts);
  assert.deepEqual(
    found.map((line) => line.split(/:| {2,}/)[0]),
    [
      "# recorded",
      "# after all passes",
      ...passes.map((pass) => `# ${pass}`),
    ],
  );
  for (const line of found.slice(-all.length)) {
    assert.match(line, /[\d,]+ ops → [\d,]+ ops(, changes nothing)?$/);
  }
  assert.equal(parts.filter((part) => part.startsWith("program")).length, 2);
});

Deno.test("irText() with --all prints the passes that change something, and no others", () => {
  const found = headings(irText(all, { all: true }));
  const idle = found.filter((line) => line.endsWith(", changes nothing"));
  assert.ok(idle.length > 0 && idle.length < all.length, found.join("\n"));
  assert.equal(
    found.filter((line) => line.startsWith("# after ")).length,
    all.length - idle.length,
  );
});

Deno.test("irText() prints one pass alone, with --before on both sides", () => {
  const pass = "common-subexpressions";
  const after = headings(irText(all, { pass }));
  assert.deepEqual(
    after.slice(0, -all.length).map((line) => line.split(":")[0]),
    [
      `# after ${pass}`,
    ],
  );
  const both = headings(irText(all, { pass, before: true }));
  assert.deepEqual(
    both.slice(0, -all.length).map((line) => line.split(":")[0]),
    [
      `# before ${pass}`,
      `# after ${pass}`,
    ],
  );
});

Deno.test("ir refuses a pass that there is not, and names the nearest", async () => {
  const { code, stderr } = await printed(
    "ir",
    path("pipelines/simsiam.yaml"),
    "--pass",
    "dead-cod",
  );
  assert.equal(code, 2);
  assert.match(
    stderr,
    /Cannot find the pass "dead-cod": did you mean "dead-code"\?/,
  );
});
