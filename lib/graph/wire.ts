/** @file From a pipeline to a graph of stages: who feeds whom, shapes, gradients. */
import type { Findings } from "../diagnostics/diagnostic.ts";
import type { Draft, Pipeline, Stage } from "../model/pipeline.ts";
import { checkBatch } from "./check_batch.ts";
import { checkBest } from "./check_best.ts";
import { checkLength } from "./check_length.ts";
import { checkSettings } from "./check_settings.ts";
import { checkSides } from "./check_sides.ts";
import { checkGradients, checkUse } from "./check_use.ts";
import { checkClassifier, findEncoder } from "./find_encoder.ts";
import { findWatched } from "./find_watched.ts";
import { checkReferences, sorted } from "./order.ts";
import type { StageGraph, WiredStage } from "./stage_graph.ts";
import { wireStage } from "./wire_stage.ts";

type Wirable = Pick<Pipeline, "data" | "stages" | "train">;

/** Stages that could be wired, in order, by name. */
function wireAll(
  pipeline: Wirable,
  order: readonly string[],
  findings: Findings,
): Pick<StageGraph, "byName" | "image"> {
  const { source, options } = pipeline.data;
  const { channels, height, width } = source.shape(options);
  const image = [channels, height, width] as const;
  const byName = new Map<string, WiredStage>();
  for (const name of order) {
    const stage = pipeline.stages.get(name) as Stage;
    const wiring = { name, stage, pipeline, byName, image, findings };
    const wired = wireStage(wiring);
    if (wired) byName.set(name, wired);
  }
  return { byName, image };
}

/**
 * Wires a pipeline, reporting everything that is wrong with it.
 *
 * @returns The graph, or `undefined` when an error was found.
 */
export function wire(
  pipeline: Pipeline,
  findings: Findings,
): StageGraph | undefined {
  checkReferences(pipeline.stages, findings);
  const names = sorted(pipeline.stages, findings);
  if (!names) return undefined;
  const { byName, image } = wireAll(pipeline, names, findings);
  const order = [...byName.values()];
  checkUse(pipeline, findings);
  checkGradients(pipeline, byName, findings);
  checkSides(pipeline, byName, findings);
  checkBatch(pipeline, order, findings);
  checkLength(pipeline, findings);
  checkBest(pipeline, findings);
  checkSettings(pipeline, byName, findings);
  const encoder = findEncoder(pipeline, { byName, image }, findings);
  checkClassifier(pipeline, { byName, image }, findings);
  if (!encoder) return undefined;
  const watched = findWatched(pipeline, order, encoder, findings);
  if (findings.failed) return undefined;
  return { order, byName, image, encoder, watched };
}

/** Settings that nothing of a draft depends on. */
const ANY_TRAIN = {
  accumulate: 1,
  perStage: new Map(),
} as unknown as Pipeline["train"];

/** Reports what can be said of the stages that could be read. */
export function checkDraft(
  { data, stages, broken }: Draft,
  findings: Findings,
): void {
  checkReferences(stages, findings, broken);
  const names = sorted(stages, findings);
  if (names && data) {
    wireAll({ data, stages, train: ANY_TRAIN }, names, findings);
  }
}
