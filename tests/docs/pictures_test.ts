/** @file Pictures of the docs: each is one that the task makes, and graphs are of the pipelines as they are. */
import assert from "@std/assert";
import { join } from "node:path";
import { graphFile, graphSvg, PICTURES } from "../../tools/methods/graphs.ts";
import { curveFile, CURVES, GRAPHS } from "../../tools/pictures.ts";

Deno.test("Drawn graphs are those of the pipelines; `deno task pictures --only graphs` makes them anew", async () => {
  for (const name of GRAPHS) {
    const drawn = await Deno.readTextFile(graphFile(name));
    assert.equal(drawn, await graphSvg(name), name);
  }
});

Deno.test("There is no picture that the task does not make", () => {
  const made = [
    ...GRAPHS.map((name) => `graph-${name}.svg`),
    ...Object.entries(CURVES).flatMap(([lesson, keys]) =>
      keys.map((key) => curveFile(lesson, key))
    ),
  ];
  for (const { name } of Deno.readDirSync(PICTURES)) {
    assert.ok(made.includes(name), name);
  }
});

/** All Markdown of a folder, with the paths. */
async function* pages(folder: string): AsyncGenerator<[string, string]> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* pages(path);
    else if (name.endsWith(".md")) yield [path, await Deno.readTextFile(path)];
  }
}

Deno.test("Every picture that a page shows is there", async () => {
  const root = join(PICTURES, "..", "..");
  const all = [
    ["README.md", await Deno.readTextFile(join(root, "README.md"))] as const,
    ...await Array.fromAsync(pages(join(root, "docs"))),
  ];
  let shown = 0;
  for (const [page, text] of all) {
    for (const [, name = ""] of text.matchAll(/pictures\/([\w.-]+\.svg)/g)) {
      shown++;
      const info = await Deno.stat(join(PICTURES, name)).catch(() => undefined);
      assert.ok(info?.isFile, `${page} shows ${name}, which is not there`);
    }
  }
  assert.ok(shown >= 4);
});
