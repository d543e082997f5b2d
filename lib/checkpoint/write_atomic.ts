/** @file Files that are either whole or not there. */
import { dirname } from "node:path";

/** Writes some bytes. */
export type Write = (bytes: Uint8Array) => Promise<void>;

/**
 * Writes beside the target, syncs to disk, then renames into place.
 *
 * @param contents The bytes, or what writes them bit by bit.
 */
export async function writeAtomic(
  path: string,
  contents: Uint8Array | ((write: Write) => Promise<void>),
): Promise<void> {
  const part = `${path}.part`;
  // What stands there may be a pipe, which would be waited for.
  await Deno.remove(part).catch(() => {});
  try {
    using file = await Deno.open(part, {
      write: true,
      create: true,
      truncate: true,
    });
    const write: Write = async (bytes) => {
      for (let at = 0; at < bytes.length;) {
        at += await file.write(bytes.subarray(at));
      }
    };
    await (contents instanceof Uint8Array ? write(contents) : contents(write));
    await file.sync();
    await Deno.rename(part, path);
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    throw error;
  }
  await syncFolder(dirname(path));
}

/** A rename survives a power cut only when its folder was synced too. */
async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using folder = await Deno.open(path);
  await folder.sync();
}
