/** @file The network that evaluation judges. */
import type { Findings } from "../diagnostics/diagnostic.ts";
import { nearest } from "../diagnostics/nearest.ts";
import type { Pipeline } from "../model/pipeline.ts";
import { kindOf } from "../model/stage_kind.ts";
import { ShapeError, showType } from "../stages/define.ts";
import { chainTo, evaluatedStages, missingIn } from "./encoder_chain.ts";
import { outputOf, type StageGraph, type WiredStage } from "./stage_graph.ts";

/** Whether a stage is a network: it has weights, and an output that is read. */
const isNetwork = (wired: WiredStage): boolean =>
  (wired.variables.some(({ role }) => role !== "buffer") ||
    wired.stage.links.size > 0) && outputOf(wired) !== undefined;

/** What `evaluate.of` names, or the first encoder; reports when there is none. */
export function findEncoder(
  pipeline: Pipeline,
  graph: Pick<StageGraph, "byName" | "image">,
  findings: Findings,
): WiredStage | undefined {
  const { byName } = graph;
  const wanted = pipeline.evaluate.of;
  if (wanted !== undefined) {
    const found = byName.get(wanted);
    if (found && isNetwork(found)) {
      checkChain(found, graph, findings);
      return found;
    }
    if (pipeline.stages.has(wanted) && !found) return undefined;
    const names = [...byName.values()].filter(isNetwork).map(({ name }) =>
      name
    );
    const near = nearest(wanted, names);
    findings.error(
      "unknown-reference",
      ["evaluate", "of"],
      `Cannot evaluate "${wanted}": it is not a network stage`,
      {
        hints: [
          ...(near ? [`did you mean "${near}"?`] : []),
          `networks: ${names.map((name) => `"${name}"`).join(", ")}`,
        ],
      },
    );
    return undefined;
  }
  const first = [...byName.values()].find((wired) =>
    kindOf(wired.stage).part === "encoder"
  );
  if (first) checkChain(first, graph, findings);
  const any = [...pipeline.stages.values()].some((stage) =>
    kindOf(stage).part === "encoder"
  );
  if (!first && !any) {
    findings.error(
      "missing-key",
      ["stages"],
      "Cannot train without an encode stage",
      { at: "key", hints: ["add `y: { encode: resnet, of: views }`"] },
    );
  }
  return first;
}

/**
 * Reports an encoder that evaluation cannot run: one that needs what evaluation
 * does not have, or images of another shape than it was trained on.
 */
function checkChain(
  encoder: WiredStage,
  graph: Pick<StageGraph, "byName" | "image">,
  findings: Findings,
): void {
  const chain = chainTo(graph.byName, encoder);
  const refuse = (why: string, hint: string): void =>
    findings.error(
      "shape-mismatch",
      ["evaluate", "of"],
      `Cannot evaluate "${encoder.name}": ${why}`,
      { hints: [hint] },
    );
  const missing = missingIn(chain);
  if (missing) {
    refuse(
      `"${missing.stage}" reads "${missing.reads}" too (\`${missing.input}\`), which evaluation does not have`,
      "evaluate an encoder that reads the views alone",
    );
    return;
  }
  // What is wrong with transforms was reported before.
  if (findings.failed) return;
  try {
    const [first] = evaluatedStages(graph, chain, 1);
    const { wired } = chain.links[0] ?? {};
    const trained = wired && outputOf(wired)?.[chain.view];
    if (!first || !trained || !wired?.stage.definition.judged) return;
    if (`${trained.shape}` === `${first.type.shape}`) return;
    refuse(
      `without the transforms of training, images are ${
        showType(first.type)
      } and not ${showType(trained)}`,
      "set `evaluation: true` in your transform that changes the shape",
    );
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    refuse(
      error.message,
      "set `evaluation: true` in your transform that changes the shape",
    );
  }
}
