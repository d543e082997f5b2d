/** @file `graph FILE`: a drawing of the stage graph. */
import { extname } from "node:path";
import { outlined } from "../apart/inspect.ts";
import type { Diagram } from "../graph/draw/diagram.ts";
import { UserError } from "../errors.ts";
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
  ".mmd": "mermaid",
  ".mermaid": "mermaid",
};

/** The format that a file's ending names. @throws {UserError} When it names none. */
function formatOf(out: string): GraphFormat {
  const ending = extname(out);
  const format = BY_EXTENSION[ending.toLowerCase()];
  if (format) return format;
  throw new UserError(
    `Cannot tell the format of "${out}": expected a name that ends in ${
      Object.keys(BY_EXTENSION).join(", ")
    }.\nChoose one of them, or say --format ${GRAPH_FORMATS.join("|")}.`,
  );
}

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
  const chosen = format ?? (out === undefined ? "mermaid" : formatOf(out));
  const { diagram, warnings } = await outlined(file, { set, point });
  if (warnings) complain(warnings);
  await output(await DRAW[chosen](diagram), out);
  return EXIT.success;
}
