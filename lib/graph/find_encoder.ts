/** @file The network that evaluation judges. */
import type { Findings, Path } from "../diagnostics/diagnostic.ts";
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
    notNetwork(wanted, ["evaluate", "of"], graph, findings);
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

/** Reports a classifier of `evaluate` that is no network that evaluation can run. */
export function checkClassifier(
  { evaluate: { classifier }, stages }: Pipeline,
  graph: Pick<StageGraph, "byName" | "image">,
  findings: Findings,
): void {
  if (classifier === undefined) return;
  const found = graph.byName.get(classifier);
  const path = ["evaluate", "classifier"];
  if (found && isNetwork(found)) checkChain(found, graph, findings, path);
  else if (found || !stages.has(classifier)) {
    notNetwork(classifier, path, graph, findings);
  }
}

/** Reports a name that is not that of a network, with the nearest that is. */
function notNetwork(
  wanted: string,
  path: Path,
  { byName }: Pick<StageGraph, "byName">,
  findings: Findings,
): void {
  const names = [...byName.values()].filter(isNetwork).map(({ name }) => name);
  const near = nearest(wanted, names);
  findings.error(
    "unknown-reference",
    path,
    `Cannot make features with "${wanted}": it is not a network stage`,
    {
      hints: [
        ...(near ? [`did you mean "${near}"?`] : []),
        `networks: ${names.map((name) => `"${name}"`).join(", ")}`,
      ],
    },
  );
}

/**
 * Reports an encoder that evaluation cannot run: one that needs what evaluation
 * does not have, or images of another shape than it was trained on.
 */
function checkChain(
  encoder: WiredStage,
  graph: Pick<StageGraph, "byName" | "image">,
  findings: Findings,
  path: Path = ["evaluate", "of"],
): void {
  const chain = chainTo(graph.byName, encoder);
  const refuse = (why: string, hint: string): void =>
    findings.error(
      "shape-mismatch",
      path,
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
