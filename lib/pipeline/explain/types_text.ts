/**
 * @file TypeScript types of what a pipeline can name, as text: stages,
 * transforms, optimizers and sources with their options. `deno task generate`
 * writes them to `stage_types.ts`, so that a misspelt option fails in `deno check`.
 */
import { share } from "../parse/sections.ts";
import { BUILT_IN, kindsOf, type Registry } from "../../model/registry.ts";
import { choiceSchema, withOptions } from "../../stages/json.ts";
import type { JsonSchema } from "../../stages/syntax.ts";
import { stageSchemas } from "./stage_schema.ts";

/** Types of shared schemas, by the name of the reference. */
const NAMED: Readonly<Record<string, string>> = {
  reference: "ReferenceText",
  references: "ReferenceText | readonly ReferenceText[]",
  preset: "PresetName",
  transforms: "readonly TransformConfig[]",
};

const union = (types: readonly string[]): string =>
  [...new Set(types)].join(" | ");

const list = (type: string): string =>
  `readonly ${/[|&]/.test(type) ? `(${type})` : type}[]`;

const KEY = /^[A-Za-z_]\w*$/;

const comment = (text: unknown, indent: string): string =>
  typeof text === "string"
    ? `${indent}/** ${text.replaceAll("*/", "*\\/")} */\n`
    : "";

/** What an option means, and each of its values. */
function told({ description, enum: values, enumDescriptions }: JsonSchema) {
  if (!Array.isArray(values) || !Array.isArray(enumDescriptions)) {
    return description;
  }
  const all = values.map((value, i) => `\`${value}\`: ${enumDescriptions[i]}`)
    .join("; ");
  return description === undefined ? all : `${description}. ${all}`;
}

/** A map's properties, each with its description. */
function properties(schema: JsonSchema, indent: string): string {
  const own = (schema["properties"] ?? {}) as Readonly<
    Record<string, JsonSchema>
  >;
  const required = (schema["required"] ?? []) as readonly string[];
  const lines = Object.entries(own).map(([key, inner]) => {
    const name = KEY.test(key) ? key : JSON.stringify(key);
    const sign = required.includes(key) ? "" : "?";
    const type = typeOf(inner, `${indent}  `);
    return `${
      comment(told(inner), `${indent}  `)
    }${indent}  readonly ${name}${sign}: ${type};\n`;
  });
  const more = schema["additionalProperties"];
  const open = typeof more === "object" && more !== null
    ? [
      `${indent}  /** Further inputs: those of the stage that it takes part in. */\n${indent}  readonly [key: string]: ${
        union(["unknown"])
      };\n`,
    ]
    : [];
  return [...lines, ...open].join("");
}

/** Types by JSON Schema's `type`. */
const TYPES: Readonly<
  Record<string, (schema: JsonSchema, indent: string) => string>
> = {
  string: () => "string",
  number: () => "number",
  integer: () => "number",
  boolean: () => "boolean",
  null: () => "null",
  array(schema, indent) {
    const { items, minItems, maxItems } = schema as {
      readonly items?: JsonSchema | readonly JsonSchema[];
      readonly minItems?: number;
      readonly maxItems?: number;
    };
    if (Array.isArray(items)) {
      return `readonly [${items.map((one) => typeOf(one, indent)).join(", ")}]`;
    }
    const type = typeOf((items ?? {}) as JsonSchema, indent);
    return minItems !== undefined && minItems === maxItems
      ? `readonly [${Array(minItems).fill(type).join(", ")}]`
      : list(type);
  },
  object(schema, indent) {
    if (!schema["properties"] && !schema["additionalProperties"]) {
      return "Readonly<Record<string, unknown>>";
    }
    return `{\n${properties(schema, indent)}${indent}}`;
  },
};

/** The type of a schema, as text. */
function typeOf(schema: JsonSchema, indent = ""): string {
  const { $ref, const: constant, enum: values, anyOf, oneOf, type } =
    schema as {
      readonly $ref?: string;
      readonly const?: unknown;
      readonly enum?: readonly unknown[];
      readonly anyOf?: readonly JsonSchema[];
      readonly oneOf?: readonly JsonSchema[];
      readonly type?: string | readonly string[];
    };
  if ($ref !== undefined) {
    return NAMED[$ref.split("/").at(-1) ?? ""] ?? "unknown";
  }
  if (constant !== undefined) return JSON.stringify(constant);
  if (values) return union(values.map((one) => JSON.stringify(one)));
  const either = anyOf ?? oneOf;
  if (either) return union(either.map((one) => typeOf(one, indent)));
  const all = [type ?? []].flat().filter((one) => one !== "null");
  return all.length > 0
    ? union(all.map((one) => TYPES[one]?.(schema, indent) ?? "unknown"))
    : "unknown";
}

