/**
 * @file Makes the pictures of the README and the docs: stage graphs from the
 * pipelines, curves from runs of the lessons.
 *
 * `deno task pictures [--only graphs|<lesson>]`. Graphs are the same on every
 * machine, and a test compares them; curves are of real runs, made anew.
 */
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { toSvgFile } from "../lib/look/draw/shape.ts";
import { loadPipeline } from "../lib/pipeline/load.ts";
import { comparedCurves } from "../lib/report/figures.ts";
import { readRun } from "../lib/report/read.ts";
import { sweep } from "../lib/train/sweep.ts";
import { graphSvg, PICTURES } from "./methods/graphs.ts";
import { METHODS } from "./methods/names.ts";

const at = (path: string): string =>
  fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Pipelines whose graphs are drawn, below `pipelines/`: every method's. */
export const GRAPHS = METHODS;

/** Lessons whose points are drawn over each other, and the columns that are. */
export const CURVES: Readonly<Record<string, readonly string[]>> = {
  stop_gradient: ["loss", "embedding_std", "correlation_rank"],
  predictor: ["correlation_rank"],
  momentum: ["correlation_rank"],
  invariance: ["embedding_std", "correlation_rank"],
  centring: ["prototype_information:loss", "target_entropy:loss"],
};

/** Name of a lesson's picture. */
export const curveFile = (lesson: string, key: string): string =>
  `${lesson}-${key.split(":")[0]}.svg`;

/** Curves of a lesson, by the names of their files, from runs that this trains. */
async function lessonSvgs(
  lesson: string,
): Promise<ReadonlyMap<string, string>> {
  const loaded = await loadPipeline(at(`pipelines/lessons/${lesson}.yaml`));
  const runsDir = await Deno.makeTempDir({ prefix: "stopgrad-pictures-" });
  try {
    const { record, folder } = await sweep(loaded, { runsDir, device: "cpu" });
    const runs = [];
    for (const { name, folder: point } of record.points) {
      runs.push({ ...await readRun(join(folder ?? "", point)), name });
    }
    const figures = comparedCurves(runs);
    return new Map((CURVES[lesson] ?? []).map((key) => {
      const found = figures.find((figure) => figure.key === key);
      if (!found) throw new Error(`${lesson} has no curve of ${key}`);
      return [curveFile(lesson, key), toSvgFile(found.drawn)];
    }));
  } finally {
    await Deno.remove(runsDir, { recursive: true });
  }
}

async function write(name: string, svg: string): Promise<void> {
  await Deno.writeTextFile(join(PICTURES, name), `${svg.trimEnd()}\n`);
  console.log(`docs/pictures/${name}`);
}

if (import.meta.main) {
  const { values: { only } } = parseArgs({
    options: { only: { type: "string" } },
  });
  await Deno.mkdir(PICTURES, { recursive: true });
  if (only === undefined || only === "graphs") {
    for (const name of GRAPHS) {
      await write(`graph-${name}.svg`, await graphSvg(name));
    }
  }
  for (const lesson of Object.keys(CURVES)) {
    if (only !== undefined && only !== lesson) continue;
    for (const [name, svg] of await lessonSvgs(lesson)) await write(name, svg);
  }
}
