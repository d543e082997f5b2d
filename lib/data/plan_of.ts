/** @file A plan of image files, by folders or by a table of classes. */
import { planClassList } from "./class_list.ts";
import { classListOf, type FileOptions } from "./image_options.ts";
import { type HeldOut, type Plan, planLayout } from "./layout.ts";
import type { LoadContext } from "./source.ts";

/** Sorts images into splits and classes. @throws {UserError} */
export async function planOf(
  options: FileOptions,
  paths: readonly string[],
  test: number | HeldOut | undefined,
  where: string,
  { baseDir }: LoadContext,
): Promise<Plan> {
  const table = classListOf(options);
  return table
    ? await planClassList(paths, test, where, table, baseDir)
    : planLayout(paths, test, where, options.labels !== false);
}
