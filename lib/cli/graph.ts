/** @file `graph FILE`: a drawing of the stage graph. */
import { extname } from "node:path";
import { outlined } from "../apart/inspect.ts";
import type { Diagram } from "../graph/draw/diagram.ts";
import { toDot } from "../graph/draw/dot.ts";
import { toMermaid } from "../graph/draw/mermaid.ts";
import { dotToSvg } from "../graph/draw/svg.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { output } from "./output.ts";
import { complain } from "./say.ts";

/** Formats that a graph can be drawn in. */
export const GRAPH_FORMATS = ["mermaid", "dot", "svg"] as const;

/** Any of {@linkcode GRAPH_FORMATS}. */
export type GraphFormat = typeof GRAPH_FORMATS[number];

const DRAW: Readonly<
  Record<GraphFormat, (diagram: Diagram) => string | Promise<string>>
> = {
  mermaid: toMermaid,
  dot: toDot,
  svg: (diagram) => dotToSvg(toDot(diagram)),
};

const BY_EXTENSION: Readonly<Record<string, GraphFormat>> = {
  ".svg": "svg",
  ".dot": "dot",
  ".gv": "dot",
};

/** Options of the command. */
export interface GraphCommand {
  readonly set: readonly string[];
  /** A point of the file's sweep, in place of its own pipeline. */
  readonly point?: string | undefined;
  /** By default what the extension of `out` says, or Mermaid. */
  readonly format?: GraphFormat | undefined;
  readonly out?: string | undefined;
}

/** Runs the command. */
export async function graph(
  file: string,
  { set, point, out, format }: GraphCommand,
): Promise<ExitCode> {
  const { diagram, warnings } = await outlined(file, { set, point });
  if (warnings) complain(warnings);
  const chosen = format ?? BY_EXTENSION[extname(out ?? "")] ?? "mermaid";
  await output(await DRAW[chosen](diagram), out);
  return EXIT.success;
}
