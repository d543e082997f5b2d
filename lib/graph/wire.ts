/** @file From a pipeline to a graph of stages: who feeds whom, shapes, gradients. */
import type { Findings } from "../pipeline/diagnostic.ts";
import type { Pipeline, Stage } from "../pipeline/pipeline.ts";
import { checkGradients, checkUse } from "./check_use.ts";
import { findEncoder } from "./find_encoder.ts";
import { checkReferences, sorted } from "./order.ts";
import type { StageGraph, WiredStage } from "./stage_graph.ts";
import { wireStage } from "./wire_stage.ts";

/**
 * Wires a pipeline, reporting everything that is wrong with it.
 *
 * @returns The graph, or `undefined` when an error was found.
 */
export function wire(
  pipeline: Pipeline,
  findings: Findings,
): StageGraph | undefined {
  const { source, options } = pipeline.data;
  const { channels, height, width } = source.shape(options);
  const image = [channels, height, width] as const;
  checkReferences(pipeline, findings);
  const order = sorted(pipeline, findings);
  if (!order) return undefined;
  const byName = new Map<string, WiredStage>();
  for (const name of order) {
    const stage = pipeline.stages.get(name) as Stage;
    const wiring = { name, pipeline, byName, image, findings };
    const wired = wireStage(wiring, stage);
    if (wired) byName.set(name, wired);
  }
  checkUse(pipeline, findings);
  checkGradients(pipeline, findings);
  const encoder = findEncoder(pipeline, byName, findings);
  if (findings.failed || !encoder) return undefined;
  return { order: [...byName.values()], byName, image, encoder };
}
