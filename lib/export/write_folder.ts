/** @file A folder that is whole, or not there. */
import { dirname, join } from "node:path";
import { UserError } from "../errors.ts";

/** Contents of files by their paths within a folder. */
export type Files = ReadonlyMap<string, Uint8Array>;

const exists = (path: string): Promise<boolean> =>
  Deno.lstat(path).then(() => true, () => false);

/**
 * Refuses a folder that is there, before anything is computed.
 *
 * @throws {UserError} Then.
 */
export async function checkFree(folder: string): Promise<void> {
  if (!await exists(folder)) return;
  throw new UserError(
    `Cannot export to "${folder}": it exists already.\nChoose another with --out, or remove it.`,
  );
}

/**
 * Writes files beside the folder, then renames it into place.
 *
 * @throws {UserError} When it is there, or cannot be written.
 */
export async function writeFolder(folder: string, files: Files): Promise<void> {
  await checkFree(folder);
  const parent = dirname(folder);
  let part: string | undefined;
  try {
    await Deno.mkdir(parent, { recursive: true });
    part = await Deno.makeTempDir({ dir: parent, prefix: ".export-" });
    for (const [path, bytes] of files) {
      const file = join(part, path);
      await Deno.mkdir(dirname(file), { recursive: true });
      await Deno.writeFile(file, bytes);
    }
    // Temporary folders are for nobody else.
    if (Deno.build.os !== "windows") await Deno.chmod(part, 0o755);
    await Deno.rename(part, folder);
  } catch (error) {
    if (part) await Deno.remove(part, { recursive: true }).catch(() => {});
    throw new UserError(
      `Cannot export to "${folder}": ${
        error instanceof Error ? error.message : String(error)
      }\nChoose another folder with --out.`,
    );
  }
}
