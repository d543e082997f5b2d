/** @file `sweep`: the points that a pipeline's grid or list stands for. */
import type { z } from "zod";
import type { Change } from "../language/changes.ts";
import type { Findings, Path } from "../../diagnostics/diagnostic.ts";
import { nearest } from "../../diagnostics/nearest.ts";
import {
  paper as paperSchema,
  sweep as sweepSchema,
} from "../parse/sections.ts";
import { labels, pointName, rowName } from "./sweep_names.ts";
import { isRecord, show, validate } from "../../diagnostics/validate.ts";

/** What a paper reports of a point: a number, or a word such as `collapse`. */
export type Figure = number | string;

/** What the papers' figures of a sweep are. */
export interface Paper {
  /** Such as `linear accuracy on ImageNet`. */
  readonly figure?: string;
  /** Such as `%`. */
  readonly unit?: string;
  /** Paper, with its address and tables. */
  readonly source?: string;
}

/** One point of a sweep. */
export interface SweepPoint {
  /** Tells points apart; `--point` takes it. */
  readonly name: string;
  /** The name without its seed: points that differ in nothing else share it. */
  readonly row: string;
  /** In the order in which they are applied. */
  readonly changes: readonly Change[];
  /** What a paper reports of it. */
  readonly paper?: Figure;
  /** Where it is written, from the root of the file. */
  readonly at: Path;
}

/** A sweep, its grid expanded. */
export interface Sweep {
  /** What the papers' figures are. */
  readonly paper: Paper;
  /** In the order in which they run. */
  readonly points: readonly SweepPoint[];
}

/** No honest sweep has more points. */
const MOST_POINTS = 1000;

/** Keys that no point changes, and why. */
const FIXED: Readonly<Record<string, string>> = {
  sweep: "a sweep has no sweeps in it",
  extends: "files are merged before the points",
  name: "it names the folder of all points; a point has its own",
};

/** Points without what they share: their own, or one for each value of a key. */
interface Part {
  /** Absent where it comes from its changes. */
  readonly name?: string;
  readonly changes: readonly Change[];
  readonly paper?: Figure;
  readonly at: Path;
}

const SWEEP: Path = ["sweep"];

function bad(
  findings: Findings,
  path: Path,
  message: string,
  ...hints: readonly string[]
): void {
  findings.error("bad-sweep", path, message, { hints });
}

/** Whether a point can change a key; reports it if not. */
function canChange(key: string, at: Path, findings: Findings): boolean {
  const [first = ""] = key.split(".");
  const why = Object.hasOwn(FIXED, first) ? FIXED[first] : undefined;
  if (why === undefined) return true;
  findings.error("bad-sweep", at, `Cannot change "${first}" in a sweep`, {
    at: "key",
    hints: [why],
  });
  return false;
}

/** A point's own keys: its changes, and `paper`. */
function readPart(
  value: unknown,
  at: Path,
  findings: Findings,
  name?: string,
): Part[] {
  const keys = value ?? {};
  if (!isRecord(keys)) {
    findings.error(
      "wrong-type",
      at,
      `Cannot use ${show(value)} as a point of a sweep: expected a map`,
      { hints: ["for example { train.ema: 0.9 }"] },
    );
    return [];
  }
  const { paper: written, ...changed } = keys;
  const paper = written === undefined ? undefined : validate(
    paperSchema.shape.figures.unwrap().valueType,
    written,
    [...at, "paper"],
    `"paper"`,
    findings,
  );
  const changes = Object.entries(changed).map(([key, to]): Change => ({
    key,
    value: to,
    at: [...at, key],
  })).filter((change) => canChange(change.key, change.at, findings));
  return [{
    changes,
    at,
    ...(name === undefined ? {} : { name }),
    ...(paper === undefined ? {} : { paper }),
  }];
}

/** The points that are listed, named or not. */
function readPoints(value: unknown, findings: Findings): readonly Part[] {
  const at = [...SWEEP, "points"];
  if (Array.isArray(value)) {
    return value.flatMap((one, i) => readPart(one, [...at, i], findings));
  }
  if (isRecord(value)) {
    return Object.entries(value).flatMap(([name, one]) => {
      if (!/^(?!.*\p{Cc})\S(.{0,98}\S)?$/u.test(name)) {
        findings.error("bad-sweep", [...at, name], `Cannot name a point so`, {
          at: "key",
          hints: [
            "expected one line of at most 100 characters, none of them a control character",
          ],
        });
      }
      return readPart(one, [...at, name], findings, name);
    });
  }
  findings.error(
    "wrong-type",
    at,
    `Cannot use ${show(value)} as the points of a sweep`,
    { hints: ["expected a map of points by name, or a list of points"] },
  );
  return [];
}

