/** @file Whether what a module exports is a definition, as far as its form tells. */
import { isRecord } from "../diagnostics/validate.ts";
import type { Registrable } from "./registry.ts";

/** What a part of a definition must be, in words, and how that is seen. */
type Form = readonly [expected: string, is: (value: unknown) => boolean];

const FUNCTION: Form = ["a function", (value) => typeof value === "function"];
const SCHEMA: Form = [
  "a schema of zod, such as z.strictObject({})",
  (value) => isRecord(value) && typeof value["safeParse"] === "function",
];
const NAMES: Form = [
  "a list of names",
  (value) =>
    Array.isArray(value) && value.every((name) => typeof name === "string"),
];
const PORTS: Form = [
  "a map of inputs, such as { of: { is: [...] } }",
  (value) =>
    isRecord(value) &&
    Object.values(value).every((port) =>
      isRecord(port) && Array.isArray(port["is"])
    ),
];
/** It becomes a key of YAML and of JSON Schema. */
const KEY = /^[A-Za-z]\w*$/;
const KINDS: Form = [
  'a name of letters, digits and "_" as its key, or several',
  (value) =>
    Array.isArray(value) && value.length > 0 &&
    value.every((kind) => isRecord(kind) && KEY.test(String(kind["key"]))),
];

/** What Stopgrad reads of each kind without asking. */
const FORMS: Readonly<
  Record<Registrable["kind"], Readonly<Record<string, Form>>>
> = {
  stage: { kinds: KINDS, inputs: PORTS, options: SCHEMA, build: FUNCTION },
  transform: { options: SCHEMA, shape: FUNCTION, apply: FUNCTION },
  optimizer: { options: SCHEMA, slots: NAMES, update: FUNCTION },
  source: { options: SCHEMA, shape: FUNCTION, load: FUNCTION },
};

/**
 * Sees whether a value is a definition.
 *
 * @throws {Error} Saying what it is in place of one.
 */
export function expectDefinition(value: unknown): Registrable {
  const kind = isRecord(value) ? value["kind"] : undefined;
  if (
    !isRecord(value) || typeof kind !== "string" || !Object.hasOwn(FORMS, kind)
  ) {
    throw new Error(
      "its default export is no definition: expected defineStage(...), defineLoss(...), defineModule(...), defineTransform(...), defineOptimizer(...) or defineSource(...)",
    );
  }
  const forms = FORMS[kind as Registrable["kind"]];
  for (const [part, [expected, is]] of Object.entries(forms)) {
    if (is(value[part])) continue;
    throw new Error(
      `its definition, kind "${kind}", has no "${
        part === "kinds" ? "key" : part
      }", or another than was expected: ${expected}`,
    );
  }
  return value as unknown as Registrable;
}
