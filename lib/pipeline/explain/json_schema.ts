/** @file JSON Schema of a pipeline file, for editors, from the definitions that check it. */
import { BUILT_IN, kindsOf, type Registry } from "../../model/registry.ts";
import { SOURCES, STAGE_NAME } from "../../model/reference.ts";
import { choiceSchema, fromZod, mapSchema } from "../../stages/json.ts";
import type { JsonSchema } from "../../stages/syntax.ts";
import * as sections from "../parse/sections.ts";
import { PART, partOf, unnamedPart } from "./part_schema.ts";
import { shareRepeated } from "./share_schema.ts";
import { sourceChoice, sourceSchemas, STEP_KEYS } from "./source_schema.ts";
import { ref, REFERENCE, stageChoice, stageSchemas } from "./stage_schema.ts";
import { USER_FILE } from "../../stages/user_file.ts";
import { VARIABLE_NAME } from "../language/variables.ts";

/** `${name}`, the whole value. */
const VARIABLE = `\\$\\{${VARIABLE_NAME.source.slice(1, -1)}\\}`;

const TYPED = ["integer", "number", "boolean", "array"];

/**
 * The schema with a variable allowed in the place of every number, truth
 * value, list and choice. Constants tell stages apart, and so stay.
 */
function orVariable(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(orVariable);
  if (typeof schema !== "object" || schema === null) return schema;
  const { description, default: standard, ...rest } = Object.fromEntries(
    Object.entries(schema).map(([key, inner]) => [
      key,
      // Neither holds schemas.
      key === "enum" || key === "default" ? inner : orVariable(inner),
    ]),
  );
  const about = {
    ...(description === undefined ? {} : { description }),
    ...(standard === undefined ? {} : { default: standard }),
  };
  const { type, pattern } = rest;
  if (Array.isArray(rest["enum"])) {
    const variable = { type: "string", pattern: `^${VARIABLE}$` };
    return { ...about, anyOf: [rest, variable] };
  }
  if (TYPED.includes(String(type)) && !("const" in rest)) {
    // Bounds hold of numbers alone, the pattern of texts.
    return {
      ...about,
      ...rest,
      type: [type, "string"],
      pattern: `^${VARIABLE}$`,
    };
  }
  if (Array.isArray(type) && type.includes("object")) {
    // Options of a choice, whole.
    return {
      ...about,
      ...rest,
      type: [...type, "string"],
      pattern: `^${VARIABLE}$`,
    };
  }
  if (type === "string" && typeof pattern === "string") {
    return { ...about, ...rest, pattern: `(${pattern})|^${VARIABLE}$` };
  }
  return { ...about, ...rest };
}

const MOMENTUM: JsonSchema = {
  ...fromZod(sections.momentum),
  description:
    "Share of the old value that an EMA twin keeps: constant, or changing over the run",
};

/** One optimizer with its options, or one of your own. */
function optimizerSchema(
  what: string,
  optimizers: Registry["optimizers"],
): JsonSchema {
  const { anyOf, ...rest } = choiceSchema(what, optimizers) as {
    readonly anyOf: readonly JsonSchema[];
  };
  return {
    ...rest,
    anyOf: anyOf.map((one) =>
      one["type"] === "object"
        ? {
          ...one,
          patternProperties: {
            [USER_FILE.source]: {
              description: "An optimizer of your own",
              type: "object",
            },
          },
        }
        : one
    ),
  };
}