/** The key of a stage's schema, `encode.resnet`. */
const keyOf = (name: string): string => name.split(".")[0] ?? name;

/** Keys that no stage of one's own can have, not even as an input. */
function ownKeys(registry: Registry): readonly string[] {
  const inputs = new Set(
    registry.stages.flatMap((one) => Object.keys(one.inputs)),
  );
  return kindsOf(registry).map(({ key }) => key)
    .filter((key) => !inputs.has(key));
}

const camel = (name: string): string =>
  name.split(/[._-]/).map((part) =>
    part.charAt(0).toUpperCase() + part.slice(1)
  ).join("");

const HEAD = `/**
 * @file Types of stages, transforms, optimizers and sources in pipelines that are
 * written in TypeScript. Generated from the definitions by \`deno task generate\`.
 */

/** \`z\`, \`z[1]\`, \`z[0:2]\`, \`mask.visible\` or \`stop_gradient(z)\`. */
export type ReferenceText = string;
`;

/** The types of a registry's definitions, as the text of a module. */
export function configTypes(registry: Registry = BUILT_IN): string {
  const { stages } = stageSchemas(registry);
  const own = Object.entries(stages).filter(([name]) => !name.endsWith("own"));
  const interfaces = own.map(([name, schema]) =>
    `${comment(schema["description"] ?? `\`${name}\``, "")}export interface ${
      camel(name)
    }Config {\n${properties(schema, "")}}\n`
  );
  const choices = (description: string, definitions: Registry["transforms"]) =>
    typeOf(choiceSchema(description, definitions));
  const sources = registry.sources.map((source) =>
    typeOf(withOptions(source, {
      source: { description: source.summary, const: source.name },
      batch: { description: "Images a step", type: "integer" },
      share: { description: share.description, type: "number" },
    }, ["source", "batch"]))
  );
  return [
    HEAD,
    `/** A definition of your own; its file knows its options. */
export interface OwnStageConfig {
  /** Path of the module, from the pipeline's folder. */
  readonly use: string;
  /** What it reads, and its options. */
  readonly [key: string]: unknown;
}
`,
    ...interfaces,
    `/** Keys that make a stage. */
export type StageKey = ${
      union(kindsOf(registry).map(({ key }) => JSON.stringify(key)))
    };
`,
    `/** Properties of a type that are named. */
export type Named<T> = keyof {
  [K in keyof T as string extends K ? never : K]: T[K];
};
`,
    `/** A stage without the keys of the other kinds, so that its own tells which it is. */
export type StageOf<T, Key extends StageKey> =
  & T
  & { readonly [K in Exclude<StageKey, Key | Named<T>>]?: never };
`,
    `/** One stage; the key that names its kind tells which. */
export type StageConfig =\n${
      own.map(([name]) =>
        `  | StageOf<${camel(name)}Config, ${JSON.stringify(keyOf(name))}>`
      ).join("\n")
    }\n  | OwnStageConfig & { readonly [K in ${
      union(ownKeys(registry).map((key) => JSON.stringify(key)))
    }]?: never };
`,
    `/** Named augmentations. */
export type PresetName = ${
      union(Object.keys(registry.presets).map((name) => JSON.stringify(name)))
    };
`,
    `/** A transform: its name, \`{ name: options }\`, or \`{ use: file }\`. */
export type TransformConfig = ${
      choices("A transform", registry.transforms)
    } | OwnStageConfig;
`,
    `/** An optimizer with its options. */
export type OptimizerConfig = ${
      typeOf(choiceSchema("An optimizer", registry.optimizers))
    } | OwnOptionsConfig;
`,
    `/** Options of an optimizer or a source of your own, by the path of its file. */
export interface OwnOptionsConfig {
  /** By the names of the definition's schema. */
  readonly [file: \`./\${string}\` | \`/\${string}\` | \`../\${string}\`]: unknown;
}
`,
    `/** Where images come from, and how many a step takes. */
export type DataConfig = ${union(sources)} | {
  /** Path of a module of your own. */
  readonly source: \`./\${string}\` | \`/\${string}\` | \`../\${string}\`;
  /** Images a step. */
  readonly batch: number;
  /** ${share.description}. */
  readonly share?: number;
  /** Options of the module. */
  readonly [option: string]: unknown;
};
`,
  ].join("\n");
}
