/** @file The stage graph of each method, drawn. */
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { diagramOf } from "../../lib/graph/draw/diagram.ts";
import { toDot } from "../../lib/graph/draw/dot.ts";
import { dotToSvg } from "../../lib/graph/draw/svg.ts";
import { loadPipeline } from "../../lib/pipeline/load.ts";
import { PIPELINES } from "./names.ts";

/** Where pictures lie. */
export const PICTURES: string = fileURLToPath(
  new URL("../../docs/pictures/", import.meta.url),
);

/** Where the graph of a method lies. */
export const graphFile = (name: string): string =>
  join(PICTURES, `graph-${name}.svg`);

/** The stage graph of a pipeline, as SVG. */
export async function graphSvg(name: string): Promise<string> {
  const { pipeline, graph } = await loadPipeline(`${PIPELINES}${name}.yaml`);
  const svg = await dotToSvg(toDot(diagramOf(pipeline.name, graph)));
  return `${svg.trimEnd()}\n`;
}
