/** @file The stage graph of a run, drawn, and how its stages stand. */
import { join } from "node:path";
import { inspect } from "../apart/inspect.ts";
import { RUN_FILES } from "../checkpoint/run_record.ts";
import { UserError } from "../errors.ts";
import type { Diagram } from "../graph/draw/diagram.ts";
import { toDot } from "../graph/draw/dot.ts";
import { dotToSvg } from "../graph/draw/svg.ts";
import { readSpectra } from "../look/spectra.ts";
import { needed, type Routes } from "./answer.ts";
import { type EngineRoom, firstImages } from "./engine_room.ts";
import type { RunStore } from "./run_store.ts";
import { networksOf, stageStates, STATE_IMAGES } from "./stage_state.ts";

/** Room for what is told of a stage; the page writes there. */
const NOTES = ["gradient 0.00000", "spread 0.000  rank 000.0"];

/** A diagram as SVG, with room for two lines in each box of a stage. */
export function drawWithRoom(diagram: Diagram): Promise<string> {
  const data = new Set(
    diagram.nodes.filter(({ look }) => look === "data").map(({ name }) => name),
  );
  return dotToSvg(toDot(diagram, (name) => data.has(name) ? [] : NOTES));
}

/** Stages of a diagram beside their options. */
export const stagesOf = (
  { nodes, edges }: Diagram,
  resolved: Readonly<Record<string, unknown>>,
) =>
  nodes.map(({ name, kind, title, shape, look }) => ({
    name,
    kind,
    title,
    shape,
    look,
    reads: edges.filter(({ to }) => to === name)
      .map(({ from, kind, label }) => ({ from, kind, label })),
    options: (resolved["stages"] as Record<string, unknown>)?.[name] ?? null,
  }));

/** Routes about the stages of a run. */
export function graphRoutes(store: RunStore, room: EngineRoom): Routes {
  return {
    "GET /api/run/graph": async (asked) => {
      const folder = await store.folder(needed(asked, "id"));
      const { baseDir } = (await store.open(needed(asked, "id"))).settings;
      const { text, outline } = await inspect(
        join(folder, RUN_FILES.pipeline),
        {
          baseDir,
        },
      );
      if (!outline) throw new UserError(text);
      const { diagram, resolved } = outline();
      return {
        svg: await drawWithRoom(diagram),
        stages: stagesOf(diagram, resolved),
      };
    },

    "GET /api/run/spectra": async (asked) =>
      await readSpectra(await store.folder(needed(asked, "id"))),

    /** Computes: opens the encoder for each of the stages. */
    "POST /api/run/stages": async (asked) => {
      const folder = await store.folder(needed(asked, "id"));
      return await room.alone(async () => {
        const { pipeline, graph, baseDir } = await room.load(folder);
        const { train, test } = await room.data(pipeline, baseDir);
        const images = firstImages(test ?? train, STATE_IMAGES);
        return {
          images: images.count,
          ...await stageStates(
            networksOf(graph),
            images,
            (of) => room.encoder(folder, { of, checkpoint: "last" }),
          ),
        };
      });
    },
  };
}
