/**
 * @file The reference page: every stage, transform, optimizer and source with
 * its options, from the definitions. `deno task generate` writes it to
 * docs/reference.md.
 */
import { mlflow, tensorboard } from "../../track/settings.ts";
import {
  BUILT_IN,
  definitionsOf,
  headNames,
  kindsOf,
  type Registry,
} from "../../model/registry.ts";
import { isNamed } from "../../model/stage_kind.ts";
import type {
  Definition,
  StageDefinition,
  StageKind,
} from "../../stages/define.ts";
import { fromZod } from "../../stages/json.ts";
import type { JsonSchema } from "../../stages/syntax.ts";
import * as sections from "../parse/sections.ts";
import { pipelineSchema } from "./json_schema.ts";

/** Text inside of a cell. */
const cell = (text: string): string =>
  text.replaceAll("|", "\\|").replaceAll("\n", " ");

const code = (value: unknown): string => `\`${JSON.stringify(value)}\``;

/** What an option can be, in short. */
function formOf(schema: JsonSchema): string {
  const { const: constant, enum: values, anyOf, type, items, $ref } =
    schema as {
      readonly const?: unknown;
      readonly enum?: readonly unknown[];
      readonly anyOf?: readonly JsonSchema[];
      readonly type?: string;
      readonly items?: JsonSchema | readonly JsonSchema[];
      readonly $ref?: string;
    };
  if (constant !== undefined) return code(constant);
  if (values) return values.map(code).join(", ");
  if (anyOf) return anyOf.map(formOf).join(" or ");
  if (Array.isArray(items)) {
    const [form = "", ...others] = items.map(formOf);
    return form.includes("(") && others.every((other) => other === form)
      ? `list of ${items.length}, each ${form}`
      : `[${[form, ...others].join(", ")}]`;
  }
  if (type === "array") return `list of ${formOf(items as JsonSchema ?? {})}`;
  // Of a part of the schema, its name: a preset, transforms.
  if ($ref) return $ref.slice($ref.lastIndexOf("/") + 1).replaceAll("_", " ");
  const own = (schema["properties"] ?? {}) as JsonSchema;
  if (type === "object") return `{ ${Object.keys(own).join(", ")} }`;
  return `${type ?? "see the text"}${rangeOf(schema)}`;
}

/** Bounds of a number, such as `, 0 to 1`. */
function rangeOf(schema: JsonSchema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema as {
    readonly minimum?: number;
    readonly maximum?: number;
    readonly exclusiveMinimum?: number;
    readonly exclusiveMaximum?: number;
  };
  const least = minimum ?? exclusiveMinimum;
  const most = maximum ?? exclusiveMaximum;
  const from = least === undefined
    ? ""
    : exclusiveMinimum === undefined
    ? `at least ${least}`
    : `above ${least}`;
  const to = most === undefined
    ? ""
    : exclusiveMaximum === undefined
    ? `at most ${most}`
    : `below ${most}`;
  const both = [from, to].filter(Boolean).join(", ");
  return both ? ` (${both})` : "";
}

/** What each value of a choice means, such as `: \`a\`, this; \`b\`, that`. */
function valuesOf(schema: JsonSchema): string {
  const { enum: values, enumDescriptions: meanings } = schema as {
    readonly enum?: readonly string[];
    readonly enumDescriptions?: readonly string[];
  };
  if (!values || !meanings) return "";
  const all = values.map((value, i) => `\`${value}\`, ${meanings[i]}`);
  return `: ${all.join("; ")}`;
}

