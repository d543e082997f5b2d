/** @file Whether the data are there, and can be evaluated: warnings. */
import type { Findings } from "./diagnostic.ts";
import type { Pipeline } from "./pipeline.ts";
import { isRecord } from "./validate.ts";

/** What of a pipeline is looked at. */
export interface Judged {
  readonly data: Pick<Pipeline["data"], "source" | "options">;
  readonly evaluate: {
    readonly [K in keyof Pipeline["evaluate"]]: unknown;
  };
}

/**
 * Warns of files that are not there, and of an evaluation that was asked for
 * and that images without labels do not allow. A pipeline may well be checked
 * on a machine that has no data.
 *
 * @param value The pipeline as it is written.
 * @param baseDir Relative paths of data start here.
 */
export function checkData(
  { data: { source, options }, evaluate }: Judged,
  value: unknown,
  baseDir: string,
  findings: Findings,
): void {
  const { missing, labelled } = source.survey?.(options, baseDir) ?? {};
  if (missing !== undefined) {
    findings.warn("no-data", ["data", "path"], `Cannot find ${missing}`, {
      hints: [`relative paths start at ${baseDir}`],
    });
  }
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
