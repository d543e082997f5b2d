/** @file A quick look at the files of a source, for the check. */
import { join, resolve } from "node:path";
import { byCodePoint, notAnImage } from "./layout.ts";
import { missingReason, reasonOf } from "./place.ts";
import type { Survey } from "./source.ts";
import { findSplits, roleOf } from "./splits.ts";
import { isHidden } from "./system_files.ts";

/** Whether something is at a path; a relative one starts at `baseDir`. */
export function surveyPath(path: string, baseDir: string): Survey {
  const full = resolve(baseDir, path);
  try {
    Deno.statSync(full);
    return {};
  } catch (error) {
    return { missing: `${full}: ${missingReason(path, error)}` };
  }
}

/** Files and folders of a folder, without the system's. */
function* visible(folder: string): Generator<Deno.DirEntry> {
  for (const entry of Deno.readDirSync(folder)) {
    if (!isHidden(entry.name)) yield entry;
  }
}

/** Names at the top of a folder as `findSplits` takes them. */
function topOf(folder: string): string[] {
  const names = new Set<string>();
  for (const { name, isFile } of visible(folder)) {
    if (!isFile) names.add(name);
    else if (!notAnImage(name)) names.add("");
  }
  return [...names].sort(byCodePoint);
}

/** Whether what lies in a folder are classes or splits, and no images. */
const isSet = (names: readonly string[]): boolean =>
  names.length > 1 && !names.includes("");

/** What a folder of images tells without reading one. */
export function surveyFolder(path: string, baseDir: string): Survey {
  const found = surveyPath(path, baseDir);
  if (found.missing) return found;
  const full = resolve(baseDir, path);
  try {
    const names = topOf(full);
    const splits = findSplits(names);
    if (splits && "unclear" in splits) {
      return { odd: `Cannot tell the splits of ${full}: ${splits.unclear}` };
    }
    const classes = splits ? topOf(join(full, splits.train)) : names;
    const [only = ""] = classes;
    if (classes.length === 1 && only) {
      const inner = topOf(join(full, splits?.train ?? "", only));
      if (splits ? only === splits.train || roleOf(only) : isSet(inner)) {
        return {
          odd: `${
            splits ? `${splits.train}/` : full
          } has nothing but ${only}/ in it, which is no class: it has ${
            inner.slice(0, 3).map((name) => name ? `${name}/` : "images")
              .join(", ")
          }`,
        };
      }
    }
    if (classes.length === 0) return {};
    if (classes.includes("")) return { labelled: false };
    return {
      labelled: true,
      ...(classes.length === 1
        ? {
          odd: `All images of ${full} are of one class, "${
            classes[0]
          }": nothing can be judged by labels`,
        }
        : {}),
    };
  } catch (error) {
    return { missing: `${full}: ${reasonOf(error)}` };
  }
}
