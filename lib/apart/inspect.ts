/** @file Checks a pipeline, and gives the modules that it names no rights. */
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";
import { checkData } from "../pipeline/check/check_data.ts";
import { modulesIn, reason, type TypeCheck } from "../pipeline/parse/custom.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import {
  checkTrusted,
  pick,
  type Reading,
  readPipeline,
  readText,
} from "../pipeline/load.ts";
import { moduleFiles } from "../pipeline/parse/module_files.ts";
import {
  type Outline,
  type OutlinedFile,
  outlineFile,
} from "../pipeline/explain/outline.ts";
import { BUILT_IN } from "../model/registry.ts";
import { renderAll } from "../pipeline/check/render.ts";
import { gather, inFile } from "../pipeline/sweep/variants.ts";
import { UserError } from "../errors.ts";
import { ask } from "./ask.ts";
import type { Checked, ModuleRequest } from "./messages.ts";

/** How a pipeline is looked at. */
export interface InspectOptions {
  /** Changes, each `a.b=value`. */
  readonly set?: readonly string[];
  /** Name of a point of the file's sweep, in place of the whole. */
  readonly point?: string | undefined;
  /** The file's text, where it is not the one on the disk. */
  readonly text?: string;
  /** Folder that relative paths start from; the file's, by default. */
  readonly baseDir?: string;
  /** Checks the types of modules, without executing them. */
  readonly typeCheck?: TypeCheck;
}

/** A finding with its place in a file. */
export interface PlacedFinding extends
  Pick<
    Diagnostic,
    "code" | "severity" | "message" | "hints"
  > {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** What was found. */
export interface Inspection {
  /** The findings, each with its line and column. */
  readonly placed: readonly PlacedFinding[];
  readonly findings: readonly Diagnostic[];
  /** The findings as text, in order; empty when there are none. */
  readonly text: string;
  /** Points of its sweep. */
  readonly points: number;
  /** Present when there is no error. */
  readonly outline?: () => OutlinedFile;
}

/** All findings of a reading that was checked. */
const placedIn = ({ variants }: Reading): readonly PlacedFinding[] =>
  gather(variants).map(({ finding, locator }) => {
    const { code, severity, message, hints, path, at } = finding;
    const { file, line, column, length } = locator.locate(path, at);
    return { code, severity, message, hints, file, line, column, length };
  });

/** Which of its modules may be imported, and what is wrong with their types. */
async function screen(
  { variants, baseDir }: Reading,
  typeCheck: TypeCheck | undefined,
): Promise<{ modules: ModuleRequest[]; files: string[] }> {
  const names = new Set(
    variants.flatMap(({ source }) => modulesIn(source.value)),
  );
  const modules: ModuleRequest[] = [];
  const files = new Set<string>();
  for (const file of names) {
    const path = resolve(baseDir, file);
    try {
      for (const one of await moduleFiles(path)) files.add(one);
      const types = await typeCheck?.(path, file) ?? [];
      const url = pathToFileURL(await Deno.realPath(path)).href;
      modules.push({ file, url, types });
    } catch (error) {
      if (error instanceof UserError) throw error;
      modules.push({ file, refused: reason(error), types: [] });
    }
  }
  return { modules, files: [...files] };
}

/** A source that comes with Stopgrad, by what the worker says of it. */
function sourceOf(
  { source: wanted, options }: {
    readonly source: string;
    readonly options?: unknown;
  },
) {
  const source = BUILT_IN.sources.find(({ name }) => name === wanted);
  const read = source?.options.safeParse(options);
  return source && read?.success ? { source, options: read.data } : undefined;
}

/** Adds what the worker found to what was found before it. */
function take(reading: Reading, checked: readonly Checked[]): void {
  reading.variants.forEach(({ source, findings }, i) => {
    const { found = [], data } = checked[i] ?? {};
    findings.add(...found);
    const own = data && sourceOf(data);
    const judged = data?.judged && sourceOf(data.judged);
    if (!own) return;
    checkData(
      {
        data: own,
        evaluate: {
          knn: data.knn,
          linear: data.linear,
          ...(judged ? { data: judged } : {}),
        },
        labels: data.labels,
      },
      source.value,
      reading.baseDir,
      findings,
    );
  });
}

/** What a file came to, of the answers for its pipelines. */
function outlineFrom(
  { file, sweep }: Reading,
  outlines: readonly Outline[],
  point: string | undefined,
): OutlinedFile {
  const [own, ...others] = outlines as [Outline, ...Outline[]];
  const points = sweep?.points.map((one, i) => ({
    ...one,
    ...others[i] as Outline,
    name: one.name,
  }));
  if (point !== undefined) {
    const { name } = pick(file, points, point);
    const at = points?.findIndex((one) => one.name === name) ?? 0;
    return others[at] as Outline;
  }
  return sweep && points
    ? { ...own, sweep: { paper: sweep.paper, points } }
    : own;
}

async function inspectApart(
  reading: Reading,
  { point, typeCheck }: InspectOptions,
): Promise<Inspection> {
  const { variants, file, baseDir, sweep } = reading;
  const { modules, files } = await screen(reading, typeCheck);
  const checked = await ask({
    file,
    baseDir,
    modules,
    values: variants.map(({ source }) => source.value),
  }, files);
  take(reading, checked);
  const placed = gather(variants);
  const outlines = checked.flatMap(({ outline }) => outline ?? []);
  const failed = variants.some(({ findings }) => findings.failed);
  return {
    findings: inFile(placed),
    placed: placedIn(reading),
    text: renderAll(placed),
    points: sweep?.points.length ?? 0,
    ...(failed || outlines.length < variants.length
      ? {}
      : { outline: () => outlineFrom(reading, outlines, point) }),
  };
}

/**
 * Checks a pipeline file, and every point of its sweep. Modules that it names
 * are imported in a worker that can read their own files, and nothing else.
 *
 * @throws {UserError} When the file cannot be read.
 */
export async function inspect(
  file: string,
  options: InspectOptions = {},
): Promise<Inspection> {
  const { set = [], point, text: own, baseDir } = options;
  const read = { set, ...(baseDir === undefined ? {} : { baseDir }) };
  const reading = own === undefined
    ? await readPipeline(file, read)
    : readText(file, own, read);
  if (reading.variants.some(({ source }) => modulesIn(source.value).length)) {
    return await inspectApart(reading, options);
  }
  const { findings, text, loaded } = await checkTrusted(reading, { point });
  return {
    findings,
    placed: placedIn(reading),
    text,
    points: reading.sweep?.points.length ?? 0,
    ...(loaded ? { outline: () => outlineFile(loaded) } : {}),
  };
}

/**
 * The outline of a pipeline file, with its warnings as text.
 *
 * @throws {UserError} With every problem, when there is an error.
 */
export async function outlined(
  file: string,
  options: InspectOptions = {},
): Promise<OutlinedFile & { readonly warnings: string }> {
  const { text, outline } = await inspect(file, options);
  if (!outline) throw new UserError(text);
  return { ...outline(), warnings: text };
}
