/** @file Why a pipeline may fail, and the way out: of a run that does, the first suspects. */
import { Findings } from "../../diagnostics/diagnostic.ts";
import type { StageGraph } from "../../graph/stage_graph.ts";
import type { Pipeline } from "../../model/pipeline.ts";
import { findRisks } from "./risks.ts";

/** What the check warns of as a recipe for collapse, a line each. */
export function knownCauses(
  pipeline: Pipeline,
  graph: StageGraph,
): readonly string[] {
  const findings = new Findings();
  findRisks(pipeline, graph, findings);
  return findings.all.map(({ path, message, hints }) =>
    `${path.join(".")}, as the check warned: ${message}${
      hints.toReversed().map((hint) => `; ${hint}`).join("")
    }`
  );
}
