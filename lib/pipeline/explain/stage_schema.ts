/** @file JSON Schema of stages: one for each definition and key. */
import {
  headNames,
  headRecipe,
  kindsOf,
  type Registry,
} from "../../model/registry.ts";
import { SOURCES, STAGE_NAME } from "../../model/reference.ts";
import { isNamed } from "../../model/stage_kind.ts";
import type { Port, StageDefinition, StageKind } from "../../stages/define.ts";
import {
  describe,
  fromZod,
  mapSchema,
  USER,
  userMap,
  withOptions,
} from "../../stages/json.ts";
import type { JsonSchema } from "../../stages/syntax.ts";
import { USER_FILE } from "../../stages/user_file.ts";
import { weight } from "../parse/parse_stage.ts";

/** A reference to a shared schema. */
export const ref = (name: string): JsonSchema => ({
  $ref: `#/definitions/${name}`,
});

/** `STAGE_NAME` without its anchors. */
const NAME = STAGE_NAME.source.slice(1, -1);
const VIEWS = "(\\[(\\d{1,3}|\\d{0,3}:\\d{0,3})\\])?";
const PLAIN = `${NAME}${VIEWS}`;

/** What a stage reads. */
export const REFERENCE: JsonSchema = {
  description:
    "Output of a stage: `name`, `name.output`, `name[view]`, `name[from:to]` or `stop_gradient(name)`",
  type: "string",
  pattern: `^(${PLAIN}|stop_gradient\\(\\s*${PLAIN}\\s*\\))$`,
};

/** References at an input: one, a list, or as many as it has sides. */
function inputSchema({ is, sides, summary }: Port): JsonSchema {
  const description = summary ? { description: summary } : {};
  if (is.length === 1 && is[0] === "pixels") {
    return { ...description, const: SOURCES[0] };
  }
  if (sides !== undefined) {
    return {
      ...description,
      type: "array",
      items: ref("reference"),
      minItems: sides,
      maxItems: sides,
    };
  }
  return { ...description, ...ref("references") };
}

/** Keys of a stage beside its options, and which of them it needs. */
function frame(
  kind: StageKind,
  definition: StageDefinition,
  name: JsonSchema,
): { readonly properties: JsonSchema; readonly required: readonly string[] } {
  const ports = Object.entries(definition.inputs);
  const links = definition.links ?? [];
  return {
    properties: {
      ...(isNamed(kind)
        ? { [kind.key]: { description: kind.summary, ...name } }
        : {}),
      ...Object.fromEntries(
        links.map((key) => [key, { ...REFERENCE, description: kind.summary }]),
      ),
      ...Object.fromEntries(
        ports.map(([key, port]) => [key, inputSchema(port)]),
      ),
      ...(definition.objective ? { weight: fromZod(weight) } : {}),
    },
    required: [
      kind.key,
      ...links,
      ...ports.filter(([, { optional }]) => !optional).map(([key]) => key),
    ].filter((key, i, all) => all.indexOf(key) === i),
  };
}

/** The schema of a definition under one of its keys. */
function stageSchema(
  kind: StageKind,
  definition: StageDefinition,
  registry: Registry,
  shared: (name: string, schema: () => JsonSchema) => JsonSchema,
): JsonSchema {
  const { properties, required } = frame(kind, definition, {
    description: describe(definition),
    const: definition.name,
  });
  const { syntax } = definition;
  const schema = syntax
    ? mapSchema(
      describe(definition),
      { ...properties, ...syntax.schema(registry, shared) },
      required,
    )
    : withOptions(definition, properties, required);
  // A twin has the inputs of the stage that it is a twin of.
  return definition.inputsOfLink
    ? { ...schema, additionalProperties: ref("references") }
    : schema;
}

/** The same with names of heads, which give what the definition cannot do without. */
function headSchema(
  kind: StageKind,
  definition: StageDefinition,
  registry: Registry,
): JsonSchema | undefined {
  const named = headNames(registry, kind.key).filter((name) =>
    headRecipe(registry, kind.key, name)?.network === definition.name
  );
  if (named.length === 0) return undefined;
  const { properties, required } = frame(kind, definition, {
    enum: named,
    enumDescriptions: named.map((name) => registry.heads[name]?.summary ?? ""),
  });
  return { ...withOptions(definition, properties, []), required };
}

/** Schemas of the stages, one for each key and definition; and what they share. */
export function stageSchemas(registry: Registry): {
  readonly stages: Readonly<Record<string, JsonSchema>>;
  readonly common: Readonly<Record<string, JsonSchema>>;
} {
  const stages: Record<string, JsonSchema> = {};
  const common: Record<string, JsonSchema> = {};
  const shared = (name: string, schema: () => JsonSchema): JsonSchema => {
    common[name] ??= schema();
    return ref(name);
  };
  for (const definition of registry.stages) {
    for (const kind of definition.kinds) {
      const { key } = kind;
      const name = isNamed(kind) ? `${key}.${definition.name}` : key;
      stages[name] = stageSchema(kind, definition, registry, shared);
      const heads = isNamed(kind) && headSchema(kind, definition, registry);
      if (heads) stages[`${name}.preset`] = heads;
      if (!isNamed(kind) || stages[`${key}.own`]) continue;
      const [main, port] = Object.entries(definition.inputs)[0] ?? [];
      stages[`${key}.own`] = userMap({
        [key]: USER,
        ...(main && port ? { [main]: inputSchema(port) } : {}),
      });
    }
  }
  stages["own"] = userMap({ use: USER });
  return { stages, common };
}

