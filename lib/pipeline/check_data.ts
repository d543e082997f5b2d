/** @file Whether the data are there, and can be evaluated: warnings. */
import type { Findings } from "../diagnostics/diagnostic.ts";
import { edgesOf } from "../graph/edges.ts";
import type { StageGraph } from "../graph/stage_graph.ts";
import { LABEL } from "../model/reference.ts";
import type { Pipeline } from "../model/pipeline.ts";
import { isRecord } from "../diagnostics/validate.ts";

/**
 * Warns of files that are not there, and of an evaluation that was asked for
 * and that images without labels do not allow. A pipeline may well be checked
 * on a machine that has no data.
 *
 * @param value The pipeline as it is written.
 * @param baseDir Relative paths of data start here.
 */
export function checkData(
  { data: { source, options }, evaluate }: Pipeline,
  graph: StageGraph,
  value: unknown,
  baseDir: string,
  findings: Findings,
): void {
  const { missing, labelled, odd } = source.survey?.(options, baseDir) ?? {};
  if (missing !== undefined) {
    findings.warn("no-data", ["data", "path"], `Cannot find ${missing}`, {
      hints: [`relative paths start at ${baseDir}`],
    });
  }
  if (odd !== undefined) findings.warn("odd-data", ["data", "path"], odd);
  if (labelled === false) checkLabels(graph, findings);
  const asked = isRecord(value) && value["evaluate"] !== undefined &&
    (evaluate.knn || evaluate.linear);
  if (labelled === false && asked) {
    findings.warn(
      "no-labels",
      ["evaluate"],
      "Cannot evaluate images without labels: kNN and the linear probe will be left out",
      {
        at: "key",
        hints: [
          "labels are the names of folders, <class>/<image>; or take `evaluate` away",
        ],
        related: [["data"]],
      },
    );
  }
}

/** Reports stages that read labels where there are none. */
function checkLabels({ order }: StageGraph, findings: Findings): void {
  for (const { name, stage } of order) {
    for (const { to, path } of edgesOf(stage)) {
      if (to !== LABEL) continue;
      findings.error(
        "no-labels",
        ["stages", name, ...path],
        `Cannot train "${name}" on "label": the images have no labels`,
        {
          hints: [
            "labels are the names of folders, <class>/<image>; or take the stage away",
          ],
          related: [["data"]],
        },
      );
    }
  }
}
