/** @file What can stand at a place of a pipeline: from the schema, and the names of its stages. */

/** A JSON Schema, as far as it is read here. */
export interface Schema {
  readonly $ref?: string;
  readonly definitions?: Readonly<Record<string, Schema>>;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  /** What each of `enum` means. */
  readonly enumDescriptions?: readonly string[];
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly required?: readonly string[];
  readonly pattern?: string;
  readonly if?: Schema;
  readonly then?: Schema;
  readonly else?: Schema;
}

/** Where the cursor is. */
export interface Place {
  /** Keys from the root to the map or value. */
  readonly path: readonly string[];
  /** Whether a key is written there, or the value of the path's last key. */
  readonly kind: "key" | "value";
  /** What is written of it already, and where that begins. */
  readonly written: string;
  readonly from: number;
  /** Keys and simple values of the map around. */
  readonly beside: Readonly<Record<string, string>>;
}

/** What can be written. */
export interface Option {
  readonly label: string;
  readonly detail?: string;
  readonly kind: "key" | "value" | "stage";
}

const KEY = /^(\s*)(?:- )?["']?([\w.@/-]+)["']?\s*:(?:\s+(.*))?$/;
const indentOf = (line: string): number => /^ */.exec(line)?.[0].length ?? 0;

/** Keys and values between braces. */
function pairsOf(text: string): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const part of text.split(",")) {
    const [, key, value] = /^\s*([\w.]+)\s*:\s*([^{[]*)$/.exec(part) ?? [];
    if (key) pairs[key] = (value ?? "").trim();
  }
  return pairs;
}

/** Maps in braces that are open at the end of a text: what stands before each. */
function openBraces(text: string): { before: string; inside: string }[] {
  const open: number[] = [];
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (quote) {
      if (char === quote) quote = "";
    } else if (char === '"' || char === "'") quote = char;
    else if (char === "{" || char === "[") open.push(i);
    else if (char === "}" || char === "]") open.pop();
  }
  return open.map((at, i) => ({
    before: text.slice(i > 0 ? (open[i - 1] as number) + 1 : 0, at),
    inside: text.slice(at + 1, open[i + 1]),
  })).filter((_, i) => text[open[i] as number] === "{");
}

/** The keys above a line, from the root, by their indents. */
function keysAbove(
  lines: readonly string[],
  at: number,
  indent: number,
): string[] {
  const keys: string[] = [];
  let limit = indent;
  for (let i = at - 1; i >= 0 && limit > 0; i--) {
    const line = lines[i] as string;
    if (line.trim() === "" || line.trim().startsWith("#")) continue;
    const own = indentOf(line);
    const [, , key] = KEY.exec(line) ?? [];
    if (own >= limit || key === undefined) continue;
    keys.unshift(key);
    limit = own;
  }
  return keys;
}

