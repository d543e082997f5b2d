/** @file Image files below a folder. */
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { byCodePoint, noImages, notAnImage } from "./layout.ts";
import { findPlace, reasonOf } from "./place.ts";
import { badName } from "./read_file.ts";
import type { LoadContext, SkippedFile } from "./source.ts";
import { systemPart } from "./system_files.ts";

/** What a walk found. */
export interface Walk {
  readonly root: string;
  /** Images below the root, with `/` between folders. */
  readonly paths: string[];
  readonly skipped: SkippedFile[];
  /** Names of files and folders that are the system's. */
  readonly system: Set<string>;
  /** Folders below the root, it among them, with a slash behind. */
  readonly folders: string[];
}

/** What a link leads to; one to nowhere counts as a file: reading it says what is wrong. */
async function linked(
  path: string,
): Promise<{ isFile: boolean; isDirectory: boolean }> {
  try {
    return await Deno.stat(path);
  } catch {
    return { isFile: true, isDirectory: false };
  }
}

/**
 * @param open Real paths of the folders that we are inside of: a link back to
 * one of them is a loop.
 */
async function walk(
  found: Walk,
  below: string,
  open: ReadonlySet<string>,
): Promise<void> {
  const folder = join(found.root, below);
  found.folders.push(below);
  // Of a million files, waiting for each one would take longer than the rest.
  const entries = [...Deno.readDirSync(folder)];
  entries.sort((a, b) => byCodePoint(a.name, b.name));
  for (const entry of entries) {
    const system = systemPart(entry.name);
    if (system !== undefined) {
      found.system.add(system);
      continue;
    }
    const path = below + entry.name;
    const full = `${found.root}/${path}`;
    const { isFile, isDirectory } = entry.isSymlink
      ? await linked(full)
      : entry;
    if (isDirectory) {
      const real = await Deno.realPath(full).catch((error) => {
        const reason = badName(entry.name);
        throw reason ? new Error(`${full}: ${reason.message}`) : error;
      });
      if (open.has(real)) {
        const reason = "it is a link to a folder that it lies in";
        found.skipped.push({ path: full, reason });
      } else await walk(found, `${path}/`, new Set([...open, real]));
      continue;
    }
    const reason = isFile ? notAnImage(path) : "it is not a file";
    if (reason === undefined) found.paths.push(path);
    else found.skipped.push({ path: full, reason });
  }
}

/** A line about folders that have no image, nor have those below them; none where all have some. */
export function emptyRemark({ folders, paths }: Walk): readonly string[] {
  const filled = new Set<string>([""]);
  let last = "";
  for (const path of paths) {
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    if (folder === last) continue;
    last = folder;
    let end = folder.length;
    while (end > 0) {
      filled.add(folder.slice(0, end));
      end = folder.lastIndexOf("/", end - 2) + 1;
    }
  }
  const empty = folders.filter((folder) => !filled.has(folder));
  return empty.length === 0 ? [] : [
    `no image in ${empty.slice(0, 5).join(", ")}${
      empty.length > 5 ? `, ... (${empty.length} folders)` : ""
    }`,
  ];
}

/** The folder that a path names. @throws {UserError} When it is none. */
export async function folderAt(
  path: string,
  context: LoadContext,
): Promise<string> {
  const { path: root, isFolder } = await findPlace(path, context, "images");
  if (isFolder) return root;
  throw new UserError(
    `Cannot read images from ${root}: it is a file, expected a folder.\nFor a tar archive use "source: tar" under "data".`,
  );
}

/**
 * Images and other files below a folder.
 *
 * @param cure What to do where there are none, for the message.
 * @throws {UserError} When there are none.
 */
export async function walkFolder(root: string, cure?: string): Promise<Walk> {
  const found: Walk = {
    root,
    paths: [],
    skipped: [],
    system: new Set(),
    folders: [],
  };
  try {
    await walk(found, "", new Set([await Deno.realPath(root)]));
  } catch (error) {
    throw new UserError(
      `Cannot read the folders below ${root}: ${reasonOf(error)}.`,
    );
  }
  if (found.paths.length === 0) {
    throw noImages(root, found.skipped, cure);
  }
  return found;
}
