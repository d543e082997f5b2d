/** @file Images in a folder on disk. */
import { isAbsolute, join, relative } from "node:path";
import { UserError } from "../errors.ts";
import { decodePlan, type ImageFile, slotsOf } from "./decode_plan.ts";
import { imageOptions, imageShape } from "./image_options.ts";
import {
  byCodePoint,
  noImages,
  notAnImage,
  type Plan,
  planLayout,
} from "./layout.ts";
import { findPlace, reasonOf } from "./place.ts";
import { systemPart, systemRemark } from "./system_files.ts";
import { surveyFolder } from "./survey.ts";
import { readFile } from "./read_file.ts";
import {
  defineSource,
  type LoadContext,
  type SkippedFile,
  type SourceDefinition,
} from "./source.ts";
import { streamPlan, tooLarge } from "./stream.ts";

/** What a walk found. */
export interface Walk {
  readonly root: string;
  /** Images below the root, with `/` between folders. */
  readonly paths: string[];
  readonly skipped: SkippedFile[];
  /** Names of files and folders that are the system's. */
  readonly system: Set<string>;
}

/** A link to nowhere counts as a file: reading it says what is wrong. */
async function kindOf(
  path: string,
  entry: Deno.DirEntry,
): Promise<{ isFile: boolean; isDirectory: boolean }> {
  if (!entry.isSymlink) return entry;
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
  const entries = await Array.fromAsync(Deno.readDir(folder));
  entries.sort((a, b) => byCodePoint(a.name, b.name));
  for (const entry of entries) {
    const system = systemPart(entry.name);
    if (system !== undefined) {
      found.system.add(system);
      continue;
    }
    const path = below + entry.name;
    const full = join(found.root, path);
    const { isFile, isDirectory } = await kindOf(full, entry);
    if (isDirectory) {
      const real = await Deno.realPath(full);
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

/**
 * Finds the images below a folder.
 *
 * @throws {UserError} When there are none, or a folder cannot be read.
 */
export async function walkFolder(
  path: string,
  context: LoadContext,
): Promise<Walk> {
  const { path: root, isFolder } = await findPlace(path, context, "images");
  if (!isFolder) {
    throw new UserError(
      `Cannot read images from ${root}: it is a file, expected a folder.\nFor a tar archive use "source: tar" under "data".`,
    );
  }
  const found: Walk = { root, paths: [], skipped: [], system: new Set() };
  try {
    await walk(found, "", new Set([await Deno.realPath(root)]));
  } catch (error) {
    throw new UserError(
      `Cannot read the folders below ${root}: ${reasonOf(error)}.`,
    );
  }
  if (found.paths.length === 0) throw noImages(root, found.skipped);
  return found;
}

/** Images to test with may not be among those that are trained on. */
async function checkApart(train: string, test: string): Promise<void> {
  const [a, b] = [await Deno.realPath(train), await Deno.realPath(test)];
  const lies = (inner: string, outer: string): boolean => {
    const way = relative(outer, inner);
    return way !== ".." && !way.startsWith(join("..", "/")) && !isAbsolute(way);
  };
  if (!lies(a, b) && !lies(b, a)) return;
  throw new UserError(
    `Cannot test with ${test}: it shares images with ${train}, which are trained on.\nKeep the two apart, or name the folder above both where they are called train/ and test/.`,
  );
}

function* filesOf(
  plan: Plan,
  roots: Readonly<Record<"train" | "test", string>>,
): Generator<ImageFile> {
  for (const { split, image, path } of slotsOf(plan)) {
    const full = join(roots[split], path);
    yield { split, image, path: full, read: () => readFile(full) };
  }
}

/** Images in class folders, or without classes in one folder. */
export const folder: SourceDefinition = defineSource({
  name: "folder",
  summary:
    "Image files in a folder: <class>/<image>, or <image> without labels; either may stand below folders such as train/ and test/ (or valid/)",
  options: imageOptions,
  shape: imageShape,
  survey: ({ path }, baseDir) => surveyFolder(path, baseDir),
  async load(options, context) {
    const { path, test } = options;
    const found = await walkFolder(path, context);
    const held = typeof test === "string"
      ? await walkFolder(test, context)
      : undefined;
    if (held) await checkApart(found.root, held.root);
    const layout = planLayout(
      found.paths,
      held
        ? { paths: held.paths, where: held.root }
        : test as number | undefined,
      found.root,
    );
    const plan = {
      ...layout,
      remarks: [
        ...layout.remarks ?? [],
        ...systemRemark([...found.system, ...held?.system ?? []]),
      ],
    };
    const roots = { train: found.root, test: held?.root ?? found.root };
    const skipped = [...found.skipped, ...held?.skipped ?? []];
    if (tooLarge(plan, options)) {
      const name = (
        { split, path }: { split: "train" | "test"; path: string },
      ) => join(roots[split], path);
      return await streamPlan(
        plan,
        { name, read: (slot, most) => readFile(name(slot), most) },
        options,
        skipped,
        found.root,
        context,
      );
    }
    return await decodePlan(
      plan,
      filesOf(plan, roots),
      options,
      skipped,
      found.root,
      context,
    );
  },
});