/** For each key of the grid, one part for each of its values. */
function readGrid(value: unknown, findings: Findings): readonly Part[][] {
  const at = [...SWEEP, "grid"];
  if (!isRecord(value)) {
    findings.error(
      "wrong-type",
      at,
      `Cannot use ${show(value)} as the grid of a sweep: expected a map`,
      { hints: ["for example grid: { train.ema: [0.9, 0.99] }"] },
    );
    return [];
  }
  return Object.entries(value).map(([key, values]) => {
    const here = [...at, key];
    const changes = canChange(key, here, findings);
    if (!Array.isArray(values) || values.length === 0) {
      findings.error(
        Array.isArray(values) ? "bad-sweep" : "wrong-type",
        here,
        `Cannot sweep "${key}" over ${show(values)}`,
        { hints: ["expected a list with a value for each point"] },
      );
      return [];
    }
    return values.map((one, i) => ({
      changes: changes ? [{ key, value: one, at: [...here, i] }] : [],
      at: [...here, i],
    }));
  });
}

/** Every choice of one from each list; the last list varies fastest. */
function product<T>(lists: readonly (readonly T[])[]): T[][] {
  return lists.reduce<T[][]>(
    (all, list) => all.flatMap((start) => list.map((one) => [...start, one])),
    [[]],
  );
}

/** Gives points their names, rows and figures. */
function named(
  parts: readonly (readonly Part[])[],
  figures: Readonly<Record<string, Figure>>,
): SweepPoint[] {
  const all = parts.map((some) => ({
    some,
    changes: some.flatMap(({ changes }) => changes),
  }));
  const label = labels(all.flatMap(({ changes }) => changes));
  return all.map(({ some, changes }) => {
    const pieces = some.map(({ name, changes }) =>
      name ?? pointName(changes, label)
    );
    const name = pieces.filter((piece) => piece !== "").join(", ") || "base";
    const row = rowName(name, changes);
    const paper = some.find(({ paper }) => paper !== undefined)?.paper ??
      [name, row].flatMap((key) =>
        Object.hasOwn(figures, key) ? figures[key] ?? [] : []
      )[0];
    return {
      name,
      row,
      changes,
      at: some[0]?.at ?? SWEEP,
      ...(paper === undefined ? {} : { paper }),
    };
  });
}

/** Reports points that have one name, and figures that belong to none. */
function checkNames(
  points: readonly SweepPoint[],
  figures: Readonly<Record<string, Figure>>,
  findings: Findings,
): void {
  const seen = new Set<string>();
  for (const { name, at } of points) {
    if (seen.has(name)) {
      bad(
        findings,
        at,
        `Cannot tell two points "${name}" apart`,
        "remove one, or name them: points: { <name>: { ... } }",
      );
    }
    seen.add(name);
  }
  const known = points.flatMap(({ name, row }) => [name, row]);
  for (const name of Object.keys(figures)) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    findings.error(
      "bad-sweep",
      [...SWEEP, "paper", "figures", name],
      `Cannot find the point "${name}"`,
      {
        at: "key",
        hints: [
          ...(near ? [`did you mean "${near}"?`] : []),
          `known: ${[...new Set(known)].slice(0, 20).join("; ")}`,
        ],
      },
    );
  }
}

/**
 * Reads a sweep: `points` and `grid`, every point with every place of the
 * grid. What the points do to the pipeline is checked apart.
 *
 * @param value What stands under `sweep`, variables not yet inserted.
 * @returns The points that could be read; `undefined` when there are none.
 */
export function readSweep(
  value: unknown,
  findings: Findings,
): Sweep | undefined {
  const before = findings.all.length;
  const keys = validate(
    sweepSchema as z.ZodType<z.infer<typeof sweepSchema>>,
    value,
    SWEEP,
    `"sweep"`,
    findings,
  );
  if (!keys) return undefined;
  const { figures, ...paper } = keys.paper;
  const lists = [
    ...(keys.points === undefined ? [] : [readPoints(keys.points, findings)]),
    ...(keys.grid === undefined ? [] : readGrid(keys.grid, findings)),
  ];
  const count = lists.reduce((product, { length }) => product * length, 1);
  if (lists.length === 0 || (count === 0 && findings.all.length === before)) {
    bad(
      findings,
      SWEEP,
      "Cannot sweep over nothing",
      "for example sweep: { grid: { train.ema: [0.9, 0.99] } }",
    );
  } else if (count > MOST_POINTS) {
    bad(
      findings,
      SWEEP,
      `Cannot sweep over ${count} points: at most ${MOST_POINTS}`,
    );
  }
  // Where a list is missing or too long, its points are not made up.
  if (lists.length === 0 || count > MOST_POINTS) return undefined;
  const points = named(product(lists), figures);
  if (findings.all.length === before) checkNames(points, figures, findings);
  return { paper: paper as Paper, points };
}
