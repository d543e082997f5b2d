/** @file Where the user keeps data. */
import { dirname, relative, resolve } from "node:path";
import { UserError } from "../errors.ts";
import type { LoadContext } from "./source.ts";

/** A file or a folder that is there. */
export interface Place {
  /** Absolute. */
  readonly path: string;
  readonly isFolder: boolean;
}

/** Paths from the folder that lies above all of them. */
export function fromTop(paths: readonly string[]): string[] {
  const [first = "", ...others] = paths;
  let length = first.length;
  for (const other of others) {
    let same = 0;
    while (same < length && first[same] === other[same]) same++;
    length = same;
  }
  const top = dirname(`${first.slice(0, length)}_`);
  return paths.map((path) => relative(top, path));
}

/** What went wrong, in a few words. */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "it does not exist";
  if (error instanceof Deno.errors.PermissionDenied) {
    return "permission is denied";
  }
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  return error instanceof Error ? error.message : String(error);
}

/** Ways to write a path that mean nothing here. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [/^[a-z][a-z0-9+.-]*:\/\//i, "; addresses are not read: download it first"],
  [/^~/, "; ~ stands for no folder here: write the whole path"],
  [
    /[*?]/,
    "; * and ? stand for nothing here: name the folder, or a range such as {000..099}",
  ],
];

/** Why nothing is found at a path, as it was written. */
export const missingReason = (path: string, error: unknown): string =>
  `${reasonOf(error)}${
    error instanceof Deno.errors.NotFound
      ? HINTS.find(([pattern]) => pattern.test(path))?.[1] ?? ""
      : ""
  }`;

/**
 * Finds what a `path` option names; a relative one starts at `baseDir`.
 *
 * @param what For messages, such as `MNIST`.
 * @throws {UserError} When nothing is there, or it may not be read.
 */
export async function findPlace(
  path: string,
  { baseDir }: LoadContext,
  what: string,
): Promise<Place> {
  const full = resolve(baseDir, path);
  try {
    const { isDirectory, isFile } = await Deno.stat(full);
    // Opening a pipe would wait for someone to write to it.
    if (!isDirectory && !isFile) throw new Error("it is no file and no folder");
    return { path: full, isFolder: isDirectory };
  } catch (error) {
    throw new UserError(
      `Cannot read ${what} from ${full}: ${
        missingReason(path, error)
      }.\nCheck the path under "data"; a relative one starts at ${
        resolve(baseDir)
      }.`,
    );
  }
}