/** Where a position of a text is. */
export function placeAt(text: string, position: number): Place {
  const before = text.slice(0, position);
  const lines = text.split("\n");
  const row = before.split("\n").length - 1;
  const line = before.split("\n").at(-1) as string;
  const [, , first] = KEY.exec(line.replace(/\{.*$/s, "{").replace("{", "")) ??
    [];
  const whole = lines[row] as string;
  const braces = openBraces(line);
  const last = braces.at(-1);
  const above = keysAbove(lines, row, indentOf(whole));
  if (last) {
    const keys = braces.flatMap(({ before }) => {
      const [, key] = /([\w.]+)\s*:\s*\[?\s*$/.exec(before) ?? [];
      return key ? [key] : [];
    });
    const tail = last.inside.split(",").at(-1) as string;
    const [, key, value] =
      /^\s*([\w.]+)\s*:\s*(?:\[.*[,[]\s*)?(.*)$/.exec(tail) ?? [];
    // A list of values: the key stands before its bracket.
    const listed = /([\w.]+)\s*:\s*\[[^\]]*$/.exec(last.inside)?.[1];
    const rest = whole.slice(line.length);
    const beside = pairsOf(
      `${last.inside.replace(/[^,]*$/, "")},${rest.split("}")[0] ?? ""}`,
    );
    const path = [...above, ...keys];
    if (listed !== undefined && key === undefined) {
      const written = /[\w.]*$/.exec(line)?.[0] ?? "";
      return {
        path: [...path, listed],
        kind: "value",
        written,
        from: position - written.length,
        beside,
      };
    }
    if (key !== undefined) {
      const written = /[\w.]*$/.exec(value ?? "")?.[0] ?? "";
      return {
        path: [...path, key],
        kind: "value",
        written,
        from: position - written.length,
        beside,
      };
    }
    const written = tail.trimStart();
    return {
      path,
      kind: "key",
      written,
      from: position - written.length,
      beside,
    };
  }
  const indent = indentOf(whole);
  const beside: Record<string, string> = {};
  for (const step of [-1, 1]) {
    for (let i = row + step; i >= 0 && i < lines.length; i += step) {
      const other = lines[i] as string;
      if (other.trim() === "") continue;
      if (indentOf(other) < indent) break;
      const [, , key, value] = KEY.exec(other) ?? [];
      if (key && indentOf(other) === indent) beside[key] = value ?? "";
    }
  }
  if (first !== undefined && /:\s/.test(line)) {
    const written = /[\w.]*$/.exec(line)?.[0] ?? "";
    return {
      path: [...above, first],
      kind: "value",
      written,
      from: position - written.length,
      beside,
    };
  }
  const written = line.trimStart().replace(/^- /, "");
  return {
    path: above,
    kind: "key",
    written,
    from: position - written.length,
    beside,
  };
}

/** Whether a map has the keys that are asked for, and such values. */
function holds(
  { required = [], properties = {} }: Schema,
  map: Place["beside"],
): boolean {
  return required.every((key) => key in map) &&
    Object.entries(properties).every(([key, wanted]) => {
      const value = map[key] ?? "";
      return wanted.pattern === undefined
        ? valuesOf(wanted).map(String).includes(value)
        : new RegExp(wanted.pattern).test(value);
    });
}

/**
 * All that a schema can be: references followed, choices laid open.
 *
 * @param map What stands there, where that is known.
 */
function branches(
  schema: Schema | undefined,
  root: Schema,
  map?: Place["beside"],
  seen: Set<Schema> = new Set(),
): Schema[] {
  if (!schema || seen.has(schema)) return [];
  seen.add(schema);
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split("/").at(-1) as string;
    return branches(root.definitions?.[name], root, map, seen);
  }
  const { anyOf = [], oneOf = [], allOf = [] } = schema;
  const answer = schema.if && map && holds(schema.if, map);
  const inner = [
    ...[...anyOf, ...oneOf, ...allOf],
    answer === false ? undefined : schema.then,
    answer === true ? undefined : schema.else,
  ];
  return [schema, ...inner.flatMap((one) => branches(one, root, map, seen))];
}

/** Schemas of what stands under a key. */
function below(
  schemas: readonly Schema[],
  key: string,
  root: Schema,
  map?: Place["beside"],
): Schema[] {
  return schemas.flatMap((schema) => {
    const own = schema.properties?.[key];
    if (own) return branches(own, root, map);
    const pattern = Object.entries(schema.patternProperties ?? {})
      .find(([pattern]) => new RegExp(pattern).test(key))?.[1];
    const other = pattern ??
      (typeof schema.additionalProperties === "object"
        ? schema.additionalProperties
        : undefined);
    return other ? branches(other, root, map) : [];
  });
}

/** Values that a schema names. */
const valuesOf = ({ const: only, enum: some }: Schema): readonly unknown[] =>
  some ?? (only === undefined ? [] : [only]);

/** Branches that fit what stands beside; all where none does. */
function fitting(
  schemas: readonly Schema[],
  beside: Place["beside"],
  root: Schema,
): readonly Schema[] {
  const open = schemas.filter(({ properties }) => properties);
  const fits = open.filter(({ properties }) =>
    Object.entries(beside).every(([key, value]) => {
      const own = branches(properties?.[key], root);
      const values = own.flatMap(valuesOf).map(String);
      return own.length > 0 &&
        (values.length === 0 || value === "" || values.includes(value));
    })
  );
  return fits.length > 0 ? fits : open;
}

/** The names of the stages of a text. */
export function stageNames(text: string): string[] {
  const [, body = ""] =
    /^stages:\s*\n((?:[ \t]+.*\n?|\s*\n|#.*\n)*)/m.exec(text) ?? [];
  const indent = /^( +)\S/m.exec(body)?.[1]?.length ?? 2;
  return [
    ...body.matchAll(new RegExp(`^ {${indent}}["']?([\\w.]+)["']?\\s*:`, "gm")),
  ]
    .map(([, name]) => name as string);
}

/** Keys whose values are stages. */
const DATA = ["image", "label"];

/** What can be written at a place. */
export function optionsAt(place: Place, text: string, root: Schema): Option[] {
  const { path, kind, beside } = place;
  const sections = Object.fromEntries(
    [...text.matchAll(/^(\w+):/gm)].map(([, key = ""]) => [key, ""]),
  );
  let schemas = branches(root, root, sections);
  const parents = kind === "key" ? path : path.slice(0, -1);
  const around = kind === "value"
    ? { ...beside, [path.at(-1) as string]: place.written }
    : beside;
  for (const [i, key] of parents.entries()) {
    const last = i === parents.length - 1;
    schemas = below(schemas, key, root, last ? around : undefined);
  }
  const fit = fitting(schemas, beside, root);
  if (kind === "key") {
    const found = new Map<string, Option>();
    for (const { properties = {} } of fit) {
      for (const [label, own] of Object.entries(properties)) {
        if (label in beside || found.has(label)) continue;
        const description = own.description ??
          branches(own, root)[0]?.description;
        found.set(label, {
          label,
          kind: "key",
          ...(description ? { detail: description } : {}),
        });
      }
    }
    return [...found.values()];
  }
  const own = below(fit, path.at(-1) as string, root);
  const items = own.flatMap(({ items }) => branches(items, root));
  const values = [...own, ...items].flatMap((schema) =>
    valuesOf(schema).map((value, i): Option => {
      const detail = schema.enumDescriptions?.[i] ?? schema.description;
      return {
        label: String(value),
        kind: "value",
        ...(detail ? { detail } : {}),
      };
    })
  );
  const truth =
    own.some(({ type }) =>
        type === "boolean" || (Array.isArray(type) && type.includes("boolean"))
      )
      ? ["true", "false"].map((label): Option => ({ label, kind: "value" }))
      : [];
  // A number or a choice is no stage.
  const types = own.flatMap(({ type }) => type ?? []);
  const stages = path[0] === "stages" && path.length > 2 &&
      values.length === 0 && truth.length === 0 &&
      !types.some((type) => type === "integer" || type === "number")
    ? [...stageNames(text).filter((name) => name !== path[1]), ...DATA]
      .map((label): Option => ({ label, kind: "stage", detail: "stage" }))
    : [];
  const known = new Set<string>();
  return [...values, ...truth, ...stages].filter(({ label }) =>
    !known.has(label) && known.add(label)
  );
}
