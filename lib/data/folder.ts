/** @file Images in a folder on disk. */
import { isAbsolute, join, relative } from "node:path";
import { UserError } from "../errors.ts";
import { folderOptions, imageShape } from "./image_options.ts";
import { loadFiles } from "./load_files.ts";
import { planOf } from "./plan_of.ts";
import { headersOf, surveyed } from "./folder_survey.ts";
import { systemRemark } from "./system_files.ts";
import { surveyFolder, surveyPath } from "./survey.ts";
import { readFile, readFileEnd, stampFile } from "./read_file.ts";
import { emptyRemark } from "./walk.ts";
import { defineSource, type SourceDefinition } from "./source.ts";
import type { OpenFiles } from "./stream.ts";

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

/** Images in class folders, or without classes in one folder. */
export const folder: SourceDefinition = defineSource({
  name: "folder",
  summary:
    "Image files in a folder: <class>/<image>, or <image> without labels; either may stand below folders such as train/ and test/ (or valid/)",
  options: folderOptions,
  shape: (options) => imageShape(options),
  survey: ({ path, labels }, baseDir) =>
    labels === undefined
      ? surveyFolder(path, baseDir)
      : surveyPath(path, baseDir),
  async load(options, context) {
    const { path, test } = options;
    const found = await surveyed(path, context);
    const held = typeof test === "string"
      ? await surveyed(test, context)
      : undefined;
    if (held) await checkApart(found.root, held.root);
    const layout = await planOf(
      options,
      found.paths,
      held
        ? { paths: held.paths, where: held.root }
        : test as number | undefined,
      found.root,
      context,
    );
    const whole = {
      ...layout,
      remarks: [
        ...layout.remarks ?? [],
        ...systemRemark([...found.system, ...held?.system ?? []]),
        ...emptyRemark(found),
        ...found.remarks,
      ],
    };
    const roots = { train: found.root, test: held?.root ?? found.root };
    const name: OpenFiles["name"] = ({ split, path }) =>
      join(roots[split], path);
    const open: OpenFiles = {
      name,
      read: (slot, most) => readFile(name(slot), most),
      readEnd: (slot, most) => readFileEnd(name(slot), most),
      stamp: (slot) => stampFile(name(slot)),
    };
    return await loadFiles(whole, open, options, {
      skipped: [...found.skipped, ...held?.skipped ?? []],
      where: found.root,
      memory: headersOf(found, held, options, context),
    }, context);
  },
});
