/** @file JSON Schema of a pipeline file, for editors, from the definitions that check it. */
import { z } from "zod";
import type { ModuleRole } from "../stages/define.ts";
import { USER_FILE } from "./custom.ts";
import type { Pairs } from "./pipeline.ts";
import { STAGE_NAME } from "./reference.ts";
import { BUILT_IN, headNames, headRecipe, type Registry } from "./registry.ts";
import * as sections from "./sections.ts";
import { VARIABLE_NAME } from "./variables.ts";

/** A JSON Schema, or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What all definitions have. */
interface Definition {
  readonly name: string;
  readonly summary: string;
  readonly reference?: string;
  readonly options: z.ZodType;
}

const SAFE = Number.MAX_SAFE_INTEGER;

/** A zod schema as JSON Schema, of what a file may hold before defaults. */
function fromZod(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    target: "draft-7",
    io: "input",
    // A check in code alone leaves the value open here.
    unrepresentable: "any",
    override({ jsonSchema }) {
      // zod writes the bounds of safe integers out.
      if (jsonSchema.maximum === SAFE) delete jsonSchema.maximum;
      if (jsonSchema.minimum === -SAFE) delete jsonSchema.minimum;
    },
  });
  return rest;
}

const describe = (
  { summary, reference }: Omit<Definition, "name" | "options">,
) => reference ? `${summary} (${reference})` : summary;

/** A closed map. */
function map(
  description: string,
  properties: JsonSchema,
  required: readonly string[],
): JsonSchema {
  return {
    description,
    type: "object",
    properties,
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}

/** A closed map of a definition's options and the keys around them. */
function withOptions(
  definition: Definition,
  properties: JsonSchema,
  required: readonly string[],
): JsonSchema {
  const { properties: own = {}, required: needed = [] } = fromZod(
    definition.options,
  ) as {
    readonly properties?: JsonSchema;
    readonly required?: readonly string[];
  };
  return map(
    describe(definition),
    { ...properties, ...own },
    [...required, ...needed],
  );
}

/** `name` where no option is needed, or `{ name: options }`. */
function choice(what: string, definitions: readonly Definition[]): JsonSchema {
  const plain = definitions.filter(({ options }) =>
    options.safeParse({}).success
  );
  const options = definitions.map((one) => {
    const schema = withOptions(one, {}, []);
    // `name:` alone is null.
    const type = plain.includes(one) ? ["object", "null"] : "object";
    return [one.name, { ...schema, type }];
  });
  return {
    description: what,
    anyOf: [
      ...(plain.length > 0
        ? [{ type: "string", enum: plain.map(({ name }) => name) }]
        : []),
      {
        type: "object",
        properties: Object.fromEntries(options),
        minProperties: 1,
        maxProperties: 1,
        additionalProperties: false,
      },
    ],
  };
}

const ref = (name: string): JsonSchema => ({ $ref: `#/definitions/${name}` });

/** `STAGE_NAME` without its anchors. */
const NAME = STAGE_NAME.source.slice(1, -1);
const PLAIN = `${NAME}(\\[\\d{1,3}\\])?`;

const REFERENCE: JsonSchema = {
  description:
    "Output of a stage: `name`, `name[view]` or `stop_gradient(name)`",
  type: "string",
  pattern: `^(${PLAIN}|stop_gradient\\(\\s*${PLAIN}\\s*\\))$`,
};

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
  if (type === "string" && typeof pattern === "string") {
    return { ...about, ...rest, pattern: `(${pattern})|^${VARIABLE}$` };
  }
  return { ...about, ...rest };
}

const MOMENTUM: JsonSchema = {
  ...fromZod(sections.momentum),
  description:
    "Share of the old value that an EMA twin keeps: constant, or from the start to the end of the run",
};

const PAIRS: Readonly<Record<Pairs, string>> = {
  cross: "every ordered pair of different views",
  unordered: "every pair once, for losses that treat both sides alike",
  same: "each view with itself",
  all: "every pair, a view with itself included",
};

