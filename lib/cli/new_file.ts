/** @file Files of results: one that is there is not replaced unasked, none is half-written. */
import { writeAtomic } from "../checkpoint/write_atomic.ts";
import { UserError } from "../errors.ts";

/**
 * Looks whether a file can be written, before anything is computed.
 *
 * @throws {UserError} When one is there, and is not to be replaced.
 */
export async function checkNew(
  path: string,
  { force }: { readonly force?: boolean | undefined } = {},
): Promise<void> {
  const found = await Deno.stat(path).catch(() => undefined);
  if (!found || (found.isFile && force)) return;
  throw new UserError(
    found.isFile
      ? `Cannot write "${path}": it exists already.\nAdd --force to replace it, or choose another name.`
      : `Cannot write "${path}": it is there, and no file.\nChoose another name.`,
  );
}

/**
 * Writes a file whole.
 *
 * @throws {UserError} When it cannot be written.
 */
export async function writeNew(path: string, text: string): Promise<void> {
  try {
    await writeAtomic(path, new TextEncoder().encode(text));
  } catch (error) {
    throw new UserError(
      `Cannot write "${path}": ${
        error instanceof Deno.errors.NotFound
          ? "its folder does not exist"
          : error instanceof Error
          ? error.message
          : String(error)
      }.\nChoose another place with --out.`,
    );
  }
}
