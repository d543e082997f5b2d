/** @file Digests of a user's own modules, so that a resumed run runs the same code. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { modulesIn } from "../pipeline/parse/custom.ts";
import { moduleFiles } from "../pipeline/parse/module_files.ts";

/** A digest of each module with what it imports, by the module's name in the pipeline. */
export type ModuleDigests = Readonly<Record<string, string>>;

/**
 * Digests of the modules that a pipeline names.
 *
 * @param value The pipeline as it is written.
 * @param baseDir Paths of modules start here.
 */
export async function digestModules(
  value: unknown,
  baseDir: string,
): Promise<ModuleDigests> {
  const digests: [string, string][] = [];
  for (const name of modulesIn(value)) {
    const hash = createHash("sha256");
    // A definition of a program can bear the name of a file that is not there.
    const files = await moduleFiles(resolve(baseDir, name)).catch(() => []);
    for (const file of files) {
      // Where they lie does not matter, only how to each other.
      hash.update(`${relative(dirname(files[0] as string), file)}\0`);
      hash.update(await readFile(file));
      hash.update("\0");
    }
    digests.push([name, hash.digest("hex").slice(0, 16)]);
  }
  return Object.fromEntries(digests);
}