const ROLES: Readonly<Record<ModuleRole, string>> = {
  encode: "Encoder: the network whose features are wanted",
  project: "Projector: a head on the features",
  predict: "Predictor: a head on one side of a loss",
};

/** The path of a user's module. */
const USER: JsonSchema = {
  description: "Your own module, its path from the pipeline's folder",
  type: "string",
  pattern: USER_FILE.source,
};

/** A map whose options only the module knows. */
const userMap = (
  properties: Readonly<Record<string, JsonSchema>>,
): JsonSchema => ({
  description: "A definition of your own",
  type: "object",
  properties,
  required: Object.keys(properties),
});

/** Schemas of the stages, one for each kind and definition. */
function stageSchemas(
  registry: Registry,
): Record<string, JsonSchema> {
  const { modules, losses, presets } = registry;
  const schemas: Record<string, JsonSchema> = {};
  schemas["augment"] = map(
    "Views of the images, each with its own randomness",
    {
      augment: {
        description:
          "A preset, a list of transforms, or { each: [...] } with one of these a view",
        anyOf: [
          ref("preset"),
          ref("transforms"),
          map("One preset or list for each view", {
            each: {
              description: "The first is view 0",
              type: "array",
              minItems: 1,
              items: { anyOf: [ref("preset"), ref("transforms")] },
            },
          }, ["each"]),
        ],
      },
      of: { description: "The images of the data", const: "image" },
      count: {
        description: "Views of each image; 2, or the length of `each`",
        type: "integer",
        minimum: 1,
        maximum: 16,
      },
    },
    ["augment", "of"],
  );
  for (const role of Object.keys(ROLES) as ModuleRole[]) {
    for (const one of modules) {
      if (!one.roles.includes(role)) continue;
      schemas[`${role}.${one.name}`] = withOptions(one, {
        [role]: { description: ROLES[role], const: one.name },
        of: ref("reference"),
      }, [role, "of"]);
      const named = headNames(registry, role).filter((name) =>
        headRecipe(registry, role, name)?.network === one.name
      );
      if (named.length === 0) continue;
      // The preset gives what the network cannot do without.
      schemas[`${role}.${one.name}.preset`] = {
        ...withOptions(one, {
          [role]: {
            description: named.map((name) =>
              `\`${name}\`: ${registry.heads[name]?.summary}`
            ).join("; "),
            enum: named,
          },
          of: ref("reference"),
        }, []),
        required: [role, "of"],
      };
    }
  }
  schemas["ema"] = map(
    "A twin of a network: the same layers, its weights a moving average",
    {
      ema: {
        ...REFERENCE,
        description: "The network whose twin this is",
      },
      of: ref("reference"),
      momentum: ref("momentum"),
    },
    ["ema", "of"],
  );
  schemas["stop_gradient"] = map(
    "The same value, through which no gradient flows",
    { stop_gradient: ref("reference") },
    ["stop_gradient"],
  );
  schemas["queue"] = map(
    "The newest rows of a value, kept from step to step",
    {
      queue: ref("reference"),
      size: {
        description: "Rows that it holds",
        type: "integer",
        minimum: 1,
        maximum: 10_000_000,
      },
    },
    ["queue", "size"],
  );
  schemas["nearest"] = map(
    "The row of a queue that is most similar to each row of a value; no gradient flows",
    {
      nearest: ref("reference"),
      in: { ...REFERENCE, description: "The queue that is searched" },
    },
    ["nearest", "in"],
  );
  for (const one of losses) {
    const negatives = one.negatives === "required";
    schemas[`loss.${one.name}`] = withOptions(one, {
      loss: { description: "What training minimises", const: one.name },
      between: {
        description: "The two sides that are compared",
        type: "array",
        items: ref("reference"),
        minItems: 2,
        maxItems: 2,
      },
      pairs: {
        description: `Views that meet: ${
          Object.entries(PAIRS).map(([name, text]) => `\`${name}\`: ${text}`)
            .join("; ")
        }`,
        enum: Object.keys(PAIRS),
        default: "cross",
      },
      weight: {
        description: "Factor in the sum of the losses",
        type: "number",
        minimum: 0,
        default: 1,
      },
      ...(negatives ? { negatives: ref("reference") } : {}),
    }, ["loss", "between", ...(negatives ? ["negatives"] : [])]);
  }
  schemas["own"] = userMap({ use: USER });
  for (const role of Object.keys(ROLES)) {
    schemas[`${role}.own`] = userMap({ [role]: USER, of: ref("reference") });
  }
  schemas["loss.own"] = userMap({
    loss: USER,
    between: { description: "The two sides that are compared", type: "array" },
  });
  schemas["preset"] = {
    description: Object.entries(presets).map(([name, { summary }]) =>
      `\`${name}\`: ${summary}`
    ).join("; "),
    enum: Object.keys(presets),
  };
  return schemas;
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
      optimizer: choice(properties.optimizer.description, optimizers),
      schedule: ref("schedule"),
      ema: ref("momentum"),
      per_stage: {
        description: properties.per_stage.description,
        type: "object",
        additionalProperties: {
          ...perStage,
          properties: { ...perStage.properties, schedule: ref("schedule") },
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
 * What depends on other parts of the file (references, shapes, cycles), and a
 * file with `extends` but for its top keys, is left to `check`.
 */
export function pipelineSchema(registry: Registry = BUILT_IN): JsonSchema {
  const { preset, ...stages } = stageSchemas(registry);
  const schedules = Object.entries(sections.SCHEDULES).map((
    [name, options],
  ) => ({
    name,
    summary: SCHEDULE_SUMMARIES[name as keyof typeof SCHEDULE_SUMMARIES],
    options,
  }));
  const collapse = fromZod(sections.monitor.shape.collapse);
  const properties: Record<
    Exclude<typeof sections.TOP_LEVEL[number], keyof typeof COMPOSITION>,
    JsonSchema
  > = {
    name: {
      description: "Name of the runs; that of the file by default",
      type: "string",
      pattern: "^[\\w.-]{1,100}$",
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
      anyOf: registry.sources.map((source) =>
        withOptions(source, {
          source: { description: source.summary, const: source.name },
          batch: {
            description: "Images a step",
            type: "integer",
            minimum: 1,
            maximum: 1_000_000,
          },
        }, ["source", "batch"])
      ),
    },
    stages: {
      description: "The graph: stages by name, each reading others by name",
      type: "object",
      propertyNames: { pattern: STAGE_NAME.source, not: { const: "image" } },
      additionalProperties: ref("stage"),
    },
    train: trainSchema(registry),
    monitor: {
      description: "What to do about a run that goes wrong",
      anyOf: [collapse, fromZod(sections.monitor)],
    },
    checkpoint: {
      description: "When variables are written to disk",
      ...fromZod(sections.checkpoint),
    },
    evaluate: {
      description: "How the encoder is judged; false for not at all",
      anyOf: [{ const: false }, fromZod(sections.evaluate)],
    },
  };
  const named = Object.entries(properties).map(([key, { description }]) =>
    [key, { description }] as const
  );
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Stopgrad pipeline",
    ...map(
      "A method of self-supervised learning as a graph of stages",
      { ...COMPOSITION, ...Object.fromEntries(named) },
      [],
    ),
    // With bases, a file may hold any part of a pipeline.
    if: { required: ["extends"] },
    else: {
      properties: orVariable(properties),
      required: ["data", "stages", "train"],
    },
    definitions: orVariable({
      reference: REFERENCE,
      momentum: MOMENTUM,
      schedule: choice("Learning rate over the run", schedules),
      preset,
      transforms: {
        description: "Transforms, applied in order",
        type: "array",
        items: {
          anyOf: [
            choice("A transform", registry.transforms),
            userMap({ use: USER }),
          ],
        },
      },
      stage: { anyOf: Object.keys(stages).map(ref) },
      ...stages,
    }),
  };
}

/** The schema as the text of a file. */
export function pipelineSchemaText(): string {
  return `${JSON.stringify(pipelineSchema(), undefined, 2)}\n`;
}
