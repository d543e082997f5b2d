/** @file A pipeline from a file: read, parsed, wired, all problems together. */
import { basename, dirname, resolve } from "node:path";
import { UserError } from "../errors.ts";
import type { StageGraph } from "../graph/stage_graph.ts";
import { checkDraft, wire } from "../graph/wire.ts";
import { readRegularText } from "../regular_file.ts";
import { checkData, labelsRead } from "./check/check_data.ts";
import {
  type OnModule,
  type TypeCheck,
  withUserFiles,
} from "./parse/custom.ts";
import { type Diagnostic, Findings } from "../diagnostics/diagnostic.ts";
import { parsePipeline } from "./parse/parse.ts";
import { nearest } from "../diagnostics/nearest.ts";
import type { Pipeline } from "../model/pipeline.ts";
import { BUILT_IN, type Registry } from "../model/registry.ts";
import { type Origin, renderAll } from "./check/render.ts";
import { findRisks } from "./check/risks.ts";
import { readSource } from "./language/pipeline_value.ts";
import type { Paper, Sweep, SweepPoint } from "./sweep/sweep.ts";
import { gather, inFile, type Variant, variantsOf } from "./sweep/variants.ts";

/** How a pipeline is loaded. */
export interface LoadOptions {
  /** Changes, each `a.b=value`. */
  readonly set?: readonly string[];
  /** What it can name; what comes with Stopgrad, by default. */
  readonly registry?: Registry;
  /** Folder that relative paths start from; the file's, by default. */
  readonly baseDir?: string;
  /** Name of a point of the file's sweep, to load in place of the whole. */
  readonly point?: string | undefined;
  /** Checks the types of a user's modules; not checked by default. */
  readonly typeCheck?: TypeCheck | undefined;
  /** Told of a module before it is executed. */
  readonly onModule?: OnModule | undefined;
  /** Time that a module has to be imported in; 30 s by default. */
  readonly importSeconds?: number | undefined;
}

/** A pipeline that passed every check. */
export interface LoadedPipeline {
  /** Checked, with defaults filled in. */
  readonly pipeline: Pipeline;
  /** Its stages, wired. */
  readonly graph: StageGraph;
  /** The file's data, with its bases, overrides and variables. */
  readonly value: unknown;
  /** Warnings, as text. */
  readonly warnings: string;
  /** Folder that relative paths start from. */
  readonly baseDir: string;
  /** The points of the file's sweep, if it has one. */
  readonly sweep?: LoadedSweep;
}

/** A sweep whose points passed every check. */
export interface LoadedSweep {
  /** What the papers' figures are. */
  readonly paper: Paper;
  /** In the order in which they run. */
  readonly points: readonly LoadedPoint[];
}

/** A point of a sweep, with its pipeline. */
export interface LoadedPoint extends SweepPoint {
  /** The file's pipeline with the point's changes. */
  readonly loaded: LoadedPipeline;
}

/** What {@linkcode checkPipeline} found. */
export interface CheckResult {
  /** Errors and warnings. */
  readonly findings: readonly Diagnostic[];
  /** The findings as text, in order; empty when there are none. */
  readonly text: string;
  /** Present when there is no error. */
  readonly loaded?: LoadedPipeline;
}

/** What was read of a file, before its pipelines are checked. */
export interface Reading {
  readonly file: string;
  readonly origin: Origin;
  readonly baseDir: string;
  readonly variants: readonly Variant[];
  readonly sweep?: Sweep;
}

/**
 * Reads the text of a pipeline and its bases; checks nothing yet.
 *
 * @param origin Messages about an object name paths in it, not lines of a file.
 */
export function readText(
  file: string,
  text: string,
  { set = [], baseDir = dirname(resolve(file)) }: LoadOptions,
  origin: Origin = "file",
): Reading {
  const findings = new Findings();
  const source = readSource(file, text, set, findings);
  return { file, origin, baseDir, ...variantsOf(source, findings) };
}

/** The name of a pipeline that gives itself none. */
const nameOf = (file: string): string =>
  basename(file).replace(/\.ya?ml$/, "")
    .replace(/[^\w.-]+/g, "-").slice(0, 100) || "pipeline";

/**
 * Checks the value of one pipeline; looks at no file.
 *
 * @param file Gives the pipeline its name where it has none.
 */
export function checkValue(
  value: unknown,
  file: string,
  registry: Registry,
  findings: Findings,
): Pick<LoadedPipeline, "pipeline" | "graph"> | undefined {
  const { pipeline, draft } = value === undefined
    ? {}
    : parsePipeline(value, nameOf(file), registry, findings);
  const graph = pipeline && wire(pipeline, findings);
  if (draft) checkDraft(draft, findings);
  if (pipeline && graph) {
    findRisks(pipeline, graph, findings);
  }
  return pipeline && graph && { pipeline, graph };
}

