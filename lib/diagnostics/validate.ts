/** @file Values against schemas, with messages of our own. */
import { z } from "zod";
import type { Findings, Path } from "./diagnostic.ts";
import { nearest } from "./nearest.ts";

type Issue = z.core.$ZodIssue;

const quoted = (names: readonly unknown[]): string =>
  names.map((name) => JSON.stringify(name)).join(", ");

/** Short text of a value, for messages. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  // JSON has no word for them; they are YAML's.
  if (typeof value === "number" && !Number.isFinite(value)) {
    return Number.isNaN(value) ? ".nan" : value > 0 ? ".inf" : "-.inf";
  }
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "a map",
  record: "a map",
};

/** A schema without the wrappers that say when it may be left out. */
function unwrap(schema: unknown): unknown {
  let inner = schema;
  while (
    inner instanceof z.ZodDefault || inner instanceof z.ZodOptional ||
    inner instanceof z.ZodNullable
  ) inner = inner.unwrap();
  return inner;
}

/** The schema of the value at a path; of several forms, the map. */
function schemaAt(schema: z.ZodType, path: readonly PropertyKey[]): unknown {
  const mapOf = (of: unknown): unknown => {
    const inner = unwrap(of);
    return inner instanceof z.ZodUnion
      ? inner.options.map(unwrap).find((one) => one instanceof z.ZodObject)
      : inner;
  };
  let current: unknown = schema;
  for (const key of path) {
    const map = mapOf(current);
    if (!(map instanceof z.ZodObject)) return undefined;
    current = map.shape[String(key)];
  }
  return unwrap(current);
}

/** Names that a schema accepts at a path, for suggestions. */
export function keysOf(
  schema: z.ZodType,
  path: readonly PropertyKey[] = [],
): string[] {
  const found = schemaAt(schema, path);
  const maps = found instanceof z.ZodUnion
    ? found.options.map(unwrap)
    : [found];
  const map = maps.find((one) => one instanceof z.ZodObject);
  return map instanceof z.ZodObject ? Object.keys(map.shape) : [];
}

/** What a schema with several forms accepts: `false or a map`. */
function formsOf(schema: z.ZodType, path: readonly PropertyKey[]): string {
  const found = schemaAt(schema, path);
  if (!(found instanceof z.ZodUnion)) return "another form";
  return found.options.map((option) => {
    const one = unwrap(option);
    if (one instanceof z.ZodLiteral) {
      return [...one.values].map(show).join(", ");
    }
    const { type } = one as { readonly type?: string };
    return TYPE_NAMES[type ?? ""] ?? "another form";
  }).join(" or ");
}

/** What could stand in a thing's place: keys by name. The thing's own name is `of`. */
export interface Others {
  readonly of?: string;
  /** Asked where a key is not known. */
  readonly keys?: () => Readonly<Record<string, readonly string[]>>;
}

/** More names than these tell nothing. */
const MOST_NAMES = 6;

/** Names of what has a key; those whose name is a longer or shorter one of `of`, where there are such. */
function havingKey(
  key: string,
  { of = "", keys = () => ({}) }: Others,
): readonly string[] {
  const having = Object.entries(keys()).flatMap(([name, known]) =>
    known.includes(key) ? [name] : []
  );
  const variants = having.filter((name) =>
    [[name, of], [of, name]].some(([a = "", b = ""]) =>
      a.startsWith(b) || a.endsWith(`_${b}`)
    )
  );
  const found = variants.length > 0 ? variants : having;
  return found.length > MOST_NAMES ? [] : found;
}

/** Reports those of some keys that are not known. */
export function reportUnknownKeys(
  keys: readonly string[],
  known: readonly string[],
  path: Path,
  what: string,
  findings: Findings,
  others: Others = {},
): void {
  for (const key of keys) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    const having = havingKey(key, others);
    const hint = known.length > 0
      ? `expected one of ${quoted(known)}`
      : "it has no options";
    findings.error(
      "unknown-key",
      [...path, key],
      `Cannot use "${key}" in ${what}`,
      {
        at: "key",
        hints: [
          ...(near ? [`did you mean "${near}"?`] : []),
          ...(having.length > 0
            ? [
              `${having.map((one) => `"${one}"`).join(", ")} ${
                having.length > 1 ? "have" : "has"
              } "${key}"`,
            ]
            : []),
          hint,
        ],
      },
    );
  }
}

/** Of a value with several forms, the mistakes in the form that was meant. */
function formOf(
  { errors }: Extract<Issue, { readonly code: "invalid_union" }>,
): readonly Issue[] | undefined {
  return errors.find((issues) =>
    issues.every(({ path, code }) =>
      path.length > 0 || code === "unrecognized_keys" || OF_RANGE.has(code)
    )
  );
}

/** What is wrong with a value of the right form. */
const OF_RANGE: ReadonlySet<Issue["code"]> = new Set([
  "too_small",
  "too_big",
  "custom",
]);

function bound(issue: Issue): string {
  if (issue.code === "too_small") {
    return issue.inclusive === false
      ? `more than ${issue.minimum}`
      : `at least ${issue.minimum}`;
  }
  if (issue.code === "too_big") {
    return issue.inclusive === false
      ? `less than ${issue.maximum}`
      : `at most ${issue.maximum}`;
  }
  return "";
}

/** What stands in the place of a value of another type. */
const expectedOf = (issue: Issue, schema: z.ZodType): string =>
  issue.code === "invalid_type"
    ? TYPE_NAMES[issue.expected] ?? issue.expected
    : formsOf(schema, issue.path);

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null
        ? (inner as Record<PropertyKey, unknown>)[key]
        : undefined,
    value,
  );
}

