/** @file The README and the pages of docs/: links lead somewhere, commands exist, pipelines in them fit the schema. */
import assert from "@std/assert";
import { dirname, join, relative } from "node:path";
import { parse } from "yaml";
import { pipelineSchema } from "../../lib/pipeline/explain/json_schema.ts";
import { compileSchema } from "../pipeline/compile_schema.ts";
import { printed } from "../cli/console.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

function* pages(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* pages(join(folder, name));
    else if (name.endsWith(".md")) yield join(folder, name);
  }
}

const PAGES = [
  join(ROOT, "README.md"),
  join(ROOT, "CONTRIBUTING.md"),
  ...pages(join(ROOT, "docs")),
];
const texts = new Map(
  PAGES.map((path) => [path, Deno.readTextFileSync(path)]),
);

/** Fenced blocks of a language, each with its page. */
function blocks(language: string): readonly (readonly [string, string])[] {
  const fence = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms");
  return [...texts].flatMap(([path, text]) =>
    [...text.matchAll(fence)].map(([, block = ""]) =>
      [relative(ROOT, path), block] as const
    )
  );
}

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

Deno.test("The README's table has every command, and commands in pages have the options that they name", async () => {
  const { stdout } = await printed("--help");
  const commands = [...stdout.matchAll(/^ {2}([a-z]+) [[<]/gm)].map((
    [, name],
  ) => name as string).filter((name) => name !== "help");
  assert.ok(commands.length >= 15, stdout);
  const readme = texts.get(join(ROOT, "README.md")) ?? "";
  for (const name of commands) {
    assert.ok(readme.includes(`| \`stopgrad ${name}`), `no row for ${name}`);
  }
  const { tasks } = JSON.parse(
    await Deno.readTextFile(join(ROOT, "deno.json")),
  );
  const helps = new Map<string, string>();
  for (const [page, block] of blocks("sh")) {
    for (const line of block.replaceAll("\\\n", " ").split("\n")) {
      const [, name = "", rest = ""] =
        /^(?:npx )?(?:deno task|stopgrad) (\S+)(.*)$/.exec(line) ?? [];
      if (!name) continue;
      if (!commands.includes(name)) {
        assert.ok(name in tasks, `${page}: ${line}`);
        continue;
      }
      const help = helps.get(name) ?? (await printed(name, "--help")).stdout;
      helps.set(name, help);
      for (const [option] of rest.matchAll(/--[a-z-]+/g)) {
        assert.ok(
          help.includes(`${option} `) || help.includes(`${option}\n`),
          `${page}: ${line}: ${option}`,
        );
      }
    }
  }
  assert.ok(helps.size >= 8, [...helps.keys()].join());
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