/** Checks one pipeline of a file, and whether its data are there. */
function checkOne(
  { source: { value }, findings }: Variant,
  { file, baseDir }: Reading,
  registry: Registry,
): Pick<LoadedPipeline, "pipeline" | "graph" | "value"> | undefined {
  const found = checkValue(value, file, registry, findings);
  if (!found) return undefined;
  const { pipeline } = found;
  const judged = { ...pipeline, labels: labelsRead(pipeline) };
  checkData(judged, value, baseDir, findings);
  return findings.failed ? undefined : { ...found, value };
}

function check(
  reading: Reading,
  registry: Registry,
  chosen: string | undefined,
): CheckResult {
  const { file, origin, baseDir, variants, sweep } = reading;
  const checked = variants.map((variant) =>
    checkOne(variant, reading, registry)
  );
  const placed = gather(variants);
  const result = { findings: inFile(placed), text: renderAll(placed, origin) };
  const [own, ...points] = checked.map((one, i) =>
    one &&
    {
      ...one,
      baseDir,
      warnings: renderAll(gather(variants.slice(i, i + 1)), origin),
    }
  );
  if (!own || points.includes(undefined)) return result;
  const loaded = {
    ...own,
    warnings: result.text,
    ...(sweep
      ? {
        sweep: {
          paper: sweep.paper,
          points: sweep.points.map((point, i) => ({
            ...point,
            loaded: points[i] as LoadedPipeline,
          })),
        },
      }
      : {}),
  };
  return {
    ...result,
    loaded: chosen === undefined
      ? loaded
      : pick(file, loaded.sweep?.points, chosen).loaded,
  };
}

/**
 * The point of this name.
 *
 * @param points Of the file's sweep; `undefined` where it has none.
 * @throws {UserError} When there is none of this name.
 */
export function pick<P extends Pick<SweepPoint, "name">>(
  file: string,
  points: readonly P[] | undefined,
  name: string,
): P {
  const found = points?.find((point) => point.name === name);
  if (found) return found;
  const names = points?.map((point) => point.name) ?? [];
  const near = nearest(name, names);
  throw new UserError(
    points
      ? `Cannot find the point "${name}" in the sweep of "${file}"${
        near ? `: did you mean "${near}"?` : "."
      }\nKnown: ${names.map((one) => `"${one}"`).join(", ")}.`
      : `Cannot take the point "${name}": "${file}" has no sweep.`,
  );
}

/**
 * Checks the text of a pipeline, and every point of its sweep: everything
 * that can be known before data loads. Needs no engine; a user's own modules
 * are not loaded.
 *
 * @param file Name for messages, and for the pipeline when it has none.
 */
export function checkText(
  file: string,
  text: string,
  options: LoadOptions = {},
): CheckResult {
  return checkReading(readText(file, text, options), options);
}

/** Checks a pipeline that was read; a user's own modules are not loaded. */
export const checkReading = (
  reading: Reading,
  options: LoadOptions,
): CheckResult => check(reading, options.registry ?? BUILT_IN, options.point);

/**
 * Reads a pipeline file and its bases; checks nothing yet.
 *
 * @throws {UserError} When the file cannot be read.
 */
export async function readPipeline(
  file: string,
  options: LoadOptions,
): Promise<Reading> {
  let text: string;
  try {
    text = await readRegularText(file);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : error instanceof Error
      ? error.message
      : String(error);
    throw new UserError(
      `Cannot read the pipeline "${file}": ${reason}.\nGive the path of a YAML file, for example pipelines/simsiam.yaml.`,
    );
  }
  return readText(file, text, options);
}

/**
 * Checks a pipeline that was read. Executes the user's own modules that it
 * names, with all that this process may do.
 */
export async function checkTrusted(
  reading: Reading,
  options: LoadOptions,
): Promise<CheckResult> {
  let registry = options.registry ?? BUILT_IN;
  for (const { source, findings } of reading.variants) {
    registry = await withUserFiles(
      source.value,
      reading.baseDir,
      registry,
      findings,
      options,
    );
  }
  return check(reading, registry, options.point);
}

/**
 * Checks a pipeline file, with the user's own modules that it names.
 *
 * @throws {UserError} When the file cannot be read.
 */
export async function checkPipeline(
  file: string,
  options: LoadOptions = {},
): Promise<CheckResult> {
  return await checkTrusted(await readPipeline(file, options), options);
}

/**
 * Loads a pipeline file.
 *
 * @throws {UserError} With every problem, when there is an error.
 */
export async function loadPipeline(
  file: string,
  options: LoadOptions = {},
): Promise<LoadedPipeline> {
  const { text, loaded } = await checkPipeline(file, options);
  if (!loaded) throw new UserError(text);
  return loaded;
}
