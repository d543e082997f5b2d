import assert from "@std/assert";
import { join } from "node:path";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Files of the library with an example in a doc comment. */
function* withExamples(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* withExamples(path);
    else if (
      name.endsWith(".ts") && /\* ```ts/.test(Deno.readTextFileSync(path))
    ) yield path;
  }
}

Deno.test("every example in a doc comment runs as it stands", async () => {
  const files = [join(ROOT, "mod.ts"), ...withExamples(join(ROOT, "lib"))];
  assert.ok(files.length >= 5, `${files.length} files`);
  for (const file of files) {
    assert.doesNotMatch(
      await Deno.readTextFile(file),
      /```ts (ignore|no-run)/,
      `${file} has an example that is not run`,
    );
  }
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--doc", "-A", ...files],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout) +
    new TextDecoder().decode(stderr);
  assert.ok(success, text);
  const [, passed] = /(\d+) passed/.exec(text) ?? [];
  assert.ok(Number(passed) >= files.length, text);
});