/** A table of options; a sentence where there are none. */
function optionTable(schema: JsonSchema, skip: readonly string[] = []): string {
  const properties = Object.entries(
    (schema["properties"] ?? {}) as Readonly<Record<string, JsonSchema>>,
  ).filter(([name]) => !skip.includes(name));
  const required = (schema["required"] ?? []) as readonly string[];
  if (properties.length === 0) return "It has no options.";
  const rows = properties.map(([name, one]) => {
    const standard = one["default"] !== undefined
      ? code(one["default"])
      : required.includes(name)
      ? "required"
      : "–";
    return `| \`${name}\` | ${cell(formOf(one))} | ${cell(standard)} | ${
      cell(`${one["description"] ?? ""}${valuesOf(one)}`)
    } |`;
  });
  return [
    "| option | value | default | what |",
    "| --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

/** What a definition says of itself. */
const about = ({ summary, reference }: Definition<unknown>): string =>
  `${summary}.${reference ? ` Source: ${reference}.` : ""}`;

/** A table of what a stage reads. */
function inputTable({ inputs }: StageDefinition): string {
  const rows = Object.entries(inputs).map((
    [
      name,
      { is, gradient, optional, sides, rows: from = "batch", summary = "" },
    ],
  ) =>
    `| \`${name}\` | ${is.join(", ")}${
      sides === undefined ? "" : `, ${sides} references`
    }${from === "queue" ? ", of a queue" : ""} | ${gradient ? "yes" : "no"} | ${
      cell(summary)
    }${optional ? " (may be left out)" : ""} |`
  );
  return [
    "| input | takes | gradients | what |",
    "| --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

function stageSection(
  kind: StageKind,
  definition: StageDefinition,
  registry: Registry,
): string[] {
  const named = isNamed(kind);
  return [
    `### \`${named ? `${kind.key}: ${definition.name}` : kind.key}\``,
    about(definition),
    inputTable(definition),
    optionTable(
      definition.syntax
        ? { properties: definition.syntax.schema(registry, () => ({})) }
        : fromZod(definition.options),
    ),
    ...(definition.reports
      ? [
        `It reports ${
          definition.reports.map((one) => `\`${one}:<stage>\``).join(", ")
        } in metrics.jsonl.`,
      ]
      : []),
  ];
}

function kindSection(kind: StageKind, registry: Registry): string[] {
  const heads = headNames(registry, kind.key);
  return [
    `## \`${kind.key}\``,
    `${kind.summary}.`,
    ...definitionsOf(registry, kind.key).flatMap((one) =>
      stageSection(kind, one, registry)
    ),
    ...(heads.length > 0
      ? [
        `Named sizes of papers: ${
          heads.map((name) => `\`${name}\` (${registry.heads[name]?.summary})`)
            .join("; ")
        }.`,
      ]
      : []),
  ];
}

function definitions(
  title: string,
  all: readonly Definition<unknown>[],
): string[] {
  return [
    `## ${title}`,
    ...all.flatMap((one) => [
      `### \`${one.name}\``,
      about(one),
      optionTable(fromZod(one.options)),
    ]),
  ];
}

const SECTIONS = {
  train: sections.train,
  "train.per_stage": sections.perStage,
  monitor: sections.monitor,
  checkpoint: sections.checkpoint,
  evaluate: sections.evaluate,
  "evaluate.knn": sections.knn,
  "evaluate.linear": sections.linear,
  track: sections.track,
  "track.tensorboard": tensorboard,
  "track.mlflow": mlflow,
  sweep: sections.sweep,
  "sweep.paper": sections.paper,
} as const;

/** A table of the keys that a file can have. */
function keyTable(registry: Registry): string {
  const { properties } = pipelineSchema(registry) as {
    readonly properties: Readonly<Record<string, JsonSchema>>;
  };
  return [
    "| key | what |",
    "| --- | --- |",
    ...Object.entries(properties).map(([key, { description }]) =>
      `| \`${key}\` | ${cell(String(description))} |`
    ),
  ].join("\n");
}

/** The page as Markdown. */
export function referencePage(registry: Registry = BUILT_IN): string {
  return [
    "# Reference",
    "Every stage, transform, optimizer and data source that a pipeline can name, with its options. This page is made of their definitions: `deno task generate`.",
    "A stage has one key that says what kind it is, its inputs, and its options. A number that may be `{ from, to }` changes over the run, along half a cosine unless `shape: linear` is given, for `epochs` or for the whole run.",
    ...kindsOf(registry).flatMap((kind) => kindSection(kind, registry)),
    "## Augmentations by name",
    ...Object.entries(registry.presets).map(([name, preset]) =>
      `- \`${name}\`: ${preset.summary}.${
        preset.reference ? ` Source: ${preset.reference}.` : ""
      }`
    ).join("\n").split("\n\n"),
    ...definitions("Transforms", registry.transforms),
    ...definitions("Optimizers", registry.optimizers),
    ...definitions("Data sources", registry.sources),
    "## Settings",
    "### Keys of a pipeline",
    keyTable(registry),
    ...Object.entries(sections.SCHEDULES).flatMap(([name, schema]) => [
      `### \`train.schedule: ${name}\``,
      optionTable(fromZod(schema)),
    ]),
    ...Object.entries(SECTIONS).flatMap(([name, schema]) => [
      `### \`${name}\``,
      optionTable(fromZod(schema)),
    ]),
    "",
  ].join("\n\n");
}
