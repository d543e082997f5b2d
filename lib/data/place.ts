/** @file Where the user keeps data. */
import { resolve } from "node:path";
import { UserError } from "../errors.ts";
import type { LoadContext } from "./source.ts";

/** A file or a folder that is there. */
export interface Place {
  /** Absolute. */
  readonly path: string;
  readonly isFolder: boolean;
}

/** What went wrong, in a few words. */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "it does not exist";
  if (error instanceof Deno.errors.PermissionDenied) {
    return "permission is denied";
  }
  return error instanceof Error ? error.message : String(error);
}

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
        reasonOf(error)
      }.\nCheck the path under "data"; a relative one starts at ${
        resolve(baseDir)
      }.`,
    );
  }
}
