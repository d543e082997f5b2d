/** @file The network that evaluation judges. */
import type { Findings } from "../pipeline/diagnostic.ts";
import { nearest } from "../pipeline/nearest.ts";
import type { Pipeline, Stage } from "../pipeline/pipeline.ts";
import type { WiredStage } from "./stage_graph.ts";

/** What `evaluate.of` names, or the first encoder; reports when there is none. */
export function findEncoder(
  pipeline: Pipeline,
  byName: ReadonlyMap<string, WiredStage>,
  findings: Findings,
): WiredStage | undefined {
  const wanted = pipeline.evaluate.of;
  if (wanted !== undefined) {
    const found = byName.get(wanted);
    if (found?.layer) {
      checkChain(found, byName, findings);
      return found;
    }
    if (pipeline.stages.has(wanted) && !found) return undefined;
    const names = [...byName.values()].filter(({ layer }) => layer)
      .map(({ name }) => name);
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
  const first = [...byName.values()].find(({ stage }) =>
    stage.kind === "module" && stage.role === "encode"
  );
  if (first) checkChain(first, byName, findings);
  if (!first && ![...pipeline.stages.values()].some(isEncoder)) {
    findings.error(
      "missing-key",
      ["stages"],
      "Cannot train without an encode stage",
      { at: "key", hints: ["add `y: { encode: resnet, of: views }`"] },
    );
  }
  return first;
}

/** Reports an encoder behind a `nearest`: evaluation has no queue to search. */
function checkChain(
  { name, stage }: WiredStage,
  byName: ReadonlyMap<string, WiredStage>,
  findings: Findings,
): void {
  for (
    let one: Stage | undefined = stage;
    one && "of" in one;
    one = byName.get(one.of.stage)?.stage
  ) {
    if (one.kind !== "nearest") continue;
    findings.error(
      "shape-mismatch",
      ["evaluate", "of"],
      `Cannot evaluate "${name}": it reads neighbours in a queue, which evaluation does not have`,
      { hints: ["evaluate an encoder that reads the views"] },
    );
    return;
  }
}

const isEncoder = (stage: Stage): boolean =>
  stage.kind === "module" && stage.role === "encode";
