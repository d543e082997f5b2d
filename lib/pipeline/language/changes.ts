/** @file A point's changes laid over a pipeline's value. */
import { UserError } from "../../errors.ts";
import type { Findings, Path } from "../../diagnostics/diagnostic.ts";
import { merge } from "./merge.ts";
import { nearest } from "../../diagnostics/nearest.ts";
import { override, overridePath } from "./overrides.ts";
import { valueAt } from "./path.ts";
import { isRecord } from "../../diagnostics/validate.ts";

/** What a point lays over the pipeline. */
export interface Change {
  /** Dotted path, as in `--set`. */
  readonly key: string;
  /** Merged into what stands there, as a file is with what it extends. */
  readonly value: unknown;
  /** Where it is written, from the root of the file. */
  readonly at: Path;
}

/** A part of a value that a change wrote, and where the change stands. */
export interface WrittenPart {
  /** In the value. */
  readonly path: Path;
  /** In the file. */
  readonly at: Path;
}

/** The parts that a merge writes: a map adds to a map, all else replaces. */
function* written(
  base: unknown,
  over: unknown,
  place: WrittenPart,
): Generator<WrittenPart> {
  if (!isRecord(base) || !isRecord(over)) {
    yield place;
    return;
  }
  for (const [key, value] of Object.entries(over)) {
    yield* written(Object.hasOwn(base, key) ? base[key] : undefined, value, {
      path: [...place.path, key],
      at: [...place.at, key],
    });
  }
}

/** The nearest name beside the missing end of a path. */
function neighbour(root: unknown, path: Path): string | undefined {
  const siblings = valueAt(root, path.slice(0, -1));
  return isRecord(siblings)
    ? nearest(String(path.at(-1)), Object.keys(siblings))
    : undefined;
}

/** A change of a grid is a place in a list, and has no key there. */
const pointOf = ({ at }: Change): "key" | "value" =>
  typeof at.at(-1) === "number" ? "value" : "key";

/**
 * The value with changes merged into it, in order. `null` takes away what is
 * there; what is not there cannot be taken away, since a misspelt key would
 * otherwise change nothing and say nothing.
 */
export function layOver(
  root: unknown,
  changes: readonly Change[],
  findings: Findings,
): { readonly value: unknown; readonly places: readonly WrittenPart[] } {
  let value = root;
  const places: WrittenPart[] = [];
  for (const change of changes) {
    try {
      const path = overridePath(value, change.key);
      const old = valueAt(value, path);
      if (change.value === null && old === undefined) {
        const near = neighbour(value, path);
        findings.error(
          "bad-sweep",
          change.at,
          `Cannot remove "${change.key}": it is not there`,
          {
            at: pointOf(change),
            hints: near ? [`did you mean "${near}"?`] : [],
          },
        );
        continue;
      }
      places.push(...written(old, change.value, { path, at: change.at }));
      value = override(value, change.key, merge(old, change.value));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const reason = error.message.replace(/^.*?: /, "");
      findings.error(
        "bad-sweep",
        change.at,
        `Cannot change "${change.key}": ${reason}`,
        { at: pointOf(change) },
      );
    }
  }
  return { value, places };
}
