/** @file A pipeline from a file: read, parsed, wired, all problems together. */
import { basename, dirname, resolve } from "node:path";
import { UserError } from "../errors.ts";
import type { StageGraph } from "../graph/stage_graph.ts";
import { checkDraft, wire } from "../graph/wire.ts";
import { withUserFiles } from "./custom.ts";
import { type Diagnostic, Findings } from "./diagnostic.ts";
import { parsePipeline } from "./parse.ts";
import type { Pipeline } from "./pipeline.ts";
import { BUILT_IN, type Registry } from "./registry.ts";
import { renderAll } from "./render.ts";
import { findRisks } from "./risks.ts";
import { readSource, type Source } from "./source.ts";

/** How a pipeline is loaded. */
export interface LoadOptions {
  /** Changes, each `a.b=value`. */
  readonly set?: readonly string[];
  /** What it can name; what comes with Stopgrad, by default. */
  readonly registry?: Registry;
  /** Folder that relative paths start from; the file's, by default. */
  readonly baseDir?: string;
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

/** A pipeline's value; none when its files or variables have a mistake. */
interface Reading {
  readonly file: string;
  readonly source: Source;
  readonly baseDir: string;
}

function read(
  file: string,
  text: string,
  { set = [], baseDir = dirname(resolve(file)) }: LoadOptions,
  findings: Findings,
): Reading {
  return { file, source: readSource(file, text, set, findings), baseDir };
}

function check(
  { file, source, baseDir }: Reading,
  registry: Registry,
  findings: Findings,
): CheckResult {
  const name = basename(file).replace(/\.ya?ml$/, "")
    .replace(/[^\w.-]+/g, "-").slice(0, 100) || "pipeline";
  const { value } = source;
  const { pipeline, draft } = value === undefined
    ? {}
    : parsePipeline(value, name, registry, findings);
  const graph = pipeline && wire(pipeline, findings);
  if (draft) checkDraft(draft, findings);
  if (pipeline && graph) findRisks(pipeline, graph, findings);
  const all = findings.all;
  const result = { findings: all, text: renderAll(all, source) };
  if (!pipeline || !graph || findings.failed) return result;
  return {
    ...result,
    loaded: { pipeline, graph, value, warnings: result.text, baseDir },
  };
}

/**
 * Checks the text of a pipeline: everything that can be known before data
 * loads. Needs no engine; a user's own modules are not loaded.
 *
 * @param file Name for messages, and for the pipeline when it has none.
 */
export function checkText(
  file: string,
  text: string,
  options: LoadOptions = {},
): CheckResult {
  const findings = new Findings();
  const reading = read(file, text, options, findings);
  return check(reading, options.registry ?? BUILT_IN, findings);
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
  let text: string;
  try {
    text = await Deno.readTextFile(file);
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
  const findings = new Findings();
  const reading = read(file, text, options, findings);
  const registry = await withUserFiles(
    reading.source.value,
    reading.baseDir,
    options.registry ?? BUILT_IN,
    findings,
  );
  return check(reading, registry, findings);
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
