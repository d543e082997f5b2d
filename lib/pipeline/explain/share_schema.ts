/** @file A JSON Schema with what stands in it more than once written once. */
import type { JsonSchema } from "../../stages/syntax.ts";

/** Keys under which a schema stands, or a list of them; and those of maps. */
const HELD = [
  ...["items", "additionalProperties", "then", "else"],
  ...["anyOf", "allOf", "oneOf"],
];
const MAPS = ["properties", "patternProperties", "definitions"];

/** Letters from which on a reference is shorter, and as easy to read. */
const LONG = 100;

/** Calls back for each schema inside, and takes what it makes of it. */
function inside(
  schema: JsonSchema,
  to: (inner: JsonSchema, name?: string) => unknown,
): JsonSchema {
  const map = (inner: object) =>
    Object.fromEntries(
      Object.entries(inner).map(([name, one]) => [
        name,
        typeof one === "object" ? to(one, name) : one,
      ]),
    );
  return Object.fromEntries(
    Object.entries(schema).map(([key, inner]) => {
      if (typeof inner !== "object" || inner === null) return [key, inner];
      if (MAPS.includes(key)) return [key, map(inner)];
      if (!HELD.includes(key)) return [key, inner];
      return [
        key,
        Array.isArray(inner)
          ? inner.map((one) => to(one))
          : to(inner as JsonSchema),
      ];
    }),
  );
}

/** How often each schema stands in others that differ. */
function tally(root: JsonSchema): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  const visit = (schema: JsonSchema): void => {
    const text = JSON.stringify(schema);
    const before = times.get(text) ?? 0;
    times.set(text, before + 1);
    if (before === 0) inside(schema, visit);
  };
  inside(root, visit);
  return times;
}

/**
 * The same schema, smaller: what it holds twice becomes a definition, named
 * after the option where it stands first.
 */
export function shareRepeated(root: JsonSchema): JsonSchema {
  const times = tally(root);
  const own = root["definitions"] as Readonly<Record<string, JsonSchema>>;
  const shared: Record<string, JsonSchema> = {};
  const names = new Map<string, string>();
  const nameFor = (option: string): string => {
    for (let i = 1;; i++) {
      const name = i === 1 ? `option.${option}` : `option.${option}.${i}`;
      if (!(name in own) && !(name in shared)) return name;
    }
  };
  const share = (schema: JsonSchema, option: string): JsonSchema => {
    const text = JSON.stringify(schema);
    const inner = () =>
      inside(schema, (one, name) => share(one, name ?? option));
    if (text.length < LONG || (times.get(text) ?? 0) < 2) return inner();
    if (!names.has(text)) {
      const name = nameFor(option);
      names.set(text, name);
      shared[name] = {};
      shared[name] = inner();
    }
    return { $ref: `#/definitions/${names.get(text)}` };
  };
  const { definitions, ...rest } = inside(
    root,
    (one, name) => inside(one, (two, inner) => share(two, inner ?? name ?? "")),
  );
  return { ...rest, definitions: { ...definitions as JsonSchema, ...shared } };
}
