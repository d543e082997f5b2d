/** @file The README and the pages of docs/, and the commands in them. */
import { join, relative } from "node:path";

const ROOT = new URL("../../", import.meta.url).pathname;

function* pages(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* pages(join(folder, name));
    else if (name.endsWith(".md")) yield join(folder, name);
  }
}

/** The pages' texts by their paths. */
export const texts: ReadonlyMap<string, string> = new Map(
  [
    join(ROOT, "README.md"),
    join(ROOT, "CONTRIBUTING.md"),
    ...pages(join(ROOT, "docs")),
  ].map((path) => [path, Deno.readTextFileSync(path)]),
);

/** A command that a page shows. */
export interface Shown {
  /** Path from the root. */
  readonly page: string;
  readonly line: string;
  /** Its name and what follows, as a shell parts them. */
  readonly words: readonly string[];
  /** Whether it stands in a block of commands to type, and not in a sentence. */
  readonly block: boolean;
}

const COMMAND = /^(?:npx )?(?:deno task|stopgrad) ([a-z].*)$/;

/** Words of a line, as a shell parts them. */
const wordsOf = (line: string): string[] =>
  (line.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [])
    .map((word) => word.replaceAll(/["']/g, ""));

/** Every command in blocks of shell commands, and between backticks. */
export function* commands(
  all: ReadonlyMap<string, string>,
): Generator<Shown> {
  for (const [path, text] of all) {
    const page = relative(ROOT, path);
    const shown = (line: string, block: boolean): readonly Shown[] => {
      const [, rest] = COMMAND.exec(line.replaceAll(/\s+/g, " ").trim()) ?? [];
      return rest ? [{ page, line, words: wordsOf(rest), block }] : [];
    };
    for (const [, block = ""] of text.matchAll(/^```sh\n(.*?)^```$/gms)) {
      for (const line of block.replaceAll("\\\n", " ").split("\n")) {
        yield* shown(line, true);
      }
    }
    const prose = text.replaceAll(/^```.*?^```$/gms, "");
    for (const [, inline = ""] of prose.matchAll(/`([^`]+)`/g)) {
      yield* shown(inline, false);
    }
  }
}
