/** @file The stage whose embeddings are watched. */
import type { Findings } from "../diagnostics/diagnostic.ts";
import { unknownName } from "../diagnostics/validate.ts";
import type { Pipeline } from "../model/pipeline.ts";
import { isObjective, outputOf, type WiredStage } from "./stage_graph.ts";

type ByName = ReadonlyMap<string, WiredStage>;

/** Whether a stage gives an embedding for each image, of one length. */
function isEmbedding(wired: WiredStage | undefined): wired is WiredStage {
  const views = wired && outputOf(wired);
  return views !== undefined && views.length > 0 &&
    views.every(({ is, rows, shape }) =>
      is === "embedding" && rows === undefined &&
      `${shape}` === `${views[0]?.shape}`
    );
}

/** The definition of a stage, or of the stage that it is a copy of. */
function definitionOf(wired: WiredStage, byName: ByName): WiredStage {
  const { stage: { definition, links } } = wired;
  const [source] = links.values();
  const copied = source === undefined ? undefined : byName.get(source);
  return definition.inputsOfLink && copied
    ? definitionOf(copied, byName)
    : wired;
}

/** The stage that an input of a stage reads last. */
function readBy(
  { stage: { inputs } }: WiredStage,
  input: string | undefined,
): string | undefined {
  const port = input ?? [...inputs.keys()][0] ?? "";
  return inputs.get(port)?.references.at(-1)?.stage;
}

/** A stage, or what is watched in its place. */
function standIn(wired: WiredStage, byName: ByName): WiredStage | undefined {
  const { standsFor } = definitionOf(wired, byName).stage.definition;
  if (typeof standsFor !== "string") return wired;
  const next = byName.get(readBy(wired, standsFor) ?? "");
  return next && standIn(next, byName);
}

/**
 * The stage that `monitor.of` names; or what the first loss compares with, the
 * last that it reads: the projection that the methods have in common. Where that
 * is no embedding, the encoder.
 */
export function findWatched(
  pipeline: Pipeline,
  order: readonly WiredStage[],
  encoder: WiredStage,
  findings: Findings,
): WiredStage {
  const byName = new Map(order.map((wired) => [wired.name, wired]));
  const wanted = pipeline.monitor.of;
  if (wanted !== undefined) {
    const found = byName.get(wanted);
    if (isEmbedding(found)) return found;
    if (pipeline.stages.has(wanted)) {
      findings.error(
        "shape-mismatch",
        ["monitor", "of"],
        `Cannot watch "${wanted}": it gives no embedding, [batch, features], of each image`,
        { hints: embeddings(order) },
      );
    } else {
      unknownName(
        wanted,
        ["monitor", "of"],
        "the stage",
        [...pipeline.stages.keys()],
        findings,
      );
    }
    return encoder;
  }
  const loss = order.find(({ stage }) => isObjective(stage));
  const { standsFor } = loss?.stage.definition ?? {};
  const read = loss && standsFor !== null
    ? byName.get(readBy(loss, standsFor) ?? "")
    : undefined;
  const found = read && standIn(read, byName);
  return isEmbedding(found) ? found : encoder;
}

function embeddings(order: readonly WiredStage[]): string[] {
  const names = order.filter(isEmbedding).map(({ name }) => `"${name}"`);
  return names.length > 0 ? [`embeddings: ${names.join(", ")}`] : [];
}
