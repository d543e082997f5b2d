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

/** Paths of the pipelines, in order. */
export const SHIPPED: readonly string[] = ALL.filter((file) =>
  !isAblation(file)
);

/** Paths of the papers' ablations, sweeps that extend the pipelines, in order. */
export const ABLATIONS: readonly string[] = ALL.filter(isAblation);
