/** @file Variables of a network that is built again, beside those of the first. */
import type { ParameterScope, Variable } from "../../layers/layer.ts";
import { showSignature, type Template } from "../define.ts";

/**
 * For each variable of a network that was built again, that of the stage which
 * it is a copy of. A copy that leaves out an optional input may lack some, such
 * as the token behind which patches are hidden.
 *
 * @returns `undefined` where one has no counterpart of its shape.
 */
export function counterparts(
  again: ParameterScope,
  { name, variables }: Template,
): ReadonlyMap<Variable, Variable> | undefined {
  const named = new Map(
    variables.map((one) => [one.path.slice(name.length), one]),
  );
  const found = new Map<Variable, Variable>();
  for (const variable of again.variables) {
    const first = named.get(variable.path.slice(again.path.length));
    if (`${first?.shape}` !== `${variable.shape}`) return undefined;
    if (first) found.set(variable, first);
  }
  return found;
}

/** What a stage reads in its own place, for copies that read something else. */
export function readsHint(source: Template, input: string): string {
  const views = source.reads[input] ?? [];
  const read = `"${source.source(input)}"`;
  const other = views[0]?.is === "image"
    ? ""
    : `; read the like here, such as a twin of ${read}`;
  return `"${source.name}" reads ${read}, ${showSignature(views)}${other}`;
}
