/** @file Text to a file, or to the terminal. */
import { UserError, writeReason } from "../errors.ts";
import { print } from "./say.ts";

/**
 * Writes text to a file, or prints it where none is given.
 *
 * @throws {UserError} When the file cannot be written.
 */
export async function output(text: string, file?: string): Promise<void> {
  if (file === undefined) {
    print(text.trimEnd());
    return;
  }
  try {
    await Deno.writeTextFile(file, text);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "its folder does not exist"
      : writeReason(error);
    throw new UserError(`Cannot write "${file}": ${reason}.`);
  }
}
