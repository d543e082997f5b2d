/** @file The stages from the images to one network, as evaluation runs them. */
import { ParameterScope } from "../layers/layer.ts";
import type { Reference } from "../model/pipeline.ts";
import { IMAGE, SOURCES } from "../model/reference.ts";
import {
  type BuiltStage,
  OUTPUT,
  type Site,
  type Type,
} from "../stages/define.ts";
import type { StageGraph, WiredStage } from "./stage_graph.ts";
import { siteOf } from "./wire_stage.ts";

/** One stage of a chain. */
export interface Link {
  readonly wired: WiredStage;
  /** The input that the chain comes in by. */
  readonly input: string;
  /** Which output of the stage before it reads. */
  readonly output: string;
}

/** Stages in order of data flow, and the view that the first of them makes. */
export interface Chain {
  readonly links: readonly Link[];
  readonly view: number;
}

/** The first input of a stage, and what it reads first. */
function mainOf(
  { stage: { inputs } }: WiredStage,
): { readonly input: string; readonly reference: Reference } | undefined {
  for (const [input, { references: [reference] }] of inputs) {
    if (reference) return { input, reference };
  }
  return undefined;
}

/** Stages from the images to `end`, each by its first input. */
export function chainTo(
  byName: ReadonlyMap<string, WiredStage>,
  end: WiredStage,
): Chain {
  const links: Link[] = [];
  let view = 0;
  for (let wired: WiredStage | undefined = end; wired;) {
    const main = mainOf(wired);
    if (!main) break;
    const { input, reference } = main;
    links.unshift({ wired, input, output: reference.output ?? OUTPUT });
    if (SOURCES.includes(reference.stage)) break;
    view = reference.view ?? reference.range?.[0] ?? view;
    wired = byName.get(reference.stage);
  }
  return { links, view };
}

/** What an encoder needs that evaluation does not have: a queue, labels. */
export function missingIn(
  { links }: Chain,
):
  | { readonly stage: string; readonly input: string; readonly reads: string }
  | undefined {
  for (const { wired: { name, stage }, input } of links) {
    for (const [other, { references }] of stage.inputs) {
      const port = stage.definition.inputs[other];
      if (other === input || port?.optional) continue;
      return {
        stage: name,
        input: other,
        reads: references.map((one) => one.stage).join(", "),
      };
    }
  }
  const [first] = links;
  const start = first && mainOf(first.wired)?.reference.stage;
  return start === IMAGE ? undefined : {
    stage: first?.wired.name ?? "",
    input: first?.input ?? "",
    reads: start ?? "nothing",
  };
}

/** A stage of a chain, built for one view of images as evaluation has them. */
export interface EvaluatedStage {
  readonly name: string;
  readonly code: string;
  readonly input: string;
  readonly built: BuiltStage;
  /** Shape of what it gives, as evaluation makes it. */
  readonly type: Type;
  /** Where the chain goes on. */
  readonly output: string;
}

/**
 * Builds the stages of a chain for images of a shape: transforms that
 * evaluation keeps, networks with the variables that they have.
 *
 * @throws {ShapeError} When a network cannot take what it is given.
 */
export function evaluatedStages(
  graph: Pick<StageGraph, "byName" | "image">,
  { links, view }: Chain,
  batch: number,
  image: StageGraph["image"] = graph.image,
): readonly EvaluatedStage[] {
  let type: Type = { is: "pixels", shape: image, view: 0 };
  return links.map(({ wired, input }, i): EvaluatedStage => {
    const { name, stage: { definition, options } } = wired;
    const judged = definition.judged?.(options, view, type) ?? options;
    const problem: Site["problem"] = (_code, _at, message) => {
      throw new Error(message);
    };
    const built = definition.build(
      new ParameterScope(name),
      { [input]: [type] },
      judged,
      siteOf(wired, graph.byName, batch, problem),
    );
    const output = links[i + 1]?.output ?? OUTPUT;
    type = { ...built.outputs[output]?.[0] as Type, view: 0 };
    return { name, code: wired.code, input, built, type, output };
  });
}
