/** @file A JSON Schema as a function, strict about what the schema holds. */
import { Ajv, type ValidateFunction } from "ajv";
import type { JsonSchema } from "../../lib/stages/syntax.ts";

export const compileSchema = (schema: JsonSchema): ValidateFunction =>
  new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true })
    // What editors show of the values of an enumeration.
    .addKeyword({ keyword: "enumDescriptions", schemaType: "array" })
    .compile(schema);
