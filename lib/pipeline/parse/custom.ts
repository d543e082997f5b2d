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
import { expectDefinition } from "../../model/definition_form.ts";
import { isNamed } from "../../model/stage_kind.ts";
import { isRecord } from "../../diagnostics/validate.ts";
import { reasonIn } from "../../stages/user_code.ts";
import { isUserFile } from "../../stages/user_file.ts";
import { watchImport } from "../../trace/chance.ts";
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

/** Paths of the modules that a value names, each once, as it names them. */
export const modulesIn = (value: unknown): readonly string[] => [
  ...new Set([...mentions(value)].map(({ file }) => file)),
];

/** A module that is about to be executed. */
export interface ExecutedModule {
  /** As the pipeline names it. */
  readonly file: string;
  /** Where the pipeline names it. */
  readonly path: Path;
  /** What it is made of, its own file first; absolute paths. */
  readonly files: readonly string[];
}

/** Told of a module before it is executed; what it returns is called when it was. */
export type OnModule = (module: ExecutedModule) => (() => void) | void;

/** What is done with modules. */
export interface ModuleOptions {
  /** Checks their types; not checked by default. */
  readonly typeCheck?: TypeCheck | undefined;
  /** Told of a module before it is executed. */
  readonly onModule?: OnModule | undefined;
  /** Time that a module has to be imported in; 30 s by default. */
  readonly importSeconds?: number | undefined;
  /** Gives the default export of a module in another way. */
  readonly importer?: (file: string) => Promise<unknown>;
}

/** An honest module is imported in a fraction of a second. */
export const IMPORT_SECONDS = 30;

/** Imports a module with all that this process may do, but for ending it. */
async function importTrusted(
  { file, path }: Mention,
  baseDir: string,
  { onModule, importSeconds = IMPORT_SECONDS }: ModuleOptions,
): Promise<unknown> {
  const full = resolve(baseDir, file);
  const files = await moduleFiles(full);
  const imported = onModule?.({ file, path, files });
  const { href } = pathToFileURL(full);
  const drawn = watchImport(href);
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const { default: definition } = await Promise.race([
      import(href),
      new Promise<never>((_, fail) => {
        const reason = new Error(
          `it did not come to an end within ${importSeconds} s`,
        );
        timer = setTimeout(() => fail(reason), 1000 * importSeconds);
      }),
    ]);
    return definition;
  } finally {
    clearTimeout(timer);
    drawn();
    imported?.();
  }
}

/** Imports a definition; the path takes the place of its name. */
async function importDefinition(
  mention: Mention,
  baseDir: string,
  options: ModuleOptions,
): Promise<Registrable> {
  const { file } = mention;
  const definition = expectDefinition(
    await (options.importer?.(file) ??
      importTrusted(mention, baseDir, options)),
  );
  return { ...definition, name: file };
}

// Taken now: modules are also imported where there is no Deno.
const { NotFound } = Deno.errors;

/** Why a module cannot be used, and where in it. */
export function reason(error: unknown, file = ""): string {
  if (error instanceof NotFound) return "there is no such file";
  return reasonIn(file, error);
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
  for (const mention of mentions(value, namingKeys(registry))) {
    const { file, path, at } = mention;
    let definition = loaded.get(file);
    if (!definition) {
      definition = importDefinition(mention, baseDir, options);
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
        `Cannot use "${file}": ${reason(error, file)}`,
        { at, hints: [`paths start at ${baseDir}`] },
      );
    }
  }
  return register(registry, ...new Set(definitions));
}
