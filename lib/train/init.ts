/** @file Weights that a run begins with in place of drawn ones. */
import type { Values } from "../checkpoint/store.ts";
import { UserError } from "../errors.ts";
import { followed } from "../graph/initialize.ts";
import type { WiredStage } from "../graph/stage_graph.ts";
import type { LoadedPipeline } from "../pipeline/load.ts";
import type { Match } from "../weights/match.ts";
import { readWeights } from "../weights/read.ts";

/** Values to begin with. */
export interface FirstValues {
  /** By path; those of EMA twins are among them. */
  readonly values: Values;
  /** What was found for each stage, in words. */
  readonly lines: readonly string[];
}

/** Names that a message lists before it counts the rest. */
const SHOWN = 6;

function listed(names: readonly string[]): string {
  const more = names.length - SHOWN;
  const shown = names.slice(0, SHOWN).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown;
}

function leftOut({ left }: Match): string {
  const why = [...new Set(left.map((one) => one.why).filter(Boolean))];
  const names = listed(left.map(({ name }) => name));
  return `Left out of the file: ${names}${
    why.length > 0 ? ` (${why.join("; ")})` : ""
  }`;
}

/** @throws {UserError} When a variable has no value, with the whole list. */
function checkWhole(
  { name, variables }: WiredStage,
  path: string,
  match: Match,
): void {
  const { missing, misfits, values, left, names } = match;
  const bad = missing.length + misfits.length;
  if (bad === 0) return;
  throw new UserError(
    [
      `Cannot begin "${name}" with the weights in "${path}": ${bad} of its ${variables.length} ${
        bad === 1 ? "does" : "do"
      } not fit.`,
      ...misfits.slice(0, SHOWN).map((line) => `  ${line}`),
      ...misfits.length > SHOWN
        ? [`  and ${misfits.length - SHOWN} more of another shape`]
        : [],
      ...missing.length > 0 ? [`  missing: ${listed(missing)}`] : [],
      `Matched by ${names}: ${Object.keys(values).length}.`,
      ...left.length > 0 ? [`${leftOut(match)}.`] : [],
      "Give the network the sizes that the weights have, or take others.",
    ].join("\n"),
  );
}

/**
 * Reads what `init` names. Nothing is trained yet, and nothing written.
 *
 * @throws {UserError} When it cannot be read, or does not fit.
 */
export async function readInit(
  { pipeline: { init = {} }, graph, baseDir }: LoadedPipeline,
): Promise<FirstValues> {
  const values: Record<string, Values[string]> = {};
  const lines: string[] = [];
  for (const [stage, path] of Object.entries(init)) {
    const wired = graph.byName.get(stage) as WiredStage;
    const match = await readWeights(path, wired, baseDir);
    checkWhole(wired, path, match);
    Object.assign(values, match.values);
    const count = Object.keys(match.values).length;
    const all = count === wired.variables.length ? "all " : "";
    lines.push(
      `${stage} begins with the weights in ${path}: ${all}${count} matched by ${match.names}${
        match.changed.map((text) => `, ${text}`).join("")
      }${match.left.length > 0 ? `. ${leftOut(match)}` : ""}`,
    );
  }
  for (const [twin, source] of followed(graph)) {
    const value = values[source.path];
    if (value && !(twin.path in values)) values[twin.path] = value;
  }
  return { values, lines };
}
