/** @file The README and the pages of docs/: links lead somewhere, commands exist, pipelines in them fit the schema. */
import assert from "@std/assert";
import { dirname, join, relative } from "node:path";
import { parse } from "yaml";
import { pipelineSchema } from "../../lib/pipeline/explain/json_schema.ts";
import { compileSchema } from "../pipeline/compile_schema.ts";
import { commandLine } from "../../lib/cli/main.ts";
import { commands, texts } from "./commands.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Fenced blocks of a language, each with its page. */
function blocks(language: string): readonly (readonly [string, string])[] {
  const fence = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms");
  return [...texts].flatMap(([path, text]) =>
    [...text.matchAll(fence)].map(([, block = ""]) =>
      [relative(ROOT, path), block] as const
    )
  );
}

const PAGES = [...texts.keys()];

const exists = (path: string): boolean => {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
};

Deno.test("Links between pages lead to files, and every page is reached from the README", () => {
  const reached = new Set<string>();
  const lost: string[] = [];
  const visit = (path: string): void => {
    if (reached.has(path)) return;
    reached.add(path);
    for (
      const [, to = ""] of (texts.get(path) ?? "").matchAll(/\]\(([^)]+)\)/g)
    ) {
      if (/^[a-z]+:|^#/.test(to)) continue;
      const target = join(dirname(path), to.replace(/#.*/, ""));
      if (!exists(target)) lost.push(`${relative(ROOT, path)}: ${to}`);
      else visit(target);
    }
  };
  visit(join(ROOT, "README.md"));
  assert.deepEqual(lost, []);
  assert.deepEqual(PAGES.filter((path) => !reached.has(path)), []);
});

Deno.test("The README's table has every command", () => {
  const readme = texts.get(join(ROOT, "README.md")) ?? "";
  const { commands } = commandLine(() => {});
  assert.ok(commands.length >= 15);
  for (const command of commands) {
    const name = command.name();
    assert.ok(readme.includes(`| \`stopgrad ${name}`), `no row for ${name}`);
  }
});

Deno.test("The command line takes every command in the pages, with its arguments and options", async () => {
  const { tasks } = JSON.parse(
    await Deno.readTextFile(join(ROOT, "deno.json")),
  );
  const taken = new Set<string>();
  const refused: string[] = [];
  for (const { page, line, words: [name = "", ...rest] } of commands(texts)) {
    const program = commandLine(() => {}).configureOutput({ writeErr() {} });
    const command = program.commands.find((one) => one.name() === name);
    if (!command) {
      assert.ok(name in tasks, `${page}: ${line}`);
      continue;
    }
    // Arguments are read as they are in earnest; then nothing is done.
    command.action(() => {});
    command.exitOverride().configureOutput({ writeErr() {} });
    // The name of a command, not a command.
    if (rest.length === 0) continue;
    await program.parseAsync([name, ...rest], { from: "user" }).catch(
      ({ message }) => refused.push(`${page}: ${line}: ${message}`),
    );
    taken.add(name);
  }
  assert.deepEqual(refused, []);
  assert.ok(taken.size >= 15, [...taken].join());
});

Deno.test("Pipelines in pages, and parts of them, fit the schema", () => {
  const schema = compileSchema(pipelineSchema());
  const top = Object.keys(
    (pipelineSchema() as { properties: object }).properties,
  );
  let count = 0;
  for (const [page, block] of blocks("yaml")) {
    const value = parse(block, { uniqueKeys: false });
    if (!Object.keys(value).every((key) => top.includes(key))) continue;
    count++;
    const part = ["data", "stages", "train"].some((key) => !(key in value));
    const whole = part && !value.extends
      ? { extends: "x.yaml", ...value }
      : value;
    assert.ok(
      schema(whole),
      `${page}: ${JSON.stringify(schema.errors?.slice(-3))}\n${block}`,
    );
  }
  assert.ok(count >= 8, `${count} blocks`);
});

Deno.test("The tutorial on networks names every layer and op of the public API", async () => {
  const api = await Deno.readTextFile(new URL("../../mod.ts", import.meta.url));
  const blocks = [
    ...api.matchAll(/^export {([^}]+)} from ".\/lib\/(?:layers|ops)\//gm),
  ].flatMap(([, names = ""]) => names.split(","));
  // Types, and the class that a stage is given, are no functions to call.
  const called = blocks.map((name) => name.trim())
    .filter((name) => /^[a-z]/.test(name) && !name.startsWith("type "));
  const [, page = ""] =
    [...texts].find(([path]) => path.endsWith("tutorials/new_network.md")) ??
      [];
  assert.ok(called.length > 15, called.join());
  assert.deepEqual(
    called.filter((name) => !new RegExp(`\`${name}[\`(]`).test(page)),
    [],
  );
});
