import assert from "@std/assert";
import { join, relative } from "node:path";
import { type Allowed, methodNames, pieces } from "./code_text.ts";

const LIB = new URL("../../lib/", import.meta.url).pathname;

/** Where a method's name stands in code, and why it decides nothing. */
const ALLOWED: Readonly<Record<string, Allowed>> = {
  // Names of augmentations: a pipeline chooses one, no code asks which.
  "stages/presets.ts": { keys: true, constants: ["BYOL"] },
  // Names of heads, likewise.
  "stages/head_presets.ts": { keys: true },
  // Citations in warnings.
  "pipeline/check/risks.ts": { constants: ["SIMSIAM", "BYOL", "VICREG"] },
};

/** Texts of pipelines that `init` writes, and which of them fits one's images. */
const SUGGESTS = "suggest/";

/** A file that `deno task generate` writes. */
const GENERATED = /^\/\*\*\n \* @file [^]*? Generated from the definitions/;

async function sources(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) files.push(...await sources(path));
    else if (entry.name.endsWith(".ts")) files.push(path);
  }
  return files.sort();
}

Deno.test("no code of the library knows a method by name", async () => {
  const files = await sources(LIB);
  assert.ok(files.length > 100, `${files.length} files are not the library`);
  const uses: string[] = [];
  for (const file of files) {
    const name = relative(LIB, file);
    if (name.startsWith(SUGGESTS)) continue;
    const text = await Deno.readTextFile(file);
    // Types made of the definitions decide nothing.
    if (GENERATED.test(text)) continue;
    for (const { line, text: use } of methodNames(text, ALLOWED[name])) {
      uses.push(`lib/${name}:${line}: ${use}`);
    }
  }
  assert.deepEqual(uses, []);
});

Deno.test("constants that are allowed by name hold values and citations only", async () => {
  for (const [name, { constants = [] }] of Object.entries(ALLOWED)) {
    const text = await Deno.readTextFile(join(LIB, name));
    for (const constant of constants) {
      const declared = new RegExp(`^const ${constant} = (.*);$`, "m").exec(
        text,
      );
      // A list of numbers or a citation; never a name to compare with.
      assert.match(
        declared?.[1] ?? "",
        /^\[[\d., ]+\] as const$|^"[A-Z][^"]* \d{4}, arXiv:[\d.]+"$/,
        `${constant} in ${name}`,
      );
    }
  }
});

const PLANTED: readonly (readonly [string, string])[] = [
  ["a comparison", 'if (pipeline.name === "byol") weight = 2;'],
  ["the other quotes", "if (name === 'MoCo') queue();"],
  ["a template", "if (name === `simclr`) {}"],
  ["a case", 'switch (name) { case "barlow_twins": break; }'],
  ["a table", "const SCALE = { simsiam: 1 };"],
  ["a key of several lines", "const SCALE = {\n  byol: {\n  } };"],
  ["a function", "function bootstrapByol() {}"],
  ["a test by pattern", "if (/^vicreg/.test(name)) {}"],
  ["code in a template", 'const t = `scale ${name === "byol" ? 2 : 1} x`;'],
  ["code after a comment", '/* x */ f("nnclr"); // y'],
  ["code after a text with a comment's sign", 'f("//"); f("byol");'],
  ["code after a quote in a pattern", 'const q = /["\\/]/; f("byol");'],
  ["code after a division", 'const h = a / b; f("byol"); const g = c / d;'],
  ["part of a name", 'if (name.startsWith("simsiam-")) {}'],
];

for (const [what, source] of PLANTED) {
  Deno.test(`the search finds a method's name in ${what}`, () => {
    assert.equal(methodNames(source).length, 1, source);
  });
}

const INNOCENT: readonly (readonly [string, string])[] = [
  ["a comment to the end of the line", "const a = 1; // as BYOL does"],
  ["a comment at the end of the file", "// byol"],
  ["a documentation comment", '/** SimSiam: `if (x === "byol")` */\nf();'],
  ["a sentence", 'const summary = "MoCo keeps a queue";'],
  ["an address", 'const reference = "https://example.org/byol.yaml";'],
  ["an example path", "const hint = `such as ${a}pipelines/simsiam.yaml`;"],
];

for (const [what, source] of INNOCENT) {
  Deno.test(`the search passes over ${what}`, () => {
    assert.deepEqual(methodNames(source), [], source);
  });
}

Deno.test("an allowance covers its keys and constants and nothing else", () => {
  const table =
    "export const PRESETS = {\n  byol: {\n    views: [BYOL],\n  },\n};";
  const allowed: Allowed = { keys: true, constants: ["BYOL"] };
  assert.deepEqual(methodNames(table, allowed), []);
  assert.equal(methodNames(table).length, 2);
  assert.deepEqual(methodNames(`${table}\nif (name === "byol") {}`, allowed), [
    { line: 6, text: '"byol"' },
  ]);
  assert.equal(methodNames("f(PRESETS.byol);", allowed).length, 1);
  assert.equal(methodNames("f(BYOL_WEIGHT);", allowed).length, 1);
});

Deno.test("every piece of code keeps its line", () => {
  const source = 'a;\n/* b\n */ "c" +\n`d\n${e}` / 2;\nreturn /f"/g;';
  assert.deepEqual(
    pieces(source).map(({ kind, text, line }) => [kind, text.trim(), line]),
    [
      ["code", "a;", 1],
      ["string", '"c"', 3],
      ["code", "+", 3],
      ["string", "d", 4],
      ["code", "e", 5],
      ["code", "/ 2;\nreturn", 5],
      ["regexp", '/f"/g', 6],
      ["code", ";", 6],
    ],
  );
});
