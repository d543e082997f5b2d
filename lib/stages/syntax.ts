/** @file Options that no schema alone can read: a stage's own part of the language. */
import type { Findings, Path } from "../diagnostics/diagnostic.ts";
import type { TransformDefinition } from "./define_transform.ts";
import type { Place } from "./origin.ts";
import type { AugmentPreset } from "./presets.ts";

/** A JSON Schema, or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What names in options can stand for. */
export interface Names {
  /** Augmentations. */
  readonly transforms: readonly TransformDefinition[];
  /** Named lists of transforms. */
  readonly presets: Readonly<Record<string, AugmentPreset>>;
}

/** Where options are read. */
export interface Reading {
  readonly names: Names;
  readonly findings: Findings;
  /** Of the stage. */
  readonly path: Path;
  /** The stage's keys, as written. */
  readonly keys: Readonly<Record<string, unknown>>;
}

/** Reads and writes the options of one definition. */
export interface Syntax<Options> {
  /** Reads options; reports what is wrong, and gives nothing then. */
  read(reading: Reading): Options | undefined;
  /** Options as plain data that reads to the same. */
  plain(options: Options): Readonly<Record<string, unknown>>;
  /** The place of a resolved value, its path from the stage on, in what was written. */
  place(stage: Place, path: Path, names: Names): Place;
  /** Whether a key, its path from the stage on, is itself a value. */
  isChoice(path: Path): boolean;
  /** JSON Schemas of its keys; `shared` goes into the definitions. */
  schema(
    names: Names,
    shared: (name: string, schema: () => JsonSchema) => JsonSchema,
  ): Readonly<Record<string, JsonSchema>>;
}
