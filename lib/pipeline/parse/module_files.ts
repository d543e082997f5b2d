/**
 * @file What a user's module imports, found without running it.
 *
 * Looks at the text alone and takes every `from "..."` for an import, in
 * comments and texts too: nothing can hide in front of a scanner that reads no
 * syntax. What it lets through is bounded once more by the rights of whoever
 * runs the module.
 */
import { dirname, relative, resolve, sep } from "node:path";

/** No honest module of a pipeline is longer, or made of more files. */
const MOST_BYTES = 1_000_000;
const MOST_FILES = 100;

/** The words that begin an import, and what follows them. */
const IMPORT = /\b(import|from)\s*(?:(["'])([^"'\n]*)["']|(\(|\.|\/[*\/]))?/g;
/** Comments by which a type checker or a compiler imports. */
const PRAGMA = /@deno-types|@ts-types|@jsx(?:Runtime|ImportSource)|<reference/g;

const SCRIPT = /\.[cm]?[jt]sx?$/;
const RELATIVE = /^\.{1,2}\//;
/** What has a scheme, is absolute or is spelt in escapes. */
const FOREIGN = /^[\w+.-]+:|^\/|\\/;

const EXPECTED =
  'expected files in its own folder, "stopgrad", "@tensorflow/tfjs" or "zod"';

/** Refuses a module; the line is the first that has a part in it. */
function refuse(text: string, at: number, what: string): never {
  const line = text.slice(0, at).split("\n").length;
  throw new Error(`${what} in line ${line}: ${EXPECTED}`);
}

/** The relative files that a text imports. */
function* importsOf(text: string): Generator<string> {
  const pragma = PRAGMA.exec(text);
  PRAGMA.lastIndex = 0;
  if (pragma) refuse(text, pragma.index, `it has "${pragma[0]}"`);
  for (const match of text.matchAll(IMPORT)) {
    const [whole, word, , specifier, sign] = match;
    const { index } = match;
    if (specifier !== undefined) {
      if (RELATIVE.test(specifier) && !specifier.includes("\\")) {
        yield specifier;
      } else if (FOREIGN.test(specifier)) {
        refuse(text, index, `it imports "${specifier}"`);
      }
    } else if (sign === "(" && word === "import") {
      refuse(text, index, "it has an import() that is done as it runs");
    } else if (sign === "." && word === "import") {
      const end = index + whole.length;
      if (text.slice(end, end + 4) !== "meta") {
        refuse(text, index, "it has an import of a kind that is not known");
      }
    } else if (sign?.startsWith("/")) {
      refuse(text, index, `a comment follows the word "${word}"`);
    }
  }
}

async function textOf(file: string): Promise<string> {
  const { isFile, size } = await Deno.stat(file);
  if (!isFile) throw new Error("it is not a file");
  if (size > MOST_BYTES) {
    throw new Error(`it has ${size} bytes, expected at most ${MOST_BYTES}`);
  }
  return await Deno.readTextFile(file);
}

/**
 * The files that a module is made of: itself, and what it imports from its
 * folder. Runs nothing.
 *
 * @param file Path of the module.
 * @returns Real paths, the module's own first.
 * @throws {Error} Saying what it imports that it may not.
 */
export async function moduleFiles(file: string): Promise<readonly string[]> {
  const root = await Deno.realPath(file);
  const folder = dirname(root) + sep;
  const found = [root];
  // Grows while it is walked.
  for (const path of found) {
    if (!SCRIPT.test(path)) continue;
    const own = path === root ? "" : `${relative(folder, path)}: `;
    try {
      for (const specifier of importsOf(await textOf(path))) {
        const real = await Deno.realPath(resolve(dirname(path), specifier))
          .catch(() => undefined);
        // What is not there the import itself will miss.
        if (real === undefined || found.includes(real)) continue;
        if (!real.startsWith(folder)) {
          throw new Error(`it imports "${specifier}": ${EXPECTED}`);
        }
        if (found.length >= MOST_FILES) {
          throw new Error(`it is made of more than ${MOST_FILES} files`);
        }
        found.push(real);
      }
    } catch (error) {
      if (own && error instanceof Error) error.message = own + error.message;
      throw error;
    }
  }
  return found;
}
