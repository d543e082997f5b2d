/** @file The folders of the library, and which way their imports point. */
import assert from "@std/assert";
import { dirname, join, relative } from "node:path";

const ROOT = new URL("../../", import.meta.url).pathname;
const LIB = join(ROOT, "lib");

/** Folders in CONTRIBUTING's order; those of one row are neighbours, the first above. */
const ORDER = [
  ...(await Deno.readTextFile(join(ROOT, "CONTRIBUTING.md")))
    .matchAll(/^\| ((?:`lib\/[\w/]+`(?:, )?)+) +\|/gm),
].flatMap(([, cell]) =>
  [...(cell as string).matchAll(/`lib\/([\w/]+)`/g)].map(([, name]) =>
    name as string
  )
);

function* modules(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* modules(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

/** The row that a file belongs to: the longest that its path begins with. */
function folderOf(path: string): string | undefined {
  const own = relative(LIB, path);
  return ORDER.filter((name) => own.startsWith(`${name}/`))
    .toSorted((a, b) => b.length - a.length)[0];
}

const IMPORT = /\b(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g;

Deno.test("CONTRIBUTING's table names every folder of lib/, and no other", () => {
  const folders = new Set(
    [...modules(LIB)].map((path) => relative(LIB, dirname(path))),
  );
  for (const name of ORDER) assert.ok(folders.has(name), `no lib/${name}`);
  const unnamed = [...modules(LIB)].filter((path) =>
    dirname(path) !== LIB && folderOf(path) === undefined
  );
  assert.deepEqual(unnamed, []);
});

Deno.test("No import points up CONTRIBUTING's table", async () => {
  const upwards: string[] = [];
  let count = 0;
  for (const path of modules(LIB)) {
    const from = folderOf(path);
    for (const [, target] of (await Deno.readTextFile(path)).matchAll(IMPORT)) {
      const to = folderOf(join(dirname(path), target as string));
      count++;
      if (from === undefined || to === undefined) continue;
      if (ORDER.indexOf(to) >= ORDER.indexOf(from)) continue;
      upwards.push(
        `${relative(LIB, path)} imports ${
          relative(LIB, join(dirname(path), target as string))
        }`,
      );
    }
  }
  assert.ok(count > 500, `${count} imports`);
  assert.deepEqual(upwards, []);
});
