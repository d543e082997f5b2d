/** @file Files that were left out, in a line. */
import { notAnImage } from "../data/layout.ts";
import type { SkippedFile } from "../data/source.ts";
import { counted } from "../counted.ts";
import { integer } from "./format.ts";

/**
 * How many files were left out, and why one of them: an image that is damaged
 * sooner than a file that is none by its name.
 *
 * @param unread Images besides, whose pixels turned out to be damaged.
 */
export function leftOut(files: readonly SkippedFile[], unread = 0): string {
  const count = files.length + unread;
  const example = files.find(({ path }) => notAnImage(path) === undefined) ??
    (unread === 0 ? files[0] : undefined);
  return `left out ${counted(count, "file")}${
    example
      ? `, such as ${example.path}: ${example.reason}`
      : `, ${integer(unread)} of them damaged behind their headers`
  }`;
}
