/** @file The order of the stages, and references that lead nowhere. */
import type { Findings, Path } from "../diagnostics/diagnostic.ts";
import { nearest } from "../diagnostics/nearest.ts";
import type { Pipeline, Stage } from "../model/pipeline.ts";
import { SOURCES } from "../model/reference.ts";
import { edgesOf } from "./edges.ts";
import { at } from "./place.ts";

/**
 * Reports references to stages that there are not.
 *
 * @param broken Names of stages that exist but could not be read.
 */
export function checkReferences(
  stages: Pipeline["stages"],
  findings: Findings,
  broken: Iterable<string> = [],
): void {
  const names = [...SOURCES, ...stages.keys(), ...broken];
  const known = new Set(names);
  for (const [name, stage] of stages) {
    for (const { to, path } of edgesOf(stage)) {
      if (known.has(to)) continue;
      const near = nearest(to, names) ?? nearestOwner(to, names);
      findings.error(
        "unknown-reference",
        at(name, ...path),
        `Cannot find the stage "${to}"`,
        {
          hints: [
            ...(near ? [`did you mean "${near}"?`] : []),
            `stages: ${names.map((n) => `"${n}"`).join(", ")}`,
          ],
        },
      );
    }
  }
}

/** `halvs.left` may be an output of `halves`. */
function nearestOwner(
  wanted: string,
  names: readonly string[],
): string | undefined {
  const dot = wanted.lastIndexOf(".");
  const owner = dot > 0 ? nearest(wanted.slice(0, dot), names) : undefined;
  return owner && `${owner}${wanted.slice(dot)}`;
}

/** Names of the stages in order of data flow; undefined where there is a cycle. */
export function sorted(
  stages: Pipeline["stages"],
  findings: Findings,
): readonly string[] | undefined {
  const done = new Set<string>();
  const open: string[] = [];
  let cyclic = false;
  const visit = (name: string, from: string, path: Path): void => {
    if (done.has(name) || !stages.has(name)) return;
    if (open.includes(name)) {
      cyclic = true;
      const cycle = [...open.slice(open.indexOf(name)), name];
      findings.error(
        "cycle",
        at(from, ...path),
        `Cannot order the stages: "${cycle.join('" reads "')}"`,
        { hints: ["no stage may read what depends on itself"] },
      );
      return;
    }
    open.push(name);
    for (const edge of edgesOf(stages.get(name) as Stage)) {
      visit(edge.to, name, edge.path);
    }
    open.pop();
    done.add(name);
  };
  for (const name of stages.keys()) visit(name, name, []);
  return cyclic ? undefined : [...done];
}
