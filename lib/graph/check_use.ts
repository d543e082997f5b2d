/** @file Whether every stage is used, and every weight trained. */
import type { Findings } from "../diagnostics/diagnostic.ts";
import { nearest } from "../diagnostics/nearest.ts";
import type { Pipeline, Stage } from "../model/pipeline.ts";
import { SOURCES } from "../model/reference.ts";
import { edgesOf, passesGradient } from "./edges.ts";
import { gradientReach } from "./gradient_reach.ts";
import { at } from "./place.ts";
import { isObjective, trainedOf, type WiredStage } from "./stage_graph.ts";
import { upstream } from "./upstream.ts";

/** Reports stages that nothing reads, and a graph without a loss. */
export function checkUse(pipeline: Pipeline, findings: Findings): void {
  const stages = [...pipeline.stages];
  if (!stages.some(([, stage]) => isObjective(stage))) {
    findings.error("no-loss", ["stages"], "Cannot train without a loss stage", {
      at: "key",
      hints: ["add `loss: { loss: cosine, between: [..., ...] }`"],
    });
    // What the loss would have read cannot be told.
    return;
  }
  const objectives = stages.filter(([, stage]) => isObjective(stage));
  if (objectives.every(([, { weight }]) => weight === 0)) {
    const [[name = ""] = []] = objectives;
    findings.error(
      "no-loss",
      at(name, "weight"),
      "Cannot train: every loss has weight 0",
      { hints: ["give one of them a weight above 0"] },
    );
  }
  const names = stages.map(([name]) => name);
  const read = stages.flatMap(([, stage]) => edgesOf(stage))
    .map(({ to }) => to).filter((to) => !SOURCES.includes(to));
  // Where a name is misspelt, the stage that was meant is not unused.
  const meant = read.filter((to) => !names.includes(to))
    .map((to) => nearest(to, names));
  const used = new Set<string | undefined>([...read, ...meant]);
  used.add(pipeline.evaluate.of).add(pipeline.evaluate.classifier).add(
    pipeline.monitor.of,
  );
  for (const [name, stage] of stages) {
    if (isObjective(stage) || used.has(name)) continue;
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
export function checkGradients(
  pipeline: Pick<Pipeline, "stages">,
  byName: ReadonlyMap<string, WiredStage>,
  findings: Findings,
): void {
  const { stages } = pipeline;
  const isTrained = (name: string): boolean => {
    const wired = byName.get(name);
    return wired !== undefined && trainedOf(wired).length > 0;
  };
  // Where a stage is missing or did not fit, it may be the one to be trained.
  const whole = (names: Iterable<string>): boolean =>
    [...names].every((one) =>
      byName.has(one) &&
      edgesOf(stages.get(one) as Stage).every(({ to }) =>
        SOURCES.includes(to) || byName.has(to)
      )
    );
  const explained = new Set<string>();
  for (const [name, stage] of stages) {
    if (!isObjective(stage)) continue;
    const own = gradientReach(
      new Map(
        [...stages].filter(([other, one]) =>
          !isObjective(one) || other === name
        ),
      ),
    );
    const behind = upstream(stages, name);
    if ([...own].some(isTrained) || !whole(behind)) continue;
    for (const one of behind) explained.add(one);
    const [main = ""] = Object.keys(stage.definition.inputs);
    findings.error(
      "no-gradient",
      at(name, main),
      `Cannot train by "${name}": no gradient flows into what it reads`,
      { hints: cuts(stages, behind) },
    );
  }
  const reached = gradientReach(stages);
  const readers = readersOf(stages);
  const read = new Set(
    [...stages.values()].flatMap((stage) => edgesOf(stage).map(({ to }) => to)),
  );
  for (const name of stages.keys()) {
    if (!isTrained(name) || reached.has(name)) continue;
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
          `or freeze it: train.per_stage.${name}.freeze: true`,
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
    const edges = edgesOf(stage);
    if (!passesGradient(stage) && edges.some(({ to }) => stages.has(to))) {
      return [`the ${stage.key} stage "${name}"`];
    }
    return edges.filter(({ stopped }) => stopped).map(({ to }) =>
      `stop_gradient(${to}) in "${name}"`
    );
  });
  return found.length > 0
    ? [`gradients end at ${[...new Set(found)].join(", ")}`]
    : [];
}
