/** @file The studio: one local page over the files that runs write. */
import { UserError } from "../errors.ts";
import { type JudgeFacts, judgeFacts } from "../look/judged.ts";
import { editorRoutes } from "./editor_routes.ts";
import { embeddingRoutes } from "./embedding_routes.ts";
import { EngineRoom } from "./engine_room.ts";
import { graphRoutes } from "./graph_routes.ts";
import { RunStore } from "./run_store.ts";
import { runRoutes } from "./run_routes.ts";
import { sweepRoutes } from "./sweep_routes.ts";
import { serve, type Studio } from "./serve.ts";

/** How a studio is opened. */
export interface StudioOptions {
  /** Folder of the runs; it need not be there yet. */
  readonly runs: string;
  /** By default any that is free. */
  readonly port?: number;
  /** Folder of the pipelines that are edited. */
  readonly pipelines?: string;
  /** Whether modules that runs name are executed: they are programs. */
  readonly ownModules?: boolean;
  /** Folder of embeddings that were computed; the user's cache by default. */
  readonly cache?: string;
}

/** Opens the studio on this machine's loopback. */
export async function openStudio(
  { runs, port = 0, pipelines = "pipelines", ownModules = false, cache }:
    StudioOptions,
): Promise<Studio> {
  const info = await Deno.stat(runs).catch(() => undefined);
  if (info && !info.isDirectory) {
    throw new UserError(
      `Cannot open the studio on "${runs}": it is not a folder.\nName the folder that holds your runs, such as runs.`,
    );
  }
  const root = info ? await Deno.realPath(runs) : runs;
  const room = new EngineRoom(ownModules, cache);
  /** What the monitors of a run go by; needs its graph. */
  const factsOf = async (folder: string): Promise<JudgeFacts | undefined> => {
    try {
      return judgeFacts(await room.load(folder));
    } catch {
      // Of another version, perhaps: its curves can be seen all the same.
      return undefined;
    }
  };
  const store = new RunStore(root, factsOf);
  const routes = {
    ...runRoutes(store),
    ...sweepRoutes(store),
    ...graphRoutes(store, room),
    ...embeddingRoutes(store, room),
    ...editorRoutes(pipelines, store, room),
  };
  return serve(routes, port);
}
