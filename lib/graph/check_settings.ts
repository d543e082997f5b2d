/** @file Whether settings for single stages, and parts of batches, can do what they say. */
import type { Findings } from "../diagnostics/diagnostic.ts";
import type { Pipeline } from "../model/pipeline.ts";
import { hasQueue, isPerImage } from "./sharing.ts";
import { trainedOf, type WiredStage } from "./stage_graph.ts";

/** Reports settings of stages without weights, and a run in which nothing moves. */
export function checkSettings(
  { train, stages }: Pipeline,
  byName: ReadonlyMap<string, WiredStage>,
  findings: Findings,
): void {
  for (
    const [name, { freeze, replicas, ...others }] of train.perStage
  ) {
    const wired = byName.get(name);
    const path = ["train", "per_stage", name];
    if (!wired) continue;
    if (
      replicas === "per_replica" && isPerImage(wired, { byName }) &&
      hasQueue(wired)
    ) {
      findings.error(
        "unknown-key",
        [...path, "replicas"],
        `Cannot show "${name}" a replica's rows alone: it reads a queue, and runs once for all`,
        { at: "key" },
      );
    }
    const trains = freeze !== undefined ||
      Object.values(others).some((value) => value !== undefined);
    if (replicas !== undefined && !trains) continue;
    if (!wired.variables.some(({ role }) => role !== "buffer")) {
      findings.error(
        "unknown-reference",
        path,
        `Cannot train "${name}" in its own way: it has no weights of its own`,
        { at: "key", hints: weighted(byName) },
      );
      continue;
    }
    if (
      freeze === true &&
      Object.values(others).some((value) => value !== undefined)
    ) {
      findings.error(
        "unknown-key",
        [...path, "freeze"],
        `Cannot train "${name}" in its own way: it is frozen throughout`,
        {
          at: "key",
          hints: [
            "give the epochs that it is frozen for, or take the other settings away",
          ],
        },
      );
    }
  }
  for (
    const [name, { optimizer = train.optimizer, weightDecay }] of train.perStage
  ) {
    const decays = "weight_decay" in optimizer.options;
    if (weightDecay !== undefined && !decays) {
      findings.error(
        "unknown-key",
        ["train", "per_stage", name, "weight_decay"],
        `Cannot let "${name}" decay: the optimizer "${optimizer.definition.name}" knows no weight_decay`,
        { at: "key" },
      );
    }
  }
  const wired = [...byName.values()];
  if (
    wired.length === stages.size && wired.length > 0 &&
    wired.every((one) => trainedOf(one).length === 0) &&
    [...train.perStage.values()].some(({ freeze }) => freeze === true)
  ) {
    findings.error(
      "no-gradient",
      ["train", "per_stage"],
      "Cannot train: every stage with weights is frozen",
      { at: "key" },
    );
  }
}

function weighted(byName: ReadonlyMap<string, WiredStage>): string[] {
  const names = [...byName.values()].filter((one) => trainedOf(one).length > 0)
    .map(({ name }) => `"${name}"`);
  return names.length > 0 ? [`trained stages: ${names.join(", ")}`] : [];
}
