/** @file Which files are measured. */
import { loadPipeline } from "../../lib/pipeline/load.ts";
import { PIPELINES } from "../../tools/methods/names.ts";

/** Files at the top of `pipelines/` that train on the photographs, without their endings. */
export async function onPhotographs(): Promise<string[]> {
  const names: string[] = [];
  for (const { name } of Deno.readDirSync(PIPELINES)) {
    if (!name.endsWith(".yaml")) continue;
    const { pipeline } = await loadPipeline(PIPELINES + name);
    if (pipeline.data.source.name === "photos") names.push(name.slice(0, -5));
  }
  return names.sort();
}
