/** @file Whether every stage is used, and every weight trained. */
import type { Findings } from "../pipeline/diagnostic.ts";
import { nearest } from "../pipeline/nearest.ts";
import type { Pipeline, Stage } from "../pipeline/pipeline.ts";
import { edgesOf } from "./edges.ts";
import { gradientReach } from "./gradient_reach.ts";
import { at } from "./place.ts";
import { IMAGE } from "./stage_graph.ts";
import { upstream } from "./upstream.ts";

/** Reports stages that nothing reads, and a graph without a loss. */
export function checkUse(pipeline: Pipeline, findings: Findings): void {
  const stages = [...pipeline.stages];
  if (!stages.some(([, { kind }]) => kind === "loss")) {
    findings.error("no-loss", ["stages"], "Cannot train without a loss stage", {
      at: "key",
      hints: ["add `loss: { loss: cosine, between: [..., ...] }`"],
    });
    // What the loss would have read cannot be told.
    return;
  }
  const names = stages.map(([name]) => name);
  const read = stages.flatMap(([, stage]) => edgesOf(stage))
    .map(({ to }) => to).filter((to) => to !== IMAGE);
  // Where a name is misspelt, the stage that was meant is not unused.
  const meant = read.filter((to) => !names.includes(to))
    .map((to) => nearest(to, names));
  const used = new Set<string | undefined>([...read, ...meant]);
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

/**
 * Reports losses that train nothing, and networks that no gradient reaches.
 * What only a loss that is cut off could train is said of the loss alone.
 */
export function checkGradients(pipeline: Pipeline, findings: Findings): void {
  const { stages } = pipeline;
  if (![...stages.values()].some(({ kind }) => kind === "loss")) return;
  const explained = new Set<string>();
  for (const [name, stage] of stages) {
    if (stage.kind !== "loss") continue;
    const own = gradientReach(
      new Map(
        [...stages].filter(([other, { kind }]) =>
          kind !== "loss" || other === name
        ),
      ),
    );
    const trains = [...own].some((one) => stages.get(one)?.kind === "module");
    if (trains) continue;
    const behind = upstream(stages, name);
    // Where a stage is missing, it may be the one that was to be trained.
    const whole = [...behind].every((one) =>
      edgesOf(stages.get(one) as Stage).every(({ to }) =>
        to === IMAGE || stages.has(to)
      )
    );
    if (!whole) continue;
    for (const one of behind) explained.add(one);
    findings.error(
      "no-gradient",
      at(name, "between"),
      `Cannot train by "${name}": no gradient flows into either of its sides`,
      { hints: cuts(stages, behind) },
    );
  }
  const reached = gradientReach(stages);
  const readers = readersOf(stages);
  const read = new Set(
    [...stages.values()].flatMap((stage) => edgesOf(stage).map(({ to }) => to)),
  );
  for (const [name, stage] of stages) {
    if (stage.kind !== "module" || reached.has(name)) continue;
    // What nothing reads was reported as that.
    if (explained.has(name) || !read.has(name)) continue;
    findings.error(
      "no-gradient",
      at(name),
      `Cannot train "${name}": no gradient of any loss reaches its weights`,
      {
        at: "key",
        hints: [
          ...cuts(stages, readers(name)),
          `make it an EMA twin if it is meant to be a target`,
        ],
      },
    );
  }
}

/** Finds the stages that read a stage's data, directly or not, itself among them. */
function readersOf(
  stages: Pipeline["stages"],
): (name: string) => ReadonlySet<string> {
  const direct = new Map<string, string[]>();
  for (const [reader, stage] of stages) {
    for (const { to, kind } of edgesOf(stage)) {
      if (kind !== "data") continue;
      const others = direct.get(to) ?? [];
      others.push(reader);
      direct.set(to, others);
    }
  }
  return (name) => {
    const found = new Set([name]);
    // Grows while it is walked.
    for (const one of found) {
      for (const reader of direct.get(one) ?? []) found.add(reader);
    }
    return new Set([...stages.keys()].filter((one) => found.has(one)));
  };
}

/** What stops gradients within some stages, by where it is written. */
function cuts(
  stages: Pipeline["stages"],
  among: ReadonlySet<string>,
): readonly string[] {
  const found = [...among].flatMap((name) => {
    const stage = stages.get(name) as Stage;
    if (CUTTING.has(stage.kind)) return [`the ${stage.kind} stage "${name}"`];
    return edgesOf(stage).filter(({ stopped }) => stopped).map(({ to }) =>
      `stop_gradient(${to}) in "${name}"`
    );
  });
  return found.length > 0
    ? [`gradients end at ${[...new Set(found)].join(", ")}`]
    : [];
}

/** Kinds of stages that let no gradient through. */
const CUTTING: ReadonlySet<Stage["kind"]> = new Set([
  "ema",
  "nearest",
  "queue",
  "stop_gradient",
]);
