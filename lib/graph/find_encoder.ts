/** @file The network that evaluation judges. */
import type { Findings } from "../pipeline/diagnostic.ts";
import { nearest } from "../pipeline/nearest.ts";
import type { Pipeline, Stage } from "../pipeline/pipeline.ts";
import { evaluationSteps, shapeAfter } from "./evaluation_steps.ts";
import { chain } from "./features.ts";
import type { StageGraph, WiredStage } from "./stage_graph.ts";

/** What `evaluate.of` names, or the first encoder; reports when there is none. */
export function findEncoder(
  pipeline: Pipeline,
  byName: ReadonlyMap<string, WiredStage>,
  image: StageGraph["image"],
  findings: Findings,
): WiredStage | undefined {
  const wanted = pipeline.evaluate.of;
  if (wanted !== undefined) {
    const found = byName.get(wanted);
    if (found?.layer) {
      checkChain(found, byName, image, findings);
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
  if (first) checkChain(first, byName, image, findings);
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

/**
 * Reports an encoder that evaluation cannot run: behind a `nearest`, whose
 * queue it does not have, or on images of another shape than it was trained on.
 */
function checkChain(
  encoder: WiredStage,
  byName: ReadonlyMap<string, WiredStage>,
  image: StageGraph["image"],
  findings: Findings,
): void {
  const { stages, view } = chain({ byName }, encoder);
  const refuse = (why: string, hint: string): void =>
    findings.error(
      "shape-mismatch",
      ["evaluate", "of"],
      `Cannot evaluate "${encoder.name}": ${why}`,
      { hints: [hint] },
    );
  if (stages.some(({ stage }) => stage.kind === "nearest")) {
    refuse(
      "it reads neighbours in a queue, which evaluation does not have",
      "evaluate an encoder that reads the views",
    );
  }
  const [{ stage } = encoder] = stages;
  // What is wrong with transforms was reported before.
  if (findings.failed || stage.kind !== "augment") return;
  const trained = shapeAfter(stage.views[view] ?? [], image);
  const judged = shapeAfter(evaluationSteps(stage, view, image), image);
  if (`${judged}` === `${trained}`) return;
  refuse(
    `without the transforms of training, images are [${judged}] and not [${trained}]`,
    "set `evaluation: true` in your transform that changes the shape",
  );
}

const isEncoder = (stage: Stage): boolean =>
  stage.kind === "module" && stage.role === "encode";
