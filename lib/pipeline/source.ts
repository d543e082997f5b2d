/** @file A pipeline's value: its files merged, overridden, variables inserted. */
import { compose, type Locator } from "./compose.ts";
import type { Findings, Path } from "./diagnostic.ts";
import { override, overridePath, readOverride } from "./overrides.ts";
import { fillVariables, usedIn, variableOf } from "./variables.ts";
import { isRecord } from "./validate.ts";

/** The value of a pipeline, and where its parts stand. */
export interface Source extends Locator {
  /**
   * Plain data with neither `extends` nor `variables`; `undefined` when the
   * files or the variables have a mistake that leaves none.
   */
  readonly value: unknown;
  /**
   * File and line of the value at a path, or `--set`, and its variables.
   *
   * @param name How files are named; by their path, by default.
   */
  origin(path: Path, name?: (file: string) => string): string;
}

/** How many times a part of a path can lead to a variable. */
const MOST_STEPS = 100;

const startsWith = (path: Path, start: Path): boolean =>
  start.every((key, i) => path[i] === key);

const below = (value: unknown, key: string | number): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string | number, unknown>)[key]
    : undefined;

/**
 * Where the value at a path is written: inside of a variable that is a map or
 * a list, the place in the variable.
 */
function follow(written: unknown, path: Path): Path {
  let current = path;
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    let value = written;
    const end = current.findIndex((key) => {
      if (variableOf(value) !== undefined) return true;
      value = below(value, key);
      return false;
    });
    if (end < 0) return current;
    current = ["variables", variableOf(value) ?? "", ...current.slice(end)];
  }
  return path;
}

/**
 * Reads the text of a pipeline with its bases, `--set` and variables.
 *
 * @param file Where the text stands; paths of bases start from its folder.
 * @param set Changes, each `a.b=value`.
 */
export function readSource(
  file: string,
  text: string,
  set: readonly string[],
  findings: Findings,
): Source {
  const { value: composed, parts, locate } = compose(file, text, findings);
  let written = composed;
  const changed: Path[] = [];
  for (const { path, value } of set.map(readOverride)) {
    changed.push(overridePath(written, path));
    written = override(written, path, value);
  }
  const isSet = (path: Path): boolean =>
    changed.some((start) => startsWith(path, start));
  const at = (path: Path): unknown => path.reduce(below, written);
  const isPlace = (path: Path): boolean =>
    typeof path[0] !== "string" ||
    !path[0].startsWith("\u0000");
  const own = (path: Path): Path =>
    isPlace(path) ? follow(written, path) : path;
  const origin = (
    path: Path,
    name: (file: string) => string = (file) => file,
    seen: readonly string[] = [],
  ): string => {
    const place = follow(written, path);
    const found = at(place);
    // The parts of a map have their own origins.
    const variables = isRecord(found)
      ? []
      : usedIn(found).filter((one) => !seen.includes(one));
    const { file, line } = locate(place, "value");
    const inside = changed.some((start) => startsWith(start, place));
    const from = isSet(place)
      ? "--set"
      : `${name(file)}:${line}${inside ? " and --set" : ""}`;
    return [
      from,
      ...variables.map((one) =>
        `\${${one}} from ${origin(["variables", one], name, [...seen, one])}`
      ),
    ].join(", ");
  };
  let value: unknown;
  if (composed !== undefined) {
    if (isRecord(written) && Object.hasOwn(written, "extends")) {
      findings.error("bad-extends", ["extends"], `Cannot set "extends"`, {
        hints: ["files are merged before --set; write it in the file"],
      });
    } else value = fillVariables(written, parts, findings);
  }
  return {
    value,
    origin: (path, name) => origin(path, name),
    locate: (path, point) => locate(own(path), point),
    notes(path) {
      if (!isPlace(path)) return [];
      const place = follow(written, path);
      const text = at(place);
      if (typeof text !== "string") return [];
      return usedIn(text).filter((name) =>
        Object.hasOwn(Object(at(["variables"])), name)
      ).map((name) => `\`\${${name}}\` is from ${origin(["variables", name])}`);
    },
  };
}
