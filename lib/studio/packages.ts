/** @file Packages that the page imports: their modules, as npm has them, with addresses of ours. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Refused } from "./guard.ts";

/** Those that the page names; what they import themselves follows. */
const ROOTS = [
  "@codemirror/autocomplete",
  "@codemirror/commands",
  "@codemirror/lang-yaml",
  "@codemirror/language",
  "@codemirror/lint",
  "@codemirror/state",
  "@codemirror/view",
  "@lezer/highlight",
] as const;

/** The name of a package in an import, which begins a line. */
const IMPORT = /^((?:import|export|\})[^'"\n]*)(["'])([@\w][\w@/.-]*)\2/gm;

/** A module with the addresses of packages in the place of their names. */
export const withAddresses = (text: string): string =>
  text.replaceAll(
    IMPORT,
    (_, word, quote, name) => `${word}${quote}/npm/${name}${quote}`,
  );

/** Package by package: the text of its module. */
let modules: Promise<ReadonlyMap<string, string>> | undefined;

/** The folder of a package, of one of its files. */
async function folderOf(file: string, name: string): Promise<string> {
  for (let folder = dirname(file);; folder = dirname(folder)) {
    const text = await Deno.readTextFile(join(folder, "package.json"))
      .catch(() => undefined);
    if (text && JSON.parse(text).name === name) return folder;
    if (folder === dirname(folder)) {
      throw new Error(`internal: no package.json of ${name}`);
    }
  }
}

/** The module for browsers of a package that another one imports. */
async function moduleOf(name: string, importer: string): Promise<string> {
  const required = createRequire(importer).resolve(name);
  const folder = await folderOf(required, name);
  const { exports, module } = JSON.parse(
    await Deno.readTextFile(join(folder, "package.json")),
  );
  const own = exports?.["."] ?? exports;
  const entry = own?.import ?? module;
  return join(folder, typeof entry === "string" ? entry : entry.default);
}

async function gather(): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const queue: [string, string][] = ROOTS.map((name) => [
    name,
    fileURLToPath(import.meta.resolve(name)),
  ]);
  for (let next; (next = queue.pop());) {
    const [name, file] = next;
    if (found.has(name)) continue;
    const text = await Deno.readTextFile(file);
    found.set(
      name,
      text.replaceAll(
        IMPORT,
        (_, word, quote, other) => `${word}${quote}/npm/${other}${quote}`,
      ),
    );
    for (const [, , , other] of text.matchAll(IMPORT)) {
      if (!other || found.has(other)) continue;
      queue.push([other, await moduleOf(other, file)]);
    }
  }
  return found;
}

/**
 * The module of a package.
 *
 * @throws {Refused} When the page needs no such package.
 */
export async function packageFile(name: string): Promise<string> {
  modules ??= gather();
  const text = (await modules).get(name);
  if (text === undefined) throw new Refused(404, "There is no such page.");
  return text;
}
