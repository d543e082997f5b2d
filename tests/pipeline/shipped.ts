/** @file Every pipeline that is shipped, and every sweep. */

const FOLDER = new URL("../../pipelines/", import.meta.url).pathname;

async function* yamlFiles(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* yamlFiles(`${folder}${name}/`);
    else if (name.endsWith(".yaml")) yield `${folder}${name}`;
  }
}

const ALL = (await Array.fromAsync(yamlFiles(FOLDER))).sort();

const isAblation = (file: string): boolean =>
  file.startsWith(`${FOLDER}ablations/`);

/** What the lessons begin with has no sweep: it is a pipeline like others. */
const isLesson = (file: string): boolean =>
  file.startsWith(`${FOLDER}lessons/`) && !file.endsWith("/base.yaml");

/** Paths of the pipelines, in order. */
export const SHIPPED: readonly string[] = ALL.filter((file) =>
  !isAblation(file) && !isLesson(file)
);

/** Paths of the papers' ablations sweeps that extend the pipelines, in order. */
export const ABLATIONS: readonly string[] = ALL.filter(isAblation);

/** Paths of the lessons, sweeps that break what they teach, in order. */
export const LESSONS: readonly string[] = ALL.filter(isLesson);
