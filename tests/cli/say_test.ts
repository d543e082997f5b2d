/** @file What is printed writes nothing to a terminal but itself. */
import assert from "@std/assert";
import { join } from "node:path";
import { harmless } from "../../lib/cli/say.ts";
import { withFolder } from "../data/fixtures.ts";
import { printed } from "./console.ts";

Deno.test("Controls and turns of direction are shown as such; all else stays", () => {
  assert.equal(
    harmless("a\u001b[2Jb\u009b\r\u0007"),
    "a\ufffd[2Jb\ufffd\ufffd\ufffd",
  );
  assert.equal(harmless("x\u202ey\u2066"), "x\ufffdy\ufffd");
  const text = "Zeile\n\tüber 猫 ━ –";
  assert.equal(harmless(text), text);
});

Deno.test(
  "Names of files and stages write nothing to the terminal",
  withFolder(async (folder) => {
    const file = join(folder, "evil\u001b[31m.yaml");
    await Deno.writeTextFile(
      file,
      '"st\\u001b[2Jages": { "a\\u001b[1m": 1 }\n',
    );
    const { stderr, stdout } = await printed("check", file);
    assert.match(stderr, /Cannot/);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(stderr + stdout, /\u001b/);
  }),
);
