/** @file The order of the stages, and references that lead nowhere. */
import type { Findings, Path } from "../pipeline/diagnostic.ts";
import { nearest } from "../pipeline/nearest.ts";
import type { Pipeline, Stage } from "../pipeline/pipeline.ts";
import { edgesOf } from "./edges.ts";
import { at } from "./place.ts";
import { IMAGE } from "./stage_graph.ts";

/** Reports references to stages that there are not. */
export function checkReferences(pipeline: Pipeline, findings: Findings): void {
  const names = [IMAGE, ...pipeline.stages.keys()];
  for (const [name, stage] of pipeline.stages) {
    for (const { to, path } of edgesOf(stage)) {
      if (names.includes(to)) continue;
      const near = nearest(to, names);
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

/** Names of the stages in order of data flow; undefined where there is a cycle. */
export function sorted(
  pipeline: Pipeline,
  findings: Findings,
): readonly string[] | undefined {
  const done = new Set<string>();
  const open: string[] = [];
  let cyclic = false;
  const visit = (name: string, from: string, path: Path): void => {
    if (done.has(name) || !pipeline.stages.has(name)) return;
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
    for (const edge of edgesOf(pipeline.stages.get(name) as Stage)) {
      visit(edge.to, name, edge.path);
    }
    open.pop();
    done.add(name);
  };
  for (const name of pipeline.stages.keys()) visit(name, name, []);
  return cyclic ? undefined : [...done];
}
