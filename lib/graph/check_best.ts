/** @file Whether the metric of the best checkpoint is one. */
import { metricOf } from "../checkpoint/retention.ts";
import { SIGNALS } from "../monitor/signals.ts";
import type { Findings } from "../diagnostics/diagnostic.ts";
import type { Pipeline } from "../model/pipeline.ts";
import { reportedScores } from "../model/probe.ts";
import { unknownName } from "../diagnostics/validate.ts";

/** Names in `metrics.jsonl`; one for each stage follows a colon. */
const metricsOf = ({ stages, evaluate }: Pipeline): readonly string[] => [
  "loss",
  ...reportedScores(evaluate),
  ...SIGNALS.map(({ name }) => name),
  ...new Set(
    [...stages.values()].flatMap(({ definition }) => definition.reports ?? []),
  ),
];

/** Reports a rule for the best checkpoint that names no metric, or none of a stage. */
export function checkBest(
  pipeline: Pipeline,
  findings: Findings,
): void {
  const { checkpoint: { best }, stages } = pipeline;
  if (!best) return;
  const [name = "", stage] = metricOf(best).split(/:(.*)/);
  const path = ["checkpoint", "best", Object.keys(best)[0] as string];
  const metrics = metricsOf(pipeline);
  if (!metrics.includes(name)) {
    unknownName(name, path, "the metric", metrics, findings);
  } else if (stage !== undefined && !stages.has(stage)) {
    unknownName(stage, path, "the stage", [...stages.keys()], findings);
  }
}
