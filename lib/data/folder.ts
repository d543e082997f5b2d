/** @file Images in a folder on disk. */
import { isAbsolute, join, relative } from "node:path";
import { UserError } from "../errors.ts";
import { decodePlan, type ImageFile, slotsOf } from "./decode_plan.ts";
import { imageOptions, imageShape } from "./image_options.ts";
import { byCodePoint, noImages, notAnImage, type Plan } from "./layout.ts";
import { planOf } from "./plan_of.ts";
import { headersOf, surveyed } from "./folder_survey.ts";
import { systemRemark } from "./system_files.ts";
import { surveyFolder, surveyPath } from "./survey.ts";
import { readFile } from "./read_file.ts";
import { defineSource, type SourceDefinition } from "./source.ts";
import { streamPlan, tooLarge } from "./stream.ts";

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
  shape: (options) => imageShape(options),
  survey: ({ path, labels }, baseDir) =>
    labels ? surveyPath(path, baseDir) : surveyFolder(path, baseDir),
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
    const plan = {
      ...layout,
      remarks: [
        ...layout.remarks ?? [],
        ...systemRemark([...found.system, ...held?.system ?? []]),
        ...found.remarks,
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
        headersOf(found, held, options, context),
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
