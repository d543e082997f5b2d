/** @file How much of a disk is free. */
import { statfs } from "node:fs/promises";

/** Bytes that are free for this user where a folder is. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
