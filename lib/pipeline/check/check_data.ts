/** @file Whether the data are there, and can be evaluated: warnings. */
import { resolve } from "node:path";
import type { Findings, Path } from "../../diagnostics/diagnostic.ts";
import { edgesOf } from "../../graph/edges.ts";
import { LABEL } from "../../model/reference.ts";
import type { Pipeline } from "../../model/pipeline.ts";
import { isRecord } from "../../diagnostics/validate.ts";

/** What of a pipeline is looked at. */
export interface Judged {
  readonly data: Pick<Pipeline["data"], "source" | "options">;
  readonly evaluate: {
    readonly knn?: unknown;
    readonly linear?: unknown;
    readonly data?: Pipeline["evaluate"]["data"] | undefined;
  };
  /** Places where stages read labels. */
  readonly labels: readonly Path[];
}

/** Places where stages of a pipeline read labels. */
export const labelsRead = ({ stages }: Pick<Pipeline, "stages">): Path[] =>
  [...stages].flatMap(([name, stage]) =>
    edgesOf(stage).filter(({ to }) => to === LABEL)
      .map(({ path }) => ["stages", name, ...path])
  );

/**
 * Warns of files that are not there, and of an evaluation that was asked for
 * and that images without labels do not allow. A pipeline may well be checked
 * on a machine that has no data.
 *
 * @param value The pipeline as it is written.
 * @param baseDir Relative paths of data start here.
 */
export function checkData(
  { data: { source, options }, evaluate, labels }: Judged,
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
  warnOfWeights(value, baseDir, findings);
  if (odd !== undefined) findings.warn("odd-data", ["data", "path"], odd);
  checkJudgedData(evaluate.data, baseDir, findings);
  if (labelled === false) refuseLabels(labels, findings);
  const asked = !evaluate.data && isRecord(value) &&
    value["evaluate"] !== undefined &&
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

const isThere = (path: string): boolean => {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
};

/** Warns of weights to begin with that are not there. */
function warnOfWeights(
  value: unknown,
  baseDir: string,
  findings: Findings,
): void {
  const init = isRecord(value) ? value["init"] : undefined;
  for (const [stage, path] of Object.entries(isRecord(init) ? init : {})) {
    if (typeof path !== "string" || isThere(resolve(baseDir, path))) continue;
    findings.warn(
      "no-data",
      ["init", stage],
      `Cannot find the weights "${path}"`,
      { hints: [`relative paths start at ${baseDir}`] },
    );
  }
}

/** Warns of images to judge by that are not there, or have no labels. */
function checkJudgedData(
  data: Pipeline["evaluate"]["data"] | undefined,
  baseDir: string,
  findings: Findings,
): void {
  const { missing, labelled, odd } =
    data?.source.survey?.(data.options, baseDir) ?? {};
  const path = ["evaluate", "data", "path"];
  if (missing !== undefined) {
    findings.warn("no-data", path, `Cannot find ${missing}`, {
      hints: [`relative paths start at ${baseDir}`],
    });
  }
  if (odd !== undefined) findings.warn("odd-data", path, odd);
  if (labelled !== false) return;
  findings.warn(
    "no-labels",
    path,
    "Cannot judge by images without labels: kNN and the linear probe will be left out",
    { hints: ["labels are the names of folders, <class>/<image>"] },
  );
}

/** Reports stages that read labels where there are none. */
function refuseLabels(places: readonly Path[], findings: Findings): void {
  for (const path of places) {
    findings.error(
      "no-labels",
      path,
      `Cannot train "${path[1]}" on "label": the images have no labels`,
      {
        hints: [
          "labels are the names of folders, <class>/<image>; or take the stage away",
        ],
        related: [["data"]],
      },
    );
  }
}
