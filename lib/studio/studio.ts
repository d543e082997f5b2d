/** @file The studio: one local page over the files that runs write. */
import { join } from "node:path";
import { readRecord, RUN_FILES } from "../checkpoint/run_record.ts";
import { UserError } from "../errors.ts";
import { type JudgeFacts, judgeFacts } from "../look/judged.ts";
import { loadPipeline } from "../pipeline/load.ts";
import { modulesIn } from "../pipeline/parse/custom.ts";
import { RunStore } from "./run_store.ts";
import { runRoutes } from "./run_routes.ts";
import { serve, type Studio } from "./serve.ts";

/** How a studio is opened. */
export interface StudioOptions {
  /** Folder of the runs; it need not be there yet. */
  readonly runs: string;
  /** By default any that is free. */
  readonly port?: number;
  /** Whether modules that runs name are executed: they are programs. */
  readonly ownModules?: boolean;
}

/** Opens the studio on this machine's loopback. */
export async function openStudio(
  { runs, port = 0, ownModules = false }: StudioOptions,
): Promise<Studio> {
  const info = await Deno.stat(runs).catch(() => undefined);
  if (info && !info.isDirectory) {
    throw new UserError(
      `Cannot open the studio on "${runs}": it is not a folder.\nName the folder that holds your runs, such as runs.`,
    );
  }
  const root = info ? await Deno.realPath(runs) : runs;
  /** What the monitors of a run go by; needs its graph. */
  const factsOf = async (folder: string): Promise<JudgeFacts | undefined> => {
    try {
      const { baseDir, pipeline } = await readRecord(folder);
      if (!ownModules && modulesIn(pipeline).length > 0) return undefined;
      const file = join(folder, RUN_FILES.pipeline);
      return judgeFacts(await loadPipeline(file, { baseDir }));
    } catch {
      // Of another version, perhaps: its curves can be seen all the same.
      return undefined;
    }
  };
  const store = new RunStore(root, factsOf);
  return serve({ ...runRoutes(store) }, port);
}
