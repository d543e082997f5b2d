/** @file Sweeps: the points of a grid, with what came of them. */
import { dirname, join } from "node:path";
import { z } from "zod";
import { flattened } from "../look/list_runs.ts";
import { readRegularText } from "../regular_file.ts";
import { needed, type Routes } from "./answer.ts";
import { Refused } from "./guard.ts";
import type { RunStore } from "./run_store.ts";

const FILE = "sweep.json";

/** Of `sweep.json`, what is shown; it may be a stranger's. */
const sweepSchema = z.object({
  pipeline: z.string(),
  paper: z.object({
    figure: z.string().optional(),
    unit: z.string().optional(),
    source: z.string().optional(),
  }).default({}),
  points: z.array(z.object({
    name: z.string(),
    row: z.string(),
    folder: z.string().regex(/^[\w.=-]+$/),
    changes: z.record(z.string(), z.unknown()).default({}),
    paper: z.union([z.number(), z.string()]).optional(),
    result: z.object({
      end: z.string(),
      summary: z.looseObject({
        verdict: z.string(),
        signals: z.record(z.string(), z.number().nullable()).optional(),
      }),
    }).optional(),
  })),
});

/** Numbers of a summary that a cell can show. */
const FIGURES = ["knn", "linear", "accuracy", "loss", "embedding_std"];

/** Routes about sweeps. */
export function sweepRoutes(store: RunStore): Routes {
  /** Folders that hold runs side by side, and may be sweeps. */
  const folders = async (): Promise<readonly string[]> => [
    ...new Set((await store.list()).map(({ id }) => dirname(id))),
  ];
  const read = async (id: string) => {
    const path = join(store.root, id, FILE);
    const info = await Deno.lstat(path).catch(() => undefined);
    if (!info?.isFile) return undefined;
    try {
      return sweepSchema.parse(JSON.parse(await readRegularText(path)));
    } catch {
      return undefined;
    }
  };
  return {
    "GET /api/sweeps": async () => {
      const found = await Promise.all(
        (await folders()).map(async (id) => ({ id, sweep: await read(id) })),
      );
      return found.flatMap(({ id, sweep }) =>
        sweep
          ? [{
            id,
            name: sweep.pipeline,
            points: sweep.points.length,
            done: sweep.points.filter(({ result }) => result).length,
          }]
          : []
      );
    },

    "GET /api/sweep": async (asked) => {
      const id = needed(asked, "id");
      const sweep = (await folders()).includes(id) ? await read(id) : undefined;
      if (!sweep) throw new Refused(404, `There is no sweep "${id}".`);
      return {
        id,
        name: sweep.pipeline,
        paper: sweep.paper,
        points: sweep.points.map(({ folder, changes, result, paper, name }) => {
          const { summary } = result ?? {};
          const figures = {
            ...Object.fromEntries(
              FIGURES.map((key) => [key, summary?.[key] ?? null]),
            ),
            ...summary?.signals,
          };
          return {
            run: `${id}/${folder}`,
            name,
            changes: flattened(changes),
            paper: paper ?? null,
            end: result?.end ?? null,
            verdict: summary?.verdict ?? null,
            figures: Object.fromEntries(
              Object.entries(figures).filter(([, value]) =>
                typeof value === "number"
              ),
            ),
          };
        }),
      };
    },
  };
}
