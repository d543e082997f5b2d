/** @file Whether the sides of a loss fit each other. */
import type { LossStage } from "../pipeline/pipeline.ts";
import { showShape } from "../stages/define.ts";
import { pairsOf } from "./pairs.ts";
import { at } from "./place.ts";
import { inputOf, isQueue, type Wiring } from "./wiring.ts";

/** Reports sides of different shape, views that cannot be paired, missing negatives. */
export function checkLoss(wiring: Wiring, stage: LossStage): void {
  const { name, findings } = wiring;
  const [a, b] = stage.between.map((reference, side) =>
    inputOf(wiring, reference, "between", side)
  );
  const negatives = stage.negatives &&
    inputOf(wiring, stage.negatives, "negatives");
  for (const [side, value] of [a, b].entries()) {
    if (value && (value.shape.length !== 1 || value.rows !== undefined)) {
      findings.error(
        "shape-mismatch",
        at(name, "between", side),
        `Cannot compare ${
          showShape(value)
        } in "${stage.definition.name}": expected [batch, features]`,
      );
    }
  }
  const [left, right] = stage.between;
  if (a && b && `${a.shape}` !== `${b.shape}`) {
    findings.error(
      "shape-mismatch",
      at(name, "between", 1),
      `Cannot compare "${left.stage}" with "${right.stage}": ${
        showShape(a)
      } against ${showShape(b)}`,
      { hints: ["give both the same number of features (`out:`)"] },
    );
  }
  if (a && b && pairsOf(stage, a, b).length === 0) {
    findings.error(
      "view-mismatch",
      at(name, stage.pairs === "cross" ? "between" : "pairs"),
      `Cannot pair views in "${name}": "pairs: ${stage.pairs}" finds none between ${a.views} and ${b.views} view(s)`,
      { hints: ["make two views (`count: 2`), or choose other pairs"] },
    );
  }
  if (stage.definition.negatives === "required" && !stage.negatives) {
    findings.error(
      "missing-key",
      at(name),
      `Cannot compute "${stage.definition.name}" without "negatives"`,
      { at: "key", hints: ["name a queue stage: `negatives: <queue>`"] },
    );
  }
  if (stage.definition.negatives === "none" && stage.negatives) {
    findings.error(
      "unknown-key",
      at(name, "negatives"),
      `Cannot use "negatives" with "${stage.definition.name}": it has none`,
      { at: "key" },
    );
  }
  if (
    stage.definition.negatives === "required" && negatives &&
    stage.negatives &&
    !isQueue(
      wiring,
      negatives,
      stage.negatives,
      "draw negatives from",
      "negatives",
    )
  ) return;
  if (negatives && negatives.views > 1 && a && b) {
    const last = Math.max(...pairsOf(stage, a, b).map(([, j]) => j));
    if (last >= negatives.views) {
      findings.error(
        "view-mismatch",
        at(name, "negatives"),
        `Cannot take negatives of view ${last}: the queue has ${negatives.views} views, counted from 0`,
        { hints: ["give the queue one view for all, or as many views"] },
      );
    }
  }
  if (negatives && b && `${negatives.shape}` !== `${b.shape}`) {
    findings.error(
      "shape-mismatch",
      at(name, "negatives"),
      `Cannot use ${showShape(negatives)} as negatives of ${showShape(b)}`,
    );
  }
}
