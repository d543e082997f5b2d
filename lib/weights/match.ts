/** @file Tensors of a file, found for the variables of a network. */
import type { TensorData } from "../ir/dtype.ts";
import type { WiredStage } from "../graph/stage_graph.ts";
import { ARRANGE } from "./arrange.ts";
import { asFloat32 } from "./float32.ts";
import { resizedPosition } from "./resize_position.ts";
import { type NamedVariable, namedVariables, schemesOf } from "./named.ts";

type Tensors = Readonly<Record<string, TensorData>>;

/** What of a file is for a network, and what is not. */
export interface Match {
  /** Whose names they are, in words. */
  readonly names: string;
  /** Values of the network's variables, by path. */
  readonly values: Tensors;
  /** Variables that the file has nothing for, as it would call them. */
  readonly missing: readonly string[];
  /** Those that it has in another shape, with both. */
  readonly misfits: readonly string[];
  /** What was done to those that fit otherwise, or are not needed. */
  readonly changed: readonly string[];
  /** Tensors that no variable takes. */
  readonly left: readonly { readonly name: string; readonly why?: string }[];
}

/** What stands before all names, such as `backbone.`: that which most agree on. */
function prefixOf(
  named: readonly NamedVariable[],
  tensors: Tensors,
): string {
  const [{ name: first = "" } = {}] = named;
  const prefixes = Object.keys(tensors)
    .filter((name) => name === first || name.endsWith(`.${first}`))
    .map((name) => name.slice(0, name.length - first.length));
  const count = (prefix: string): number =>
    named.filter(({ name }) => `${prefix}${name}` in tensors).length;
  return prefixes.reduce(
    (best, prefix) => count(prefix) > count(best) ? prefix : best,
    "",
  );
}

function matched(
  wired: WiredStage,
  named: readonly NamedVariable[],
  prefix: string,
  tensors: Tensors,
  names: string,
  why: (name: string) => string | undefined,
): Match {
  const values: Record<string, TensorData> = {};
  const missing: string[] = [];
  const misfits: string[] = [];
  const changed: string[] = [];
  const used = new Set<string>();
  for (const { variable, name: theirs, as, spare } of named) {
    const { path, shape } = variable;
    const name = `${prefix}${theirs}`;
    const tensor = tensors[name];
    used.add(name);
    if (!tensor) {
      if (spare) changed.push(`${theirs}, which the file has not, as drawn`);
      else missing.push(name);
      continue;
    }
    const floats = asFloat32(tensor);
    const wanted = as.shape(shape);
    const resized = floats && `${tensor.shape}` !== `${wanted}`
      ? resizedPosition(wired, variable, floats)
      : undefined;
    if (resized) {
      values[path] = resized.value;
      changed.push(resized.said);
    } else if (!floats || `${tensor.shape}` !== `${wanted}`) {
      const found = `${tensor.dtype}[${tensor.shape.join(", ")}]`;
      const expected = `float32[${wanted.join(", ")}]`;
      misfits.push(`${name} is ${found}, expected ${expected}`);
    } else values[path] = as.take(floats, shape);
  }
  const left = Object.keys(tensors).filter((name) => !used.has(name))
    .map((name) => {
      const reason = why(name);
      return { name, ...(reason ? { why: reason } : {}) };
    });
  return { names, values, missing, misfits, changed, left };
}

/** Tensors under another library's names. */
export function matchForeign(wired: WiredStage, tensors: Tensors): Match {
  const all = schemesOf(wired).map((scheme) => {
    const named = namedVariables(wired, scheme);
    const prefix = prefixOf(named, tensors);
    const found = named.filter(({ name }) => `${prefix}${name}` in tensors);
    return { scheme, named, prefix, found: found.length };
  });
  const { scheme, named, prefix } = all.reduce((best, one) =>
    one.found > best.found ? one : best
  );
  const words = `${scheme.library}'s names${
    prefix === "" ? "" : ` behind "${prefix}"`
  }`;
  return matched(
    wired,
    named,
    prefix,
    tensors,
    words,
    (name) => scheme.others.find((other) => other.name.test(name))?.why,
  );
}

/** Variables of a stage of another run, under our own names. */
export function matchOwn(
  wired: WiredStage,
  tensors: Tensors,
  stage: string,
): Match {
  const within = Object.fromEntries(
    Object.entries(tensors).filter(([path]) => path.startsWith(`${stage}/`)),
  );
  const named = wired.variables.map((variable): NamedVariable => ({
    variable,
    name: `${stage}${variable.path.slice(wired.name.length)}`,
    as: ARRANGE.same,
  }));
  return matched(
    wired,
    named,
    "",
    within,
    `the run's stage "${stage}"`,
    () => undefined,
  );
}
