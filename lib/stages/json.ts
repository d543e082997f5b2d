/** @file JSON Schema of definitions: their options, and choices among them. */
import { z } from "zod";
import type { Definition } from "./define.ts";
import type { JsonSchema } from "./syntax.ts";
import { USER_FILE } from "./user_file.ts";

/** What of a definition an editor is told. */
type Described = Pick<
  Definition<unknown>,
  "name" | "summary" | "reference" | "options"
>;

const SAFE = Number.MAX_SAFE_INTEGER;

/** A zod schema as JSON Schema, of what a file may hold before defaults. */
export function fromZod(schema: z.ZodType): JsonSchema {
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

export const describe = (
  { summary, reference }: Omit<Described, "name" | "options">,
) => reference ? `${summary} (${reference})` : summary;

/** A closed map. */
export function mapSchema(
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
export function withOptions(
  definition: Described,
  properties: JsonSchema,
  required: readonly string[],
): JsonSchema {
  const { properties: own = {}, required: needed = [] } = fromZod(
    definition.options,
  ) as {
    readonly properties?: JsonSchema;
    readonly required?: readonly string[];
  };
  return mapSchema(
    describe(definition),
    { ...properties, ...own },
    [...required, ...needed],
  );
}

/** `name` where no option is needed, or `{ name: options }`. */
export function choiceSchema(
  what: string,
  definitions: readonly Described[],
): JsonSchema {
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
        ? [{
          type: "string",
          enum: plain.map(({ name }) => name),
          enumDescriptions: plain.map(describe),
        }]
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

/** The path of a user's module. */
export const USER: JsonSchema = {
  description: "Your own module, its path from the pipeline's folder",
  type: "string",
  pattern: USER_FILE.source,
};

/** A map whose options only the module knows. */
export const userMap = (
  properties: Readonly<Record<string, JsonSchema>>,
): JsonSchema => ({
  description: "A definition of your own",
  type: "object",
  properties,
  required: Object.keys(properties),
});

/** A transform of one's own in a list. */
export const USER_TRANSFORM: JsonSchema = userMap({ use: USER });
