/** @file Results as a list in a JSON file. */
import { writeAtomic } from "../lib/checkpoint/write_atomic.ts";

/** What earlier runs left; nothing where there is no file. */
export async function readResults<T>(file: string | URL): Promise<T[]> {
  try {
    return JSON.parse(await Deno.readTextFile(file));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Puts a list in the file's place. */
export function writeResults(
  path: string,
  results: readonly unknown[],
  indent = 2,
): Promise<void> {
  const text = `${JSON.stringify(results, null, indent)}\n`;
  return writeAtomic(path, new TextEncoder().encode(text));
}
