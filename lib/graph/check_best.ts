/** @file Whether the metric of the best checkpoint is one. */
import { metricOf } from "../checkpoint/retention.ts";
import { SIGNALS } from "../monitor/signals.ts";
import type { Findings } from "../pipeline/diagnostic.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { unknownName } from "../pipeline/validate.ts";

/** Names in `metrics.jsonl`; one for each stage follows a colon. */
const METRICS: readonly string[] = ["loss", ...SIGNALS.map(({ name }) => name)];

/** Reports a rule for the best checkpoint that names no metric, or none of a stage. */
export function checkBest(
  { checkpoint: { best }, stages }: Pipeline,
  findings: Findings,
): void {
  if (!best) return;
  const [name = "", stage] = metricOf(best).split(/:(.*)/);
  const path = ["checkpoint", "best", Object.keys(best)[0] as string];
  if (!METRICS.includes(name)) {
    unknownName(name, path, "the metric", METRICS, findings);
  } else if (stage !== undefined && !stages.has(stage)) {
    unknownName(stage, path, "the stage", [...stages.keys()], findings);
  }
}
