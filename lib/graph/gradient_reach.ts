/** @file Where gradients flow. */
import type { Stage } from "../model/pipeline.ts";
import { edgesOf } from "./edges.ts";
import { isObjective } from "./stage_graph.ts";

/**
 * Names of the stages that a gradient of some loss reaches, walking back from
 * the losses along edges that let gradients through.
 */
export function gradientReach(
  stages: ReadonlyMap<string, Stage>,
): ReadonlySet<string> {
  const reached = new Set<string>();
  const pending = [...stages].filter(([, stage]) => isObjective(stage))
    .map(([name]) => name);
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    const stage = stages.get(name);
    if (!stage) continue;
    for (const edge of edgesOf(stage)) {
      if (edge.gradient) pending.push(edge.to);
    }
  }
  return reached;
}
