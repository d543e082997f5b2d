/** @file Whether every stage is used, and every weight trained. */
import type { Findings } from "../pipeline/diagnostic.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { edgesOf } from "./edges.ts";
import { gradientReach } from "./gradient_reach.ts";
import { at } from "./place.ts";

/** Reports stages that nothing reads, and a graph without a loss. */
export function checkUse(pipeline: Pipeline, findings: Findings): void {
  const stages = [...pipeline.stages];
  if (!stages.some(([, { kind }]) => kind === "loss")) {
    findings.error("no-loss", ["stages"], "Cannot train without a loss stage", {
      at: "key",
      hints: ["add `loss: { loss: cosine, between: [..., ...] }`"],
    });
  }
  const used = new Set<string>(
    stages.flatMap(([, stage]) => edgesOf(stage).map(({ to }) => to)),
  );
  if (pipeline.evaluate.of) used.add(pipeline.evaluate.of);
  for (const [name, { kind }] of stages) {
    if (kind === "loss" || used.has(name)) continue;
    findings.error(
      "unused-stage",
      at(name),
      `Nothing uses the stage "${name}"`,
      { at: "key", hints: ["remove it, or read it from another stage"] },
    );
  }
}

/** Reports networks that no gradient reaches. */
export function checkGradients(pipeline: Pipeline, findings: Findings): void {
  const reached = gradientReach(pipeline.stages);
  for (const [name, stage] of pipeline.stages) {
    if (stage.kind === "module" && !reached.has(name)) {
      findings.error(
        "no-gradient",
        at(name),
        `Cannot train "${name}": no gradient of any loss reaches its weights`,
        {
          at: "key",
          hints: [
            "every way from a loss to it passes a stop_gradient, an EMA twin or a queue",
            `make it an EMA twin if it is meant to be a target`,
          ],
        },
      );
    }
  }
}
