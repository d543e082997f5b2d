/** @file Files that are either whole or not there. */
import { dirname } from "node:path";

/** Writes beside the target, syncs to disk, then renames into place. */
export async function writeAtomic(
  path: string,
  bytes: Uint8Array,
): Promise<void> {
  const part = `${path}.part`;
  try {
    using file = await Deno.open(part, {
      write: true,
      create: true,
      truncate: true,
    });
    for (let at = 0; at < bytes.length;) {
      at += await file.write(bytes.subarray(at));
    }
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
