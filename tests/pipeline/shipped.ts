/** @file Every pipeline that is shipped. */

const FOLDER = new URL("../../pipelines/", import.meta.url).pathname;

async function* yamlFiles(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* yamlFiles(`${folder}${name}/`);
    else if (name.endsWith(".yaml")) yield `${folder}${name}`;
  }
}

/** Paths of the pipelines, in order. */
export const SHIPPED: readonly string[] =
  (await Array.fromAsync(yamlFiles(FOLDER))).sort();