/** Names of one key that have the same keys beside them. */
export interface Case {
  /** Each with what it means. */
  readonly names: readonly (readonly [name: string, summary: string])[];
  /** The definition of the map that it stands in. */
  readonly then: string;
}

/**
 * A map that is told apart by the name that one of its keys has, so that
 * options of one name are held to that name alone.
 *
 * @param own The definition of a map that names a module of one's own.
 * @param suffix Of definitions, such as `.part`.
 */
export function namedChoice(
  key: string,
  description: string,
  cases: readonly Case[],
  own: string,
  suffix: string,
): JsonSchema {
  const when = (name: JsonSchema, then: string): JsonSchema => ({
    if: { properties: { [key]: name }, required: [key] },
    then: ref(`${then}${suffix}`),
  });
  const all = cases.flatMap(({ names }) => names);
  return {
    type: "object",
    properties: {
      [key]: {
        description,
        anyOf: [
          {
            enum: all.map(([name]) => name),
            enumDescriptions: all.map(([, summary]) => summary),
          },
          USER,
        ],
      },
    },
    allOf: [
      ...cases.map(({ names: [[first = ""] = [], ...others], then }) =>
        when(
          others.length === 0
            ? { const: first }
            : { enum: [first, ...others.map(([name]) => name)] },
          then,
        )
      ),
      when({ type: "string", pattern: USER_FILE.source }, own),
    ],
  };
}

/** The schemas of one kind, told apart by the name that its key has. */
function kindChoice(
  kind: StageKind,
  registry: Registry,
  suffix: string,
): JsonSchema {
  const { key } = kind;
  if (!isNamed(kind)) return ref(`${key}${suffix}`);
  const definitions = registry.stages.filter(({ kinds }) =>
    kinds.some((one) => one.key === key)
  );
  const heads = headNames(registry, key);
  const cases = definitions.flatMap((one): readonly Case[] => {
    const { name } = one;
    const named = heads.filter((head) =>
      headRecipe(registry, key, head)?.network === name
    );
    return [
      { names: [[name, describe(one)]], then: `${key}.${name}` },
      ...(named.length > 0
        ? [{
          names: named.map((head) =>
            [head, registry.heads[head]?.summary ?? head] as const
          ),
          then: `${key}.${name}.preset`,
        }]
        : []),
    ];
  });
  return namedChoice(key, kind.summary, cases, `${key}.own`, suffix);
}

/**
 * The schema of a stage, by its name among definitions, and those that it
 * refers to: that of the kind which its key tells, so that options of one kind
 * are held to that kind alone.
 *
 * @param unnamed What a stage without its kind is, in a file with bases.
 */
export function stageChoice(
  registry: Registry,
  suffix: string,
  unnamed?: JsonSchema,
): Readonly<Record<string, JsonSchema>> {
  const inputs = new Set(
    registry.stages.flatMap((one) => Object.keys(one.inputs)),
  );
  const kinds = kindsOf(registry);
  const isInput = ({ key }: StageKind): boolean => inputs.has(key);
  // A key that other kinds have as an input tells the kind where none of theirs does.
  const ordered = [
    ...kinds.filter((kind) => !isInput(kind)),
    ...kinds.filter(isInput),
  ];
  const none: JsonSchema = unnamed ?? {
    type: "object",
    properties: Object.fromEntries(
      kinds.map(({ key, summary }) => [key, { description: summary }]),
    ),
    anyOf: [...kinds.map(({ key }) => ({ required: [key] })), {
      required: ["use"],
    }],
  };
  const nameOf = ({ key }: StageKind): string => `kind.${key}${suffix}`;
  const choice = ordered.reduceRight<JsonSchema>(
    (otherwise, kind) => ({
      if: { required: [kind.key] },
      // In a part such a key may be an input of what a base names.
      then: unnamed && isInput(kind)
        ? { anyOf: [ref(nameOf(kind)), unnamed] }
        : ref(nameOf(kind)),
      else: otherwise,
    }),
    { if: { required: ["use"] }, then: ref("own"), else: none },
  );
  return {
    ...Object.fromEntries(
      kinds.map((kind) => [nameOf(kind), kindChoice(kind, registry, suffix)]),
    ),
    [`stage${suffix}`]: {
      description: "A stage; one key says its kind",
      type: "object",
      ...choice,
    },
  };
}
