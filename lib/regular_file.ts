/**
 * @file Files that have an end. A pipe would be waited for, a device might never
 * end, and what is far too large would be held before anybody looks at it.
 */

/** More than any text of ours. */
const MOST_BYTES = 64 * 2 ** 20;

/** @throws {Error} Without a place, when it is no file or too large. */
function check(
  { isFile, size }: Deno.FileInfo,
  most: number,
): void {
  if (!isFile) throw new Error("it is not a file");
  if (size > most) {
    throw new Error(`it has ${size} bytes, expected at most ${most}`);
  }
}

/** Reads a file that is one. @throws {Error} Without a place, when it is none. */
export async function readRegularFile(
  path: string,
  most = MOST_BYTES,
): Promise<Uint8Array> {
  check(await Deno.stat(path), most);
  return await Deno.readFile(path);
}

/** The same as text. */
export async function readRegularText(path: string): Promise<string> {
  return new TextDecoder().decode(await readRegularFile(path));
}

/** The same as text, at once. */
export function readRegularTextSync(path: string): string {
  check(Deno.statSync(path), MOST_BYTES);
  return Deno.readTextFileSync(path);
}
