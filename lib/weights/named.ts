/** @file A network's variables under the names of another library. */
import { UserError } from "../errors.ts";
import type { WiredStage } from "../graph/stage_graph.ts";
import type { Variable } from "../layers/layer.ts";
import type { Arrangement } from "./arrange.ts";
import { type Scheme, SCHEMES } from "./names.ts";

/** One variable, and what it is called there. */
export interface NamedVariable {
  readonly variable: Variable;
  readonly name: string;
  readonly as: Arrangement;
  /** Whether files need not have it. */
  readonly spare?: boolean;
}

/** Names for a network, those that are written first. */
export const schemesOf = ({ code }: WiredStage): readonly Scheme[] =>
  SCHEMES.filter(({ network }) => network.test(code));

/** Names under which a network is written. */
export const schemeOf = (wired: WiredStage): Scheme =>
  schemesOf(wired)[0] as Scheme;

/**
 * Names of all variables of a stage.
 *
 * @throws {UserError} When it has none of its own.
 */
export function namedVariables(
  wired: WiredStage,
  { rules }: Scheme = schemeOf(wired),
): readonly NamedVariable[] {
  const { name: stage, variables } = wired;
  if (variables.length === 0) {
    throw new UserError(
      `Cannot name the weights of "${stage}": it has none of its own.`,
    );
  }
  return variables.map((variable) => {
    const path = variable.path.slice(stage.length + 1);
    const found = rules.find((rule) => rule.path.test(path));
    if (!found) {
      throw new Error(`internal: no name for ${variable.path}`);
    }
    const name = path.replace(found.path, found.name).replaceAll("/", ".");
    const { as, spare = false } = found;
    return { variable, name, as, spare };
  });
}
