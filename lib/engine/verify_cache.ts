/**
 * @file Whether the cached libraries are those that were fetched. All their bytes
 * are looked at once; after that their sizes and times tell.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import { writeAtomic } from "../checkpoint/write_atomic.ts";
import { readRegularText } from "../regular_file.ts";

const RECORD = "verified.json";

const recordSchema = z.record(
  z.string(),
  z.object({ sha256: z.string(), seen: z.string() }),
);

type Seen = z.infer<typeof recordSchema>;

/** Digest of a file, in hexadecimal. */
export async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}

/** What changes when a file is written or replaced; the last cannot be set back. */
async function lookOf(path: string): Promise<string> {
  const { size, mtime, ino, ctime } = await Deno.stat(path);
  return [size, ino, mtime?.getTime(), ctime?.getTime()].join(" ");
}

async function recordOf(folder: string): Promise<Seen> {
  try {
    return recordSchema.parse(
      JSON.parse(await readRegularText(join(folder, RECORD))),
    );
  } catch {
    return {};
  }
}

/**
 * Whether files are what they were when they were fetched.
 *
 * @param folder Holds the record.
 * @param pinned Digests by name, where they are known beforehand; elsewhere the
 * first look at a file says what it is to be.
 */
export async function areVerified(
  folder: string,
  files: readonly string[],
  pinned: Readonly<Record<string, string>> = {},
): Promise<boolean> {
  const known = await recordOf(folder);
  const now: Seen = {};
  for (const path of files) {
    const name = basename(path);
    const seen = await lookOf(path);
    const old = known[name];
    if (old?.seen === seen) {
      now[name] = old;
      continue;
    }
    const found = await sha256(path);
    if ((pinned[name] ?? old?.sha256 ?? found) !== found) return false;
    now[name] = { sha256: found, seen };
  }
  if (JSON.stringify(now) !== JSON.stringify(known)) {
    // A cache that cannot be written is looked at again the next time.
    await writeAtomic(
      join(folder, RECORD),
      new TextEncoder().encode(`${JSON.stringify(now, null, 2)}\n`),
    ).catch(() => {});
  }
  return true;
}
