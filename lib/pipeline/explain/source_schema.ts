/** @file JSON Schema of data: one for each source, told apart by its name. */
import type { Registry } from "../../model/registry.ts";
import { describe, USER, userMap, withOptions } from "../../stages/json.ts";
import type { JsonSchema } from "../../stages/syntax.ts";
import * as sections from "../parse/sections.ts";
import { namedChoice } from "./stage_schema.ts";

/** Keys of data that steps take beside a source's own. */
export const STEP_KEYS: JsonSchema = {
  batch: {
    description: "Images a step",
    type: "integer",
    minimum: 1,
    maximum: 1_000_000,
  },
  share: {
    description: sections.share.description,
    type: "number",
    exclusiveMinimum: 0,
    maximum: 1,
  },
};

/**
 * Schemas of a section of data, by the name of the source.
 *
 * @param keys What the section has beside the source's options; of them it
 * needs `batch`.
 */
export function sourceSchemas(
  { sources }: Registry,
  section: string,
  keys: JsonSchema,
): Readonly<Record<string, JsonSchema>> {
  const required = [
    "source",
    ...Object.keys(keys).filter((key) => key === "batch"),
  ];
  return {
    ...Object.fromEntries(sources.map((source) => [
      `${section}.${source.name}`,
      withOptions(source, {
        source: { description: source.summary, const: source.name },
        ...keys,
      }, required),
    ])),
    [`${section}.own`]: { ...userMap({ source: USER, ...keys }), required },
  };
}

/**
 * The schema of a section of data, by its key `source`.
 *
 * @param unnamed What one without a source is, in a file with bases.
 */
export function sourceChoice(
  { sources }: Registry,
  section: string,
  suffix: string,
  unnamed?: JsonSchema,
): JsonSchema {
  const choice = namedChoice(
    "source",
    "Where images come from",
    sources.map((source) => ({
      names: [[source.name, describe(source)]],
      then: `${section}.${source.name}`,
    })),
    `${section}.own`,
    suffix,
  );
  return unnamed
    ? {
      type: "object",
      if: { required: ["source"] },
      then: choice,
      else: unnamed,
    }
    : { ...choice, required: ["source"] };
}
