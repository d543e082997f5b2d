/** @file The user's cache folder. */
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Folder for the engine and for downloaded data: `STOPGRAD_CACHE`, or
 * `stopgrad` in the user's cache folder.
 */
export function cacheFolder(): string {
  const own = Deno.env.get("STOPGRAD_CACHE");
  if (own) return own;
  const shared = Deno.env.get("XDG_CACHE_HOME") || join(homedir(), ".cache");
  return join(shared, "stopgrad");
}
