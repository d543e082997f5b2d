/** @file Whether the two sides of a loss are the ones that it means. */
import type { Findings, Path } from "../diagnostics/diagnostic.ts";
import type { Pipeline, Reference, Stage } from "../model/pipeline.ts";
import { referenceText } from "../model/reference.ts";
import { kindOf } from "../model/stage_kind.ts";
import { type Pairs, pairsOf, viewNumber } from "../stages/pairs.ts";
import { isUserFile } from "../stages/user_file.ts";
import { trainedBelow } from "./forward.ts";
import { at } from "./place.ts";
import { isObjective, type WiredStage } from "./stage_graph.ts";
import { originsOf } from "./view_origins.ts";

/** A loss of two sides. */
interface Case {
  readonly name: string;
  readonly loss: WiredStage;
  /** Key of its sides. */
  readonly key: string;
  readonly sides: readonly [Reference, Reference];
  readonly byName: ReadonlyMap<string, WiredStage>;
  readonly findings: Findings;
}

const text = (side: Reference): string =>
  `"${referenceText({ ...side, stopGradient: false })}"`;

const second = ({ name, key }: Case): Path => at(name, key, 1);

/** Reports a loss whose target is trained, and what is to match it is not. */
function isSwapped(it: Case, learns: ReadonlySet<string>): boolean {
  const { loss: { stage }, sides, findings } = it;
  if (!stage.definition.target) return false;
  const [left, right] = sides.map((side) =>
    !side.stopGradient && learns.has(side.stage)
  );
  if (left || !right) return false;
  const [a, b] = sides.map((side) => referenceText(side));
  findings.error(
    "wrong-side",
    at(it.name, it.key),
    `Cannot learn by "${it.name}": its second side is the target, and gradients flow into that alone`,
    { hints: [`swap them: \`${it.key}: [${b}, ${a}]\``] },
  );
  return true;
}

/** Whether a stage gives what a network made: no probabilities. */
function isScores(name: string, byName: Case["byName"]): boolean {
  const wired = byName.get(name);
  // What a module of a user's own gives, it knows.
  if (!wired || isUserFile(wired.code)) return false;
  const { key, definition, inputs } = wired.stage;
  if (kindOf(wired.stage).part || definition.links?.length) return true;
  const [[, main] = []] = inputs;
  return key !== "target" &&
    (main?.references ?? []).some(({ stage }) => isScores(stage, byName));
}

/** Reports scores where a distribution is expected. */
function checkDistribution(it: Case): void {
  const { loss: { stage: { definition } }, sides: [, side] } = it;
  if (definition.target !== "probabilities") return;
  if (!isScores(side.stage, it.byName)) return;
  it.findings.error(
    "wrong-side",
    second(it),
    `Cannot match ${
      text(side)
    }: it has scores, and the second side of "${definition.name}" has to be probabilities`,
    {
      hints: [
        `make a target of them, such as \`q: { target: centre, of: ${
          referenceText({ ...side, stopGradient: false })
        } }\`, and compare with that`,
      ],
    },
  );
}

/** Warns of pairs that show the same view, where views are to differ. */
function checkViews(it: Case): void {
  const { loss, key, sides, byName, findings } = it;
  const { pairs } = loss.stage.options as { readonly pairs?: Pairs };
  if (pairs === undefined || pairs === "all") return;
  const [left = [], right = []] = [0, 1].map((i) =>
    loss.inputs[`${key}.${i}`] ?? []
  );
  const [from, to] = sides.map((side) => originsOf([side], byName));
  const places = pairsOf(pairs, left, right);
  const meet = places.filter(([i, j]) =>
    from?.[i] !== undefined && from[i] === to?.[j]
  );
  const [first] = meet;
  if (!first) return;
  if (pairs === "same") {
    // A term on the spread of features needs no other view.
    if (meet.length < places.length || loss.stage.definition.spreads) return;
    findings.warn(
      "view-mismatch",
      at(it.name, "pairs"),
      `Each view meets itself in "${it.name}": nothing is learnt of what views of an image share`,
      { hints: ["write `pairs: cross`"] },
    );
    return;
  }
  const [i, j] = first;
  findings.warn(
    "view-mismatch",
    at(it.name, key),
    `View ${viewNumber(left, i)} of ${text(sides[0])} and view ${
      viewNumber(right, j)
    } of ${text(sides[1])} meet, and both are ${from?.[i]}`,
    {
      hints: [
        `\`pairs: ${pairs}\` tells views apart by their numbers: both sides have to begin with the same views, as \`of: [global, local]\` and \`of: global\` do`,
      ],
    },
  );
}

/** The two sides of a loss, where it has them and each is one reference. */
function sidesOf(
  { definition, inputs }: Stage,
): readonly [string, readonly [Reference, Reference]] | undefined {
  const [[key, port] = []] = Object.entries(definition.inputs);
  if (key === undefined || port?.sides !== 2) return undefined;
  const [a, b] = inputs.get(key)?.references ?? [];
  return a && b ? [key, [a, b]] : undefined;
}

/** Reports sides that are swapped, are no target, or show the same views. */
export function checkSides(
  { stages }: Pick<Pipeline, "stages">,
  byName: ReadonlyMap<string, WiredStage>,
  findings: Findings,
): void {
  const learns = trainedBelow([...byName.values()]);
  for (const [name, stage] of stages) {
    const loss = byName.get(name);
    if (!loss || !isObjective(stage)) continue;
    const [key, sides] = sidesOf(stage) ?? [];
    if (key === undefined || !sides) continue;
    const it: Case = { name, loss, key, sides, byName, findings };
    if (isSwapped(it, learns)) continue;
    checkDistribution(it);
    checkViews(it);
  }
}
