/** @file The pipelines that a sweep stands for, and what is said of them together. */
import type { Locator } from "../language/compose.ts";
import { type Diagnostic, Findings } from "../../diagnostics/diagnostic.ts";
import { startsWith } from "../language/path.ts";
import type { LocatedFinding } from "../check/render.ts";
import type { PipelineValue } from "../language/pipeline_value.ts";
import { readSweep, type Sweep, type SweepPoint } from "./sweep.ts";

/** A pipeline to check: the file's own, or that of a point. */
export interface Variant {
  readonly source: PipelineValue;
  readonly findings: Findings;
  /** Absent for the pipeline without its sweep. */
  readonly point?: SweepPoint;
}

/** Reports a `--set` that no point would see. */
function checkSet(
  base: PipelineValue,
  points: readonly Variant[],
  findings: Findings,
): void {
  for (const path of base.changed) {
    if (path[0] === "sweep") continue;
    const covering = points.map(({ source }) =>
      source.places.find((place) => startsWith(path, place.path))
    );
    const [first] = covering;
    if (!first || covering.includes(undefined)) continue;
    const key = path.join(".");
    findings.error(
      "bad-sweep",
      first.at,
      `Cannot set "${key}": every point of the sweep changes it`,
      {
        hints: [
          `--set "sweep.grid.${key}=[...]" changes a grid's values, --set sweep=null leaves the sweep out`,
        ],
      },
    );
  }
}

/** The file's own pipeline first, then that of each point of its sweep. */
export function variantsOf(
  base: PipelineValue,
  findings: Findings,
): { readonly variants: readonly Variant[]; readonly sweep?: Sweep } {
  const own = { source: base, findings };
  // Where the files have a mistake, nothing can be laid over them.
  if (base.sweep === undefined) return { variants: [own] };
  const sweep = readSweep(base.sweep, findings);
  if (!sweep || base.value === undefined) return { variants: [own] };
  const points = sweep.points.map((point): Variant => {
    const findings = new Findings();
    const source = base.with(point.changes, findings);
    return { source, findings, point };
  });
  checkSet(base, points, findings);
  return { variants: [own, ...points], sweep };
}

/** What tells a finding from others: what it says, and of which place. */
function keyOf({ finding, locator }: LocatedFinding): string {
  const { file, line, column } = locator.locate(finding.path, finding.at);
  const { code, severity, message } = finding;
  return JSON.stringify([code, severity, message, file, line, column]);
}

/** Points that are named in a finding. */
const MOST_NAMES = 5;

function whereabouts(points: readonly SweepPoint[], all: number): string {
  if (points.length === all && all > 1) return "in every point of the sweep";
  const names = [...new Set(points.map(({ row }) => row))];
  const shown = names.slice(0, MOST_NAMES).map((name) => `"${name}"`);
  const rest = names.length - shown.length;
  return `in the point${names.length > 1 ? "s" : ""} ${shown.join(", ")}${
    rest > 0 ? ` and ${rest} more` : ""
  }`;
}

/**
 * Findings of all pipelines, each said once: what the file's own pipeline has
 * too is not said of the points, and what several points have names them.
 */
export function gather(
  variants: readonly Variant[],
): readonly LocatedFinding[] {
  const found = new Map<
    string,
    LocatedFinding & { readonly points: SweepPoint[] }
  >();
  for (const { source, findings, point } of variants) {
    for (const finding of findings.all) {
      const placed = { finding, locator: source };
      const key = keyOf(placed);
      const known = found.get(key);
      // A point that takes a part away leaves the file's settings of it behind.
      if (point && !known && finding.code === "unused-setting") continue;
      // What the file's own pipeline has is not said of the points.
      if (known) {
        known.points.push(...known.points.length > 0 && point ? [point] : []);
      } else found.set(key, { ...placed, points: point ? [point] : [] });
    }
  }
  return [...found.values()].map(({ finding, locator, points }) => ({
    finding: points.length === 0 ? finding : {
      ...finding,
      hints: [...finding.hints, whereabouts(points, variants.length - 1)],
    },
    locator,
  }));
}

/** Findings with their places in the file, whichever pipeline they are of. */
export function inFile(
  placed: readonly {
    readonly finding: Diagnostic;
    readonly locator: Locator;
  }[],
): readonly Diagnostic[] {
  return placed.map(({ finding, locator }) => ({
    ...finding,
    path: locator.place?.(finding.path) ?? finding.path,
  }));
}