/** What is said of a value that is not there. */
const MISSING: ReadonlySet<Issue["code"]> = new Set([
  "invalid_type",
  "invalid_union",
  "custom",
]);

function report(
  issue: Issue,
  schema: z.ZodType,
  value: unknown,
  path: Path,
  what: string,
  findings: Findings,
  others: Others,
): void {
  const inner = issue.path.map((key) =>
    typeof key === "symbol" ? String(key) : key
  );
  const place = [...path, ...inner];
  const name = inner.length > 0 ? `"${inner.join(".")}" of ${what}` : what;
  const found = at(value, issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = keysOf(schema, issue.path);
    reportUnknownKeys(
      issue.keys,
      known,
      place,
      name,
      findings,
      inner.length > 0 ? {} : others,
    );
  } else if (issue.code === "invalid_union" && formOf(issue)) {
    for (const inner of formOf(issue) ?? []) {
      const full = { ...inner, path: [...issue.path, ...inner.path] };
      report(full, schema, value, path, what, findings, others);
    }
  } else if (found === undefined && MISSING.has(issue.code)) {
    findings.error("missing-key", place, `Cannot do without ${name}`, {
      at: "key",
      hints: [
        issue.code === "custom"
          ? issue.message
          : `expected ${expectedOf(issue, schema)}`,
      ],
    });
  } else if (issue.code === "too_small" || issue.code === "too_big") {
    const most = issue.code === "too_small" ? issue.minimum : issue.maximum;
    const entries = Number(most) === 1 ? " entry" : " entries";
    const list = issue.origin === "array" ? entries : "";
    findings.error(
      "out-of-range",
      place,
      `Cannot use ${show(found)} as ${name}: expected ${bound(issue)}${list}`,
    );
  } else if (issue.code === "invalid_value") {
    const near = typeof found === "string"
      ? nearest(found, issue.values.map(String))
      : undefined;
    findings.error(
      "out-of-range",
      place,
      `Cannot use ${show(found)} as ${name}: expected one of ${
        quoted(issue.values)
      }`,
      { hints: near ? [`did you mean "${near}"?`] : [] },
    );
  } else if (issue.code === "custom" || issue.code === "invalid_format") {
    findings.error(
      "out-of-range",
      place,
      `Cannot use ${show(found)} as ${name}: ${issue.message}`,
    );
  } else {
    findings.error(
      "wrong-type",
      place,
      `Cannot use ${show(found)} as ${name}: expected ${
        expectedOf(issue, schema)
      }`,
    );
  }
}

/**
 * Checks a value against a schema and reports every problem.
 *
 * @param what The thing that has these options, for messages.
 * @param others What may have been meant in its place, for keys that it has not.
 * @returns The value with defaults; `undefined` when there was a problem.
 */
export function validate<T>(
  schema: z.ZodType<T>,
  value: unknown,
  path: Path,
  what: string,
  findings: Findings,
  others: Others = {},
): T | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    report(issue, schema, value, path, what, findings, others);
  }
  return undefined;
}

/** A name, or a map from one name to its options. */
export interface Choice {
  readonly name: string;
  readonly options: unknown;
  /** Where the options stand. */
  readonly path: Path;
}

/**
 * Reads `name` or `{ name: options }`, the form in which pipelines choose a
 * transform, an optimizer or a schedule.
 */
export function readChoice(
  value: unknown,
  path: Path,
  what: string,
  known: readonly string[],
  findings: Findings,
): Choice | undefined {
  let choice: Choice | undefined;
  if (typeof value === "string") choice = { name: value, options: {}, path };
  else if (isRecord(value)) {
    const [name, ...others] = Object.keys(value);
    if (name !== undefined && others.length === 0) {
      choice = { name, options: value[name] ?? {}, path: [...path, name] };
    }
  }
  if (!choice) {
    findings.error(
      value === undefined ? "missing-key" : "wrong-type",
      path,
      value === undefined
        ? `Cannot do without ${what}`
        : `Cannot use ${show(value)} as ${what}`,
      {
        at: value === undefined ? "key" : "value",
        hints: [
          `expected a name, or one name with its options: { ${
            known[0] ?? "name"
          }: { ... } }`,
          `known: ${quoted(known)}`,
        ],
      },
    );
    return undefined;
  }
  if (known.includes(choice.name)) return choice;
  unknownName(
    choice.name,
    choice.path,
    what,
    known,
    findings,
    choice.path === path ? "value" : "key",
  );
  return undefined;
}

/** A file of the user's own, whose path lacks the sign that it is one. */
const MODULE = /^[^./].*\.[cm]?[jt]s$/;

/** Reports a name that is missing or not known, with the nearest one. */
export function unknownName(
  name: unknown,
  path: Path,
  what: string,
  known: readonly string[],
  findings: Findings,
  at: "key" | "value" = "value",
): void {
  // A user's module that could not be imported was reported by its reader.
  if (findings.has(path)) return;
  if (name === undefined || name === null) {
    findings.error(
      "missing-key",
      path,
      `Cannot do without ${what.replace(/,$/, "")}`,
      { hints: [`known: ${quoted(known)}`] },
    );
    return;
  }
  const near = MODULE.test(String(name))
    ? `./${name}`
    : nearest(String(name), known);
  findings.error("unknown-name", path, `Cannot find ${what} "${name}"`, {
    at,
    hints: [
      ...(near ? [`did you mean "${near}"?`] : []),
      `known: ${quoted(known)}`,
    ],
  });
}

/** Whether a value is a map with text keys. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
