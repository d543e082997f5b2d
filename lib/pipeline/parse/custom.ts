/** @file Definitions from a user's own files, where a pipeline names them by path. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Findings, Path } from "../../diagnostics/diagnostic.ts";
import {
  BUILT_IN,
  kindsOf,
  register,
  type Registrable,
  type Registry,
} from "../../model/registry.ts";
import { isNamed } from "../../model/stage_kind.ts";
import { isRecord } from "../../diagnostics/validate.ts";
import { isUserFile } from "../../stages/user_file.ts";
import { moduleFiles } from "./module_files.ts";

/** Keys whose text can name a definition; elsewhere a path is only text. */
const namingKeys = (registry: Registry): ReadonlySet<string> =>
  new Set([
    "use",
    "optimizer",
    "source",
    ...kindsOf(registry).filter(isNamed)
      .map(({ key }) => key),
  ]);

const BUILT_IN_NAMES = namingKeys(BUILT_IN);

/** A place where a pipeline names a module. */
export interface Mention {
  readonly file: string;
  readonly path: Path;
  readonly at: "key" | "value";
}

/** Every place where a value names a user's module. */
export function* mentions(
  value: unknown,
  naming: ReadonlySet<string> = BUILT_IN_NAMES,
  path: Path = [],
): Generator<Mention> {
  const key = path.at(-1);
  if (isUserFile(value)) {
    // In a list stand transforms; a stage's own key may be a kind from a module.
    const ofStage = path.length === 3 && path[0] === "stages";
    if (ofStage || typeof key === "number" || naming.has(String(key))) {
      yield { file: value, path, at: "value" };
    }
  } else if (Array.isArray(value)) {
    for (const [i, entry] of value.entries()) {
      yield* mentions(entry, naming, [...path, i]);
    }
  } else if (isRecord(value)) {
    for (const [name, entry] of Object.entries(value)) {
      const here = [...path, name];
      if (isUserFile(name)) yield { file: name, path: here, at: "key" };
      yield* mentions(entry, naming, here);
    }
  }
}

/** Finds what is wrong with the types of a module, by its absolute path and its name. */
export type TypeCheck = (
  path: string,
  name: string,
) => Promise<readonly string[]>;

const KINDS: ReadonlySet<unknown> = new Set<Registrable["kind"]>([
  "stage",
  "transform",
  "optimizer",
  "source",
]);

/** Paths of the modules that a value names, each once, as it names them. */
export const modulesIn = (value: unknown): readonly string[] => [
  ...new Set([...mentions(value)].map(({ file }) => file)),
];

/** What is done with modules. */
export interface ModuleOptions {
  /** Checks their types; not checked by default. */
  readonly typeCheck?: TypeCheck | undefined;
  /** Told of the files of a module before it is executed; absolute paths. */
  readonly onModule?: ((files: readonly string[]) => void) | undefined;
  /** Gives the default export of a module in another way. */
  readonly importer?: (file: string) => Promise<unknown>;
}

/** Imports a module with all that this process may do. */
async function importTrusted(
  path: string,
  onModule: ModuleOptions["onModule"],
): Promise<unknown> {
  const files = await moduleFiles(path);
  onModule?.(files);
  return (await import(pathToFileURL(path).href)).default;
}

/** Imports a definition; the path takes the place of its name. */
async function importDefinition(
  file: string,
  baseDir: string,
  { importer, onModule }: ModuleOptions,
): Promise<Registrable> {
  const definition = await (importer?.(file) ??
    importTrusted(resolve(baseDir, file), onModule));
  if (!isRecord(definition) || !KINDS.has(definition["kind"])) {
    throw new Error(
      "its default export is no definition: expected defineStage(...), defineLoss(...), defineModule(...), defineTransform(...), defineOptimizer(...) or defineSource(...)",
    );
  }
  return { ...definition, name: file } as unknown as Registrable;
}

// Taken now: modules are also imported where there is no Deno.
const { NotFound } = Deno.errors;

/** Why a module cannot be used. */
export function reason(error: unknown): string {
  if (error instanceof NotFound) return "there is no such file";
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0] ?? text;
}

/**
 * Imports the modules that a pipeline names, and no others; what cannot be
 * imported is reported in its place.
 *
 * @returns The registry with their definitions, each by its path.
 */
export async function withUserFiles(
  value: unknown,
  baseDir: string,
  registry: Registry,
  findings: Findings,
  options: ModuleOptions = {},
): Promise<Registry> {
  const loaded = new Map<string, Promise<Registrable>>();
  const definitions: Registrable[] = [];
  for (const { file, path, at } of mentions(value, namingKeys(registry))) {
    let definition = loaded.get(file);
    if (!definition) {
      definition = importDefinition(file, baseDir, options);
      loaded.set(file, definition);
    }
    try {
      definitions.push(await definition);
      const hints = await options.typeCheck?.(resolve(baseDir, file), file) ??
        [];
      if (hints.length > 0) {
        findings.error(
          "custom-stage",
          path,
          `Cannot use "${file}": its types do not fit`,
          { at, hints },
        );
      }
    } catch (error) {
      findings.error(
        "custom-stage",
        path,
        `Cannot use "${file}": ${reason(error)}`,
        { at, hints: [`paths start at ${baseDir}`] },
      );
    }
  }
  return register(registry, ...new Set(definitions));
}
