/** @file The resolved pipeline as YAML, with the origin of every value. */
import { dirname, relative } from "node:path";
import { stringify } from "yaml";
import { Findings, type Path } from "../../diagnostics/diagnostic.ts";
import type { Origin } from "../../stages/origin.ts";
import { originOf } from "./origins.ts";
import { channelsOf, fitPresets } from "../parse/fit_presets.ts";
import type { LoadedPipeline } from "../load.ts";
import { type OutlinedSweep, outlineSweep } from "./outline.ts";
import { overridePath } from "../language/overrides.ts";
import { valueAt } from "../language/path.ts";
import { plainPoints } from "./plain_sweep.ts";
import {
  BUILT_IN,
  definitionsOf,
  type Registry,
} from "../../model/registry.ts";
import { type Plain, resolve } from "./resolve.ts";
import { type PipelineValue, readSource } from "../language/pipeline_value.ts";
import { isRecord } from "../../diagnostics/validate.ts";

/** What a pipeline was made of. */
export interface ExplainedFile {
  /** Path of the file; its name stands in the comments, its folder finds its bases. */
  readonly file: string;
  readonly text: string;
  /** Changes, each `a.b=value`. */
  readonly set?: readonly string[];
  readonly registry?: Registry;
}

/** What is explained. */
export interface Explained {
  /** Every value written out. */
  readonly resolved: Plain;
  /** Channels of the images: presets fit themselves to them. */
  readonly channels: number;
  readonly sweep?: OutlinedSweep;
}

/** A line of the output: its text, and what its comment says. */
interface Line {
  readonly text: string;
  readonly comment?: string;
}

/** Comments of longer lines follow them directly. */
const WIDEST_COLUMN = 60;

const isScalar = (value: unknown): boolean =>
  typeof value !== "object" || value === null;

/** A scalar, a list of scalars, or an empty map: what stands on one line. */
function isLeaf(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isScalar);
  return isScalar(value) || Object.keys(value as object).length === 0;
}

const inline = (value: unknown): string =>
  stringify(value, {
    collectionStyle: "flow",
    flowCollectionPadding: false,
    blockQuote: false,
    lineWidth: 0,
  }).trimEnd();

/** Whether a key is itself a value: a transform, an optimizer or a schedule. */
function isChoice(path: Path, registry: Registry): boolean {
  const parent = path.at(-2);
  if (path[0] === "train") {
    return parent === "optimizer" || parent === "schedule";
  }
  if (path[0] !== "stages") return false;
  const { syntax } = definitionsOf(registry, String(path[2]))[0] ?? {};
  return syntax?.isChoice(path.slice(2)) ?? false;
}

/**
 * Lines of a value.
 *
 * @param comment Says where the value at a path comes from.
 */
function* linesOf(
  value: unknown,
  path: Path,
  indent: string,
  comment: (path: Path) => string,
  registry: Registry,
): Generator<Line> {
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? value.map((entry, i) => [i, entry])
    : Object.entries(value as object);
  for (const [key, inner] of entries) {
    if (inner === undefined) continue;
    const start = indent + (typeof key === "number" ? "-" : `${inline(key)}:`);
    const at = [...path, key];
    if (isLeaf(inner)) {
      yield { text: `${start} ${inline(inner)}`, comment: comment(at) };
      continue;
    }
    const lines = [...linesOf(inner, at, `${indent}  `, comment, registry)];
    const [first, ...rest] = lines;
    // The first line of a list's map stands behind the dash.
    if (typeof key === "number" && isRecord(inner) && first) {
      yield { ...first, text: `${start} ${first.text.trimStart()}` };
      yield* rest;
    } else {
      yield isChoice(at, registry)
        ? { text: start, comment: comment(at) }
        : { text: start };
      yield* lines;
    }
  }
}

/** Says where the value at a path of the resolved pipeline comes from. */
function commenter(
  source: PipelineValue,
  registry: Registry,
  folder: string,
): (path: Path) => string {
  const say: {
    readonly [K in Origin["kind"]]: (
      origin: Extract<Origin, { kind: K }>,
    ) => string;
  } = {
    // Files are named as they are from the pipeline's own folder.
    written: ({ path }) =>
      source.origin(path, (name) => relative(folder, name)),
    preset: ({ name }) => `preset ${name}`,
    default: () => "default",
  };
  return (path) => {
    const origin = originOf(path, source.value, registry);
    return say[origin.kind](origin as never);
  };
}

/** Lines of a sweep: what each point changes in the pipeline before it. */
function* sweepLines(
  base: Plain,
  sweep: OutlinedSweep,
  source: PipelineValue,
  registry: Registry,
  folder: string,
): Generator<Line> {
  const named = (name: string): string => relative(folder, name);
  const ofFile = (path: Path): string => source.origin(path, named);
  const points = new Map(
    sweep.points.map((point) => {
      const variant = source.with(point.changes, new Findings());
      const comment = commenter(variant, registry, folder);
      return [point.name, { point, variant, comment }];
    }),
  );
  const comment = (path: Path): string => {
    const [, section, name, key, ...rest] = path;
    const found = points.get(String(name));
    if (section !== "points" || !found) return ofFile(path);
    const { point, variant, comment } = found;
    if (key === undefined) return ofFile(point.at);
    if (key === "paper") return ofFile([...point.at, "paper"]);
    const inPipeline = [...overridePath(base, String(key)), ...rest];
    const gone = valueAt(variant.value, inPipeline) === undefined &&
      valueAt(base, inPipeline) !== undefined;
    return gone ? variant.origin(inPipeline, named) : comment(inPipeline);
  };
  yield { text: "sweep:" };
  yield* linesOf(plainPoints(base, sweep), ["sweep"], "  ", comment, registry);
}

/**
 * The resolved pipeline as YAML, and what each point of its sweep changes. A
 * comment behind every value names the file and line that wrote it, `--set`,
 * the preset it belongs to, or says `default`. The text loads to the same
 * pipeline.
 */
export function explainOutline(
  { resolved, sweep, channels }: Explained,
  { file, text, set = [], registry: all = BUILT_IN }: ExplainedFile,
): string {
  const registry = fitPresets(all, { channels });
  const source = readSource(file, text, set, new Findings());
  const folder = dirname(file);
  const comment = commenter(source, registry, folder);
  const lines = [
    ...linesOf(resolved, [], "", comment, registry),
    ...(sweep ? sweepLines(resolved, sweep, source, registry, folder) : []),
  ];
  const column = Math.min(
    WIDEST_COLUMN,
    Math.max(...lines.map(({ text, comment }) => comment ? text.length : 0)),
  );
  return lines.map(({ text, comment }) =>
    comment ? `${text.padEnd(column)}  # ${comment}\n` : `${text}\n`
  ).join("");
}

/** The same of a loaded pipeline. */
export function explain(
  { pipeline, sweep }: Pick<LoadedPipeline, "pipeline" | "sweep">,
  source: ExplainedFile,
): string {
  return explainOutline({
    resolved: resolve(pipeline),
    channels: channelsOf(pipeline.data),
    ...(sweep ? { sweep: outlineSweep(sweep) } : {}),
  }, source);
}