function trainSchema({ optimizers }: Registry): JsonSchema {
  const { properties, ...rest } = fromZod(sections.train) as {
    readonly properties: Readonly<
      Record<
        keyof typeof sections.train.shape,
        { readonly description: string }
      >
    >;
  };
  const perStage = fromZod(sections.perStage) as {
    readonly properties: JsonSchema;
  };
  return {
    ...rest,
    description: "How long, and how, the networks are trained",
    properties: {
      ...properties,
      optimizer: optimizerSchema(
        properties.optimizer.description,
        optimizers,
      ),
      schedule: ref("schedule"),
      ema: {
        ...properties.ema,
        ...MOMENTUM,
        description: properties.ema.description,
      },
      per_stage: {
        description: properties.per_stage.description,
        type: "object",
        additionalProperties: {
          ...perStage,
          properties: {
            ...perStage.properties,
            schedule: ref("schedule"),
            optimizer: optimizerSchema(
              "Optimizer in place of the run's",
              optimizers,
            ),
          },
        },
      },
    },
    required: ["optimizer"],
    oneOf: [{ required: ["epochs"] }, { required: ["steps"] }],
  };
}

/** Sentences for the editor, by schedule. */
const SCHEDULE_SUMMARIES: Readonly<
  Record<keyof typeof sections.SCHEDULES, string>
> = {
  cosine: "Half a cosine, from 1 to `final`",
  linear: "A line from 1 to `final`",
  multistep: "Less by a factor after each milestone, as PyTorch's MultiStepLR",
  constant: "No change after the warm-up",
};

/** A dotted path that a point can change. */
const CHANGED = {
  pattern: `^(${
    sections.TOP_LEVEL.filter((key) =>
      !["extends", "sweep", "name"].includes(key)
    ).join("|")
  })(\\..+)?$`,
};

/** Points and grids; what they do to the pipeline is left to `check`. */
function sweepSchema(): JsonSchema {
  const { properties, ...rest } = fromZod(sections.sweep) as {
    readonly properties: Readonly<
      Record<
        keyof typeof sections.sweep.shape,
        { readonly description: string }
      >
    >;
  };
  const point = {
    description:
      "What the point changes: keys as in --set; maps merge, null removes",
    type: ["object", "null"],
    properties: {
      paper: {
        description: "What the paper reports of this point",
        type: ["number", "string"],
      },
    },
    propertyNames: { anyOf: [{ const: "paper" }, CHANGED] },
  };
  return {
    ...rest,
    description: "Points to run one after another, for one table",
    properties: {
      ...properties,
      points: {
        ...properties.points,
        anyOf: [
          { type: "object", additionalProperties: point },
          { type: "array", items: point },
        ],
      },
      grid: {
        ...properties.grid,
        type: "object",
        propertyNames: CHANGED,
        additionalProperties: { type: "array", minItems: 1 },
      },
    },
    anyOf: [{ required: ["points"] }, { required: ["grid"] }],
  };
}

/** Keys that are gone once files are merged and variables inserted. */
const COMPOSITION = {
  extends: {
    description:
      "Files that this one builds on, in order; paths start from its folder",
    anyOf: [
      { type: "string", minLength: 1 },
      { type: "array", items: { type: "string", minLength: 1 }, minItems: 1 },
    ],
  },
  variables: {
    description: "Values by name, inserted where `${name}` stands",
    type: "object",
    propertyNames: { pattern: VARIABLE_NAME.source },
  },
  sweep: sweepSchema(),
};

/**
 * JSON Schema (draft-07, which every YAML language server reads) of a
 * pipeline file: closed key sets, names from the registry, the summaries of
 * its definitions as descriptions.
 *
 * What depends on other parts of the file (references, shapes, cycles) is left
 * to `check`. A file with `extends` may leave any part out.
 */
