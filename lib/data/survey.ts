/** @file A quick look at the files of a source, for the check. */
import { join, resolve } from "node:path";
import { isHidden, notAnImage } from "./layout.ts";
import { reasonOf } from "./place.ts";
import type { Survey } from "./source.ts";

/** Whether something is at a path; a relative one starts at `baseDir`. */
export function surveyPath(path: string, baseDir: string): Survey {
  const full = resolve(baseDir, path);
  try {
    Deno.statSync(full);
    return {};
  } catch (error) {
    return { missing: `${full}: ${reasonOf(error)}` };
  }
}

/** Names of what is in a folder, hidden entries left out. */
function* visible(folder: string): Generator<Deno.DirEntry> {
  for (const entry of Deno.readDirSync(folder)) {
    if (!isHidden(entry.name)) yield entry;
  }
}

/**
 * Whether the images of a folder lie in class folders, as `planLayout` reads
 * them. Looks no deeper than at the first entry that tells.
 */
function hasClasses(folder: string): boolean | undefined {
  for (const { name, isDirectory, isFile } of visible(folder)) {
    if (isDirectory) return true;
    if (isFile && !notAnImage(name)) return false;
  }
  return undefined;
}

/** What a folder of images tells without reading one. */
export function surveyFolder(path: string, baseDir: string): Survey {
  const found = surveyPath(path, baseDir);
  if (found.missing) return found;
  const full = resolve(baseDir, path);
  try {
    const names = [...visible(full)].map(({ name }) => name);
    const split = names.includes("train") &&
      names.every((name) => ["train", "test", "val"].includes(name));
    const labelled = hasClasses(split ? join(full, "train") : full);
    return labelled === undefined ? {} : { labelled };
  } catch (error) {
    return { missing: `${full}: ${reasonOf(error)}` };
  }
}
