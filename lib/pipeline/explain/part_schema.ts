/** @file Schemas of parts: what a file with bases may leave out, or take away by `null`. */
import type { JsonSchema } from "../../stages/syntax.ts";

/** Ending of a definition that a file with bases may give in part. */
export const PART = ".part";

/** The same, or nothing: `null` removes what a base has. */
function orNull(schema: JsonSchema): JsonSchema {
  const { description, ...rest } = schema;
  const about = description === undefined ? {} : { description };
  const { type, anyOf } = rest;
  if (type !== undefined && !("const" in rest) && !("enum" in rest)) {
    return { ...about, ...rest, type: [...new Set([type, "null"].flat())] };
  }
  const choices = Array.isArray(anyOf) && Object.keys(rest).length === 1
    ? anyOf
    : [rest];
  return { ...about, anyOf: [...choices, { type: "null" }] };
}

/** What counts keys: some may be in a base, and `null` takes one away. */
const LEFT_OUT = ["required", "minProperties", "maxProperties"];

/** Keys under which values stand, and no schemas. */
const PLAIN = ["enum", "enumDescriptions", "default", "type"];

const mapValues = (
  map: object,
  to: (value: JsonSchema) => JsonSchema,
): JsonSchema =>
  Object.fromEntries(
    Object.entries(map).map(([key, value]) => [key, to(value)]),
  );

const isRequired = (schema: object): boolean =>
  Object.keys(schema).every((key) => key === "required");

/** A schema of which any part may be left out, or be `null`. */
export function partOf<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(partOf) as T;
  if (typeof schema !== "object" || schema === null) return schema;
  const part = (one: JsonSchema) => orNull(partOf(one));
  const entries = Object.entries(schema).flatMap(([key, inner]) => {
    if (LEFT_OUT.includes(key)) return [];
    if (key === "oneOf" && inner.every(isRequired)) return [];
    if (key === "$ref") return [[key, `${inner}${PART}`]];
    if (PLAIN.includes(key)) return [[key, inner]];
    if (key === "properties" || key === "patternProperties") {
      return [[key, mapValues(inner, part)]];
    }
    if (key === "additionalProperties" && typeof inner === "object") {
      return [[key, part(inner)]];
    }
    return [[key, partOf(inner)]];
  });
  return Object.fromEntries(entries);
}

/** What matches a text with one letter left out, added, changed, or two swapped. */
function slipsOf(text: string): string {
  const [first = "", second = ""] = text;
  const rest = text.slice(1);
  if (rest === "") return `.?${first}?|${first}.`;
  return `${first}(?:${slipsOf(rest)})|.?${first}?${rest}|${second}${first}${
    text.slice(2)
  }`;
}

/** Words so short that half of all others are near them. */
const SHORT = 3;

/**
 * A map of which a base says what it is: anything of any of the schemas, and
 * keys of one's own, but no key that is nearly one of theirs.
 *
 * @param parts Schemas of what it can be, each with the key that would say so.
 * @param told What these keys mean.
 */
export function unnamedPart(
  parts: readonly (readonly [key: string, schema: JsonSchema])[],
  told: Readonly<Record<string, string>>,
): JsonSchema {
  const forms = new Map<string, Set<string>>();
  for (const [own, { properties = {} }] of parts) {
    for (const [key, schema] of Object.entries(properties as object)) {
      // With that key it would not be unnamed.
      if (key === own) continue;
      forms.set(key, (forms.get(key) ?? new Set()).add(JSON.stringify(schema)));
    }
  }
  const known = [...new Set([...Object.keys(told), ...forms.keys()])];
  const schemaOf = (key: string): JsonSchema => {
    const [first, ...others] = [...forms.get(key) ?? []]
      .map((text): JsonSchema => JSON.parse(text));
    if (!first) return { description: told[key] };
    const all = [first, ...others];
    const about = new Set(all.flatMap(({ description }) => description ?? []));
    return others.length === 0
      ? first
      : { description: [...about].join(" / "), anyOf: all };
  };
  const slips = known.filter((key) => key.length > SHORT).map(slipsOf);
  return {
    type: "object",
    properties: Object.fromEntries(known.map((key) => [key, schemaOf(key)])),
    patternProperties: {
      [`^(?!(?:${known.join("|")})$)(?:${slips.join("|")})$`]: false,
    },
  };
}
