/** @file What a stage depends on. */
import type { Pipeline } from "../model/pipeline.ts";
import { edgesOf } from "./edges.ts";

/** Stages that a stage depends on through data, itself among them. */
export function upstream(
  stages: Pipeline["stages"],
  start: string,
): Set<string> {
  const found = new Set<string>();
  const pending = [start];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const stage = stages.get(name);
    if (!stage || found.has(name)) continue;
    found.add(name);
    for (const { to, kind } of edgesOf(stage)) {
      if (kind === "data") pending.push(to);
    }
  }
  return found;
}
