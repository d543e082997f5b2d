/** @file What is in a large folder, remembered from the last run and checked, so that a million files need not be looked at again. */
import { join } from "node:path";
import { z } from "zod";
import { headerMemory, skippedRecord } from "./header_memory.ts";
import type { FileOptions } from "./image_options.ts";
import { recall, remember } from "./remembered.ts";
import type { LoadContext } from "./source.ts";
import type { HeaderMemory } from "./stream.ts";
import { folderAt, type Walk, walkFolder } from "./walk.ts";

/** Smaller folders are looked at anew each time. */
const LARGE = 5_000;
/** Files whose size and time are compared. */
const SAMPLE = 256;

const stamp = z.tuple([z.number(), z.number()]);
const folderRecord = z.object({
  /** Times of all folders, and sizes and times of some files. */
  folders: z.array(z.tuple([z.string(), z.number()])),
  sample: z.array(z.tuple([z.string(), stamp])),
  paths: z.array(z.string()),
  skipped: z.array(skippedRecord),
  system: z.array(z.string()),
});
/** A walk, and what is to be said of it. */
export interface Surveyed extends Walk {
  readonly remarks: readonly string[];
  /** Tells this state of the folder from others; absent for small ones. */
  readonly check?: string;
}

const timeOf = ({ mtime }: Deno.FileInfo): number => mtime?.getTime() ?? 0;

async function stampOf(path: string): Promise<[number, number]> {
  const info = await Deno.stat(path);
  return [info.size, timeOf(info)];
}

const keyOf = (root: string): string => `folder\n${root}`;

/** Whether folders and some of the files are as they were. */
async function isSame(
  root: string,
  { folders, sample }: z.infer<typeof folderRecord>,
): Promise<boolean> {
  try {
    for (const [path, time] of folders) {
      if (timeOf(await Deno.stat(join(root, path))) !== time) return false;
    }
    for (const [path, stamp] of sample) {
      if (`${await stampOf(join(root, path))}` !== `${stamp}`) return false;
    }
    return true;
  } catch {
    return false;
  }
}

/**
 * Finds the images below a folder. Of a large one the list of the last run is
 * taken, where no folder has changed since, and none of a sample of files: a
 * file that is written over in its place may go unnoticed until it is decoded.
 *
 * @throws {UserError} When there are none.
 */
export async function surveyed(
  path: string,
  context: LoadContext,
): Promise<Surveyed> {
  const root = await folderAt(path, context);
  const { cacheDir } = context;
  const found = folderRecord.safeParse(await recall(cacheDir, keyOf(root)));
  if (found.success && await isSame(root, found.data)) {
    const { folders, paths, skipped, system } = found.data;
    return {
      root,
      paths,
      skipped,
      system: new Set(system),
      folders: folders.map(([path]) => path),
      remarks: [
        `the list of files is that of an earlier run: ${folders.length} folder(s) have not changed, nor have ${found.data.sample.length} files looked at`,
      ],
      check: checkOf(found.data),
    };
  }
  const walk = await walkFolder(root);
  if (walk.paths.length < LARGE) return { ...walk, remarks: [] };
  const times = await Promise.all(
    walk.folders.map(async (path) =>
      [path, timeOf(await Deno.stat(join(root, path)))] as [string, number]
    ),
  );
  const step = walk.paths.length / SAMPLE;
  const sample = await Promise.all(
    Array.from({ length: SAMPLE }, async (_, i) => {
      const path = walk.paths[Math.floor(i * step)] as string;
      const stamp = await stampOf(join(root, path)).catch(() =>
        [0, 0] as [number, number]
      );
      return [path, stamp] as [string, [number, number]];
    }),
  );
  const record = {
    folders: times,
    sample,
    paths: walk.paths,
    skipped: [...walk.skipped],
    system: [...walk.system],
  };
  await remember(cacheDir, keyOf(root), record);
  return { ...walk, remarks: [], check: checkOf(record) };
}

const checkOf = (
  { folders, sample, paths }: Pick<
    z.infer<typeof folderRecord>,
    "folders" | "sample" | "paths"
  >,
): string => JSON.stringify([folders, sample, paths.length]);

/**
 * Remembers what the headers of a large folder's images said, for as long as
 * the folder is the same and is read in the same way.
 */
export function headersOf(
  found: Surveyed,
  held: Surveyed | undefined,
  options: FileOptions,
  { cacheDir }: LoadContext,
): HeaderMemory | undefined {
  if (found.check === undefined) return undefined;
  const check = [found.check, held?.check ?? held?.paths ?? null];
  const key = `${found.root}\n${held?.root ?? ""}`;
  return headerMemory(key, check, options, cacheDir);
}