export function pipelineSchema(registry: Registry = BUILT_IN): JsonSchema {
  const { stages, common } = stageSchemas(registry);
  const schedules = Object.entries(sections.SCHEDULES).map((
    [name, options],
  ) => ({
    name,
    summary: SCHEDULE_SUMMARIES[name as keyof typeof SCHEDULE_SUMMARIES],
    options,
  }));
  const collapse = fromZod(sections.monitor.shape.collapse);
  const judging = fromZod(sections.evaluate);
  const properties: Record<
    Exclude<typeof sections.TOP_LEVEL[number], keyof typeof COMPOSITION>,
    JsonSchema
  > = {
    name: {
      description: "Name of the runs; that of the file by default",
      type: "string",
      // Variables may stand in it.
      pattern: `^([\\w.-]|${VARIABLE}){1,100}$`,
    },
    seed: {
      description: "Of every random number",
      type: "integer",
      minimum: 0,
      maximum: 2 ** 31 - 1,
      default: 0,
    },
    data: {
      description: "Where images come from, and how many a step takes",
      ...ref("data"),
    },
    stages: {
      description: "The graph: stages by name, each reading others by name",
      type: "object",
      propertyNames: { pattern: STAGE_NAME.source, not: { enum: SOURCES } },
      additionalProperties: ref("stage"),
    },
    init: fromZod(sections.init) as JsonSchema & { description: string },
    train: trainSchema(registry),
    monitor: {
      description: "What to do about a run that goes wrong",
      anyOf: [collapse, fromZod(sections.monitor)],
    },
    checkpoint: {
      description: "When variables are written to disk",
      ...fromZod(sections.checkpoint),
    },
    track: {
      description: "Where the run is told of while it trains",
      ...fromZod(sections.track),
    },
    evaluate: {
      description: "How the encoder is judged; false for not at all",
      anyOf: [{ const: false }, {
        ...judging,
        properties: {
          ...judging["properties"] as object,
          data: {
            description:
              "Labelled images to judge by, where those to train on have no labels",
            ...ref("evaluate.data"),
          },
        },
      }],
    },
  };
  const named = Object.entries(properties).map(([key, { description }]) =>
    [key, { description }] as const
  );
  const sources = {
    data: sourceSchemas(registry, "data", STEP_KEYS),
    "evaluate.data": sourceSchemas(registry, "evaluate.data", {}),
  };
  const simple = orVariable({
    reference: REFERENCE,
    references: {
      description: "One output of a stage, or a list whose views are joined",
      anyOf: [
        ref("reference"),
        { type: "array", items: ref("reference"), minItems: 1 },
      ],
    },
    schedule: choiceSchema("Learning rate over the run", schedules),
    ...common,
    ...stages,
    ...sources.data,
    ...sources["evaluate.data"],
  }) as Readonly<Record<string, JsonSchema>>;
  const parts = partOf(simple);
  const partsOf = (names: object, keyOf: (name: string) => string) =>
    Object.keys(names).map((name) => [keyOf(name), parts[name] ?? {}] as const);
  const choices: Record<string, JsonSchema> = {
    ...stageChoice(registry, ""),
    ...stageChoice(registry, PART, ref("stage.unnamed")),
    "stage.unnamed": unnamedPart(
      partsOf(stages, (name) => name.split(".")[0] ?? name),
      Object.fromEntries(
        kindsOf(registry).map(({ key, summary }) => [key, summary]),
      ),
    ),
  };
  for (const [section, all] of Object.entries(sources)) {
    const unnamed = `${section}.unnamed`;
    choices[section] = sourceChoice(registry, section, "");
    choices[`${section}${PART}`] = sourceChoice(
      registry,
      section,
      PART,
      ref(unnamed),
    );
    choices[unnamed] = unnamedPart(
      partsOf(all, () => "source"),
      { source: "Where images come from" },
    );
  }
  return shareRepeated({
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Stopgrad pipeline",
    ...mapSchema(
      "A method of self-supervised learning as a graph of stages",
      { ...COMPOSITION, ...Object.fromEntries(named) },
      [],
    ),
    // With bases, a file may hold any part of a pipeline.
    if: { required: ["extends"] },
    then: { properties: partOf(orVariable(properties)) },
    else: {
      properties: orVariable(properties),
      required: ["data", "stages", "train"],
    },
    definitions: {
      ...simple,
      ...Object.fromEntries(
        Object.entries(parts).map(([name, part]) => [`${name}${PART}`, part]),
      ),
      ...choices,
    },
  });
}

/** The schema as the text of a file. */
export function pipelineSchemaText(): string {
  return `${JSON.stringify(pipelineSchema(), undefined, 2)}\n`;
}
