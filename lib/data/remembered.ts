/** @file What was found out once, kept in the cache for as long as it holds. */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";

/** Changes whenever what is remembered changes its form. */
const VERSION = 1;

/** Folder of what was found out about data. */
const SURVEYS = "surveys";

const fileOf = (cacheDir: string, key: string, folder: string): string =>
  join(
    cacheDir,
    folder,
    `${
      createHash("sha256").update(`${VERSION}\n${key}`).digest("hex").slice(
        0,
        32,
      )
    }.json`,
  );

/** What is remembered under a key; `undefined` when nothing is. */
export async function recall(
  cacheDir: string,
  key: string,
  folder: string = SURVEYS,
): Promise<unknown> {
  try {
    return JSON.parse(await Deno.readTextFile(fileOf(cacheDir, key, folder)));
  } catch {
    // Not there, or damaged: it is found out again.
    return undefined;
  }
}

/** Remembers a value; where the cache cannot be written, it is forgotten. */
export async function remember(
  cacheDir: string,
  key: string,
  value: unknown,
  folder: string = SURVEYS,
): Promise<void> {
  const file = fileOf(cacheDir, key, folder);
  try {
    await Deno.mkdir(dirname(file), { recursive: true });
    // Two processes may remember at once.
    const part = await Deno.makeTempFile({ dir: dirname(file) });
    await Deno.writeTextFile(part, JSON.stringify(value));
    await Deno.rename(part, file);
  } catch {
    // A run does not depend on it.
  }
}
