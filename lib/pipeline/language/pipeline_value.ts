/** @file A pipeline's value: its files merged, overridden, variables inserted. */
import { type Change, layOver, type WrittenPart } from "./changes.ts";
import { compose, type Composition, type Locator } from "./compose.ts";
import type { Findings, Path } from "../../diagnostics/diagnostic.ts";
import {
  checkRemoval,
  override,
  overridePath,
  readOverride,
} from "./overrides.ts";
import { below, startsWith, valueAt } from "./path.ts";
import { fillVariables, usedIn, variableOf } from "./variables.ts";
import { isRecord } from "../../diagnostics/validate.ts";

/** The value of a pipeline, and where its parts stand. */
export interface PipelineValue extends Locator {
  /**
   * Plain data with neither `extends`, `variables` nor `sweep`; `undefined`
   * when the files or the variables have a mistake that leaves none.
   */
  readonly value: unknown;
  /** What stands under `sweep`, as it is written. */
  readonly sweep?: unknown;
  /** Paths that `--set` changed. */
  readonly changed: readonly Path[];
  /** Parts that a point of the sweep changed. */
  readonly places: readonly WrittenPart[];
  /**
   * File and line of the value at a path, or `--set`, and its variables.
   *
   * @param name How files are named; by their path, by default.
   */
  origin(path: Path, name?: (file: string) => string): string;
  /** Where the part at a path is written, from the root of the file. */
  place(path: Path): Path;
  /** The same with a point's changes. */
  with(changes: readonly Change[], findings: Findings): PipelineValue;
}

/** How many times a part of a path can lead to a variable. */
const MOST_STEPS = 100;

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

/** Whether a path leads to a part, and not to a file or a character. */
const isPart = (path: Path): boolean =>
  typeof path[0] !== "string" || !path[0].startsWith("\u0000");

/** All that a source is made of. */
interface Made {
  readonly composition: Composition;
  /** With `variables` and `sweep`, after `--set` and a point's changes. */
  readonly written: unknown;
  readonly changes: readonly Override[];
  readonly places: readonly WrittenPart[];
}

/** A change from the command line. */
interface Override {
  readonly path: Path;
  /** As it was written, `a.b=value`. */
  readonly text: string;
}

function sourceOf(made: Made, findings: Findings): PipelineValue {
  const { composition, written, changes, places } = made;
  const changed = changes.map(({ path }) => path);
  /** Changes of a value, or of a part of it. */
  const setNotes = (path: Path, parts: boolean): string[] =>
    changes.filter(({ path: start }) =>
      startsWith(path, start) || (parts && startsWith(start, path))
    ).map(({ path: start, text }) =>
      `"${start.join(".")}" is from --set ${
        text.length > 80 ? `${text.slice(0, 77)}...` : text
      }`
    );
  const isSet = (path: Path): boolean =>
    changed.some((start) => startsWith(path, start));
  const at = (path: Path): unknown => valueAt(written, path);
  /** A part that a point changed stands where the point does. */
  const inSweep = (path: Path): Path => {
    const place = places.findLast((one) => startsWith(path, one.path));
    return place ? [...place.at, ...path.slice(place.path.length)] : path;
  };
  const own = (path: Path): Path =>
    isPart(path) ? inSweep(follow(written, path)) : path;
  const origin = (
    path: Path,
    name: (file: string) => string = (file) => file,
    seen: readonly string[] = [],
  ): string => {
    const followed = follow(written, path);
    const place = inSweep(followed);
    const found = at(followed);
    // The parts of a map have their own origins.
    const variables = isRecord(found)
      ? []
      : usedIn(found).filter((one) => !seen.includes(one));
    const { file, line } = composition.locate(place, "value");
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
  const { sweep, ...rest } = isRecord(written) ? written : {};
  return {
    value: composition.value === undefined
      ? undefined
      : isRecord(written)
      ? fillVariables(rest, [...composition.parts, sweep], findings)
      : written,
    ...(sweep === undefined || sweep === null ? {} : { sweep }),
    changed,
    places,
    origin: (path, name) => origin(path, name),
    place: own,
    locate: (path, point) => composition.locate(own(path), point),
    notes(path, point) {
      if (!isPart(path)) return [];
      const followed = follow(written, path);
      const text = at(followed);
      const names = typeof text === "string" ? usedIn(text) : [];
      return [
        ...setNotes(inSweep(followed), point === "value"),
        ...names.filter((name) =>
          Object.hasOwn(Object(at(["variables"])), name)
        ).map((name) =>
          `\`\${${name}}\` is from ${origin(["variables", name])}`
        ),
      ];
    },
    with(changes, own) {
      const { value, places } = layOver(written, changes, own);
      return sourceOf({ ...made, written: value, places }, own);
    },
  };
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
): PipelineValue {
  const composition = compose(file, text, findings);
  let written = composition.value;
  const changes: Override[] = [];
  for (const text of set) {
    const { path, value } = readOverride(text);
    if (value === null) checkRemoval(written, path);
    changes.push({ path: overridePath(written, path), text });
    written = override(written, path, value);
  }
  if (
    composition.value !== undefined && isRecord(written) &&
    Object.hasOwn(written, "extends")
  ) {
    findings.error("bad-extends", ["extends"], `Cannot set "extends"`, {
      hints: ["files are merged before --set; write it in the file"],
    });
    return sourceOf({
      composition: { ...composition, value: undefined },
      written,
      changes,
      places: [],
    }, findings);
  }
  return sourceOf({ composition, written, changes, places: [] }, findings);
}
