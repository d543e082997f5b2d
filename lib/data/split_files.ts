/** @file Files that hold many images each, and what split each belongs to by its name. */
import { dirname, join, relative } from "node:path";
import { UserError } from "../errors.ts";
import { byCodePoint } from "./layout.ts";
import { findPlace, fromTop, reasonOf } from "./place.ts";
import type { LoadContext, Survey } from "./source.ts";
import { surveyPath } from "./survey.ts";
import { findSplits, splitWord } from "./splits.ts";
import { isHidden } from "./system_files.ts";

/** Files at a place. */
export interface FileList {
  readonly where: string;
  readonly files: readonly string[];
}

/** Files that a pattern may stand for. */
const MOST_FILES = 100_000;

/** A range of numbers, which keep their width, or a list. */
const BRACES = /\{(?:(\d+)\.\.(\d+)|([^{}]*,[^{}]*))\}/;

/**
 * `{a,b}-{00..12}.tar` as the names that it stands for.
 *
 * @throws {UserError} When there are too many.
 */
function expand(pattern: string): string[] {
  const found = BRACES.exec(pattern);
  if (!found) return [pattern];
  const [braces, from = "", to = "", list] = found;
  const first = Number(from);
  const length = list?.split(",").length ??
    Math.max(0, Number(to) - first + 1);
  const after = expand(pattern.slice(found.index + braces.length));
  if (length * after.length > MOST_FILES) {
    throw new UserError(
      `Cannot read ${pattern}: it stands for more than ${MOST_FILES} files.\nCheck the path under "data".`,
    );
  }
  const parts = list?.split(",") ??
    Array.from(
      { length },
      (_, i) => String(first + i).padStart(from.length, "0"),
    );
  const before = pattern.slice(0, found.index);
  return parts.flatMap((part) => after.map((end) => before + part + end));
}

/** Whether the files are there that a path or a pattern names; nothing is read. */
export function surveyFiles(path: string, baseDir: string): Survey {
  let names: string[];
  try {
    names = expand(path);
  } catch (error) {
    return { missing: reasonOf(error) };
  }
  for (const name of names) {
    const found = surveyPath(name, baseDir);
    if (found.missing) return found;
  }
  return names.length > 0 ? {} : { missing: `${path} stands for no file` };
}

/**
 * Files below a folder, one file, or those that a pattern such as
 * `train-{000..099}.tar` stands for.
 *
 * @param endings Such as `.tar`; other files of a folder are passed over.
 * @throws {UserError} When there are none.
 */
export async function filesAt(
  path: string,
  endings: readonly string[],
  context: LoadContext,
): Promise<FileList> {
  const names = expand(path);
  if (BRACES.test(path)) {
    const places = await Promise.all(
      names.map((name) => findPlace(name, context, "images")),
    );
    if (places.length === 0) {
      throw new UserError(
        `Cannot find images in ${path}: it stands for no file.\nCheck the path under "data".`,
      );
    }
    return { where: path, files: places.map(({ path }) => path) };
  }
  const { path: where, isFolder } = await findPlace(path, context, "images");
  if (!isFolder) return { where, files: [where] };
  const files: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (isHidden(name)) continue;
      if (isDirectory) await walk(join(folder, name));
      else if (
        endings.some((ending) => name.toLowerCase().endsWith(ending))
      ) {
        files.push(join(folder, name));
      }
    }
  };
  try {
    await walk(where);
  } catch (error) {
    throw new UserError(
      `Cannot read the folders below ${where}: ${reasonOf(error)}.`,
    );
  }
  if (files.length === 0) {
    throw new UserError(
      `Cannot find images in ${where}: no file there ends in ${
        endings.join(" or ")
      }.\nCheck the path under "data".`,
    );
  }
  return { where, files: files.sort(byCodePoint) };
}

/** Images to test with may not be trained on. @throws {UserError} */
export function checkApart(
  { files, where }: FileList,
  held: FileList | undefined,
): void {
  const own = new Set(files);
  const both = held?.files.find((file) => own.has(file));
  if (held === undefined || both === undefined) return;
  throw new UserError(
    `Cannot test with ${held.where}: it shares files with ${where}, which are trained on, such as ${both}.\nKeep the two apart.`,
  );
}

/** A line about files of several folders, which are taken together. */
function foldersRemark(files: readonly string[]): string[] {
  const folders = [...new Set(fromTop(files).map((file) => dirname(file)))];
  return folders.length < 2 ? [] : [
    `files of ${folders.length} folders are trained on together: ${
      folders.slice(0, 5).join(", ")
    }${folders.length > 5 ? ", ..." : ""}`,
  ];
}

/** `train` of `data/train-00000-of-00002.parquet`, or of `train/0.tar`. */
function splitName(file: string): string {
  const [name = "", parent = ""] = file.split("/").reverse();
  const own = name.replace(/(?:\.[a-z]+)+$/, "");
  return splitWord(own) ?? (parent || own.replace(/[-_.]?\d.*$/, ""));
}

/** Files to train on and to test with. */
export interface SplitFiles {
  readonly train: readonly string[];
  readonly test?: readonly string[];
  readonly remarks: readonly string[];
}

/**
 * Sorts files into splits by their names.
 *
 * @param test As the pipeline has it.
 * @throws {UserError} When the names do not tell.
 */
export function sortFiles(
  { where, files }: FileList,
  test: string | number | undefined,
): SplitFiles {
  if (typeof test === "string" || files.length === 1) {
    return { train: files, remarks: foldersRemark(files) };
  }
  const names = new Map(
    files.map((file) => [file, splitName(relative(where, file))]),
  );
  const splits = findSplits([...new Set(names.values())].sort(byCodePoint));
  if (!splits) return { train: files, remarks: foldersRemark(files) };
  if ("unclear" in splits) {
    throw new UserError(
      `Cannot tell the splits of ${where}: ${
        splits.unclear.replaceAll("/", "-*")
      }.\nSay which files are which by "path" and "test" under "data".`,
    );
  }
  if (splits.test && test !== undefined) {
    throw new UserError(
      `Cannot use "test" under "data": ${where} has files to test with already (${splits.test}).\nLeave "test" out.`,
    );
  }
  const of = (name: string) => files.filter((file) => names.get(file) === name);
  return {
    train: of(splits.train),
    ...(splits.test === undefined ? {} : { test: of(splits.test) }),
    remarks: [
      ...foldersRemark(of(splits.train)),
      ...splits.unused.map((name) =>
        `${name} (${
          of(name).length
        } files) is neither trained on nor tested with: ${splits.test} is there to test with`
      ),
    ],
  };
}
