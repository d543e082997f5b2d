/** @file `variables`, and `${name}` where their values go. */
import type { Findings, Path } from "../../diagnostics/diagnostic.ts";
import { nearest } from "../../diagnostics/nearest.ts";
import { isRecord, show } from "../../diagnostics/validate.ts";

/** A name that a variable can have. */
export const VARIABLE_NAME = /^[A-Za-z_][\w-]{0,99}$/;

/** An escape, or a use; one that is never closed has no closing brace. */
const USES = /\$\$\{|\$\{([^{}]*)(\}?)/g;
/** A value that is one use and nothing else. */
const ALONE = /^\$\{([^{}]*)\}$/;

/** Characters of all values after variables; no honest pipeline has more. */
const MOST_CHARACTERS = 1_000_000;

/** The names in a text, in order. */
function namesIn(text: string): string[] {
  return [...text.matchAll(USES)].flatMap(([, name]) => name ?? []);
}

/** Names of the variables that a value uses, in any depth. */
export function usedIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [...new Set(namesIn(value))];
  if (typeof value !== "object" || value === null) return [];
  return [...new Set(Object.values(value).flatMap(usedIn))];
}

/** The variable that a value is, when it is nothing else. */
export function variableOf(value: unknown): string | undefined {
  return typeof value === "string" ? ALONE.exec(value)?.[1] : undefined;
}

/** The value with its texts written so that they are read as they are. */
export function escapeVariables<T>(value: T): T {
  if (typeof value === "string") {
    return value.replaceAll("${", () => "$${") as T;
  }
  if (Array.isArray(value)) return value.map(escapeVariables) as T;
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, escapeVariables(inner)]),
  ) as T;
}

/** A value after variables, and how much text it is. */
interface Filled {
  readonly value: unknown;
  readonly size: number;
}

/** Variables that are made of others, one after the other. */
const LONGEST_CHAIN = 100;
/** Names in a hint, and variables of which one thing is said. */
const MOST_NAMES = 20;

/** Signals that the values grow without end; never leaves this file. */
class TooLong extends Error {}

class Filler {
  readonly #done = new Map<string, Filled>();
  readonly #open: string[] = [];

  constructor(
    readonly variables: Readonly<Record<string, unknown>>,
    readonly findings: Findings,
  ) {}

  fill(value: unknown, path: Path): Filled {
    if (typeof value === "string") return this.#text(value, path);
    if (typeof value !== "object" || value === null) return { value, size: 1 };
    let size = 1;
    const entries = Object.entries(value).map(([key, inner]) => {
      const at = Array.isArray(value) ? Number(key) : key;
      const filled = this.fill(inner, [...path, at]);
      size = limited(size + filled.size);
      return [key, filled.value] as const;
    });
    return {
      value: Array.isArray(value)
        ? entries.map(([, inner]) => inner)
        : Object.fromEntries(entries),
      size,
    };
  }

  #text(text: string, path: Path): Filled {
    const alone = variableOf(text);
    if (alone !== undefined) {
      return this.variable(alone, path) ?? { value: text, size: text.length };
    }
    let size = text.length;
    const value = text.replace(USES, (use, name?: string, end?: string) => {
      if (name === undefined) return "${";
      if (end === "") {
        this.#bad(path, `Cannot read "${show(text).slice(1, -1)}"`, [
          "the `${` is never closed; for the characters themselves write `$${`",
        ]);
        return use;
      }
      const filled = this.variable(name, path);
      if (!filled) return use;
      if (typeof filled.value === "object" && filled.value !== null) {
        this.#bad(
          path,
          `Cannot insert the variable "${name}" into a text: it is ${
            show(filled.value)
          }`,
          ["a list or a map can only be the whole value"],
        );
        return use;
      }
      size = limited(size + filled.size);
      return String(filled.value);
    });
    return { value, size: limited(size) };
  }

  /** The value of a variable, in which others may be used. */
  variable(name: string, path: Path): Filled | undefined {
    const done = this.#done.get(name);
    if (done) return done;
    if (!Object.hasOwn(this.variables, name)) {
      const known = Object.keys(this.variables);
      const near = nearest(name, known);
      this.#bad(path, `Cannot find the variable "${name}"`, [
        ...(near ? [`did you mean "${near}"?`] : []),
        known.length > 0
          ? `known: ${
            known.slice(0, MOST_NAMES).map((one) => `"${one}"`).join(", ")
          }${known.length > MOST_NAMES ? ", ..." : ""}`
          : 'add it under "variables"; for the characters themselves write `$${`',
      ]);
      return undefined;
    }
    if (this.#open.includes(name)) {
      const circle = this.#open.slice(this.#open.indexOf(name));
      this.#bad(path, `Cannot compute the variable "${name}" from itself`, [
        [...circle, name].map((one) => `"${one}"`).join(" uses "),
      ]);
      return undefined;
    }
    if (this.#open.length >= LONGEST_CHAIN) {
      this.#bad(
        path,
        `Cannot compute the variable "${
          this.#open[0]
        }": it goes through more than ${LONGEST_CHAIN} others`,
        ["write the value in fewer steps"],
      );
      return undefined;
    }
    this.#open.push(name);
    const filled = this.fill(this.variables[name], ["variables", name]);
    this.#open.pop();
    this.#done.set(name, filled);
    return filled;
  }

  #bad(path: Path, message: string, hints: readonly string[]): void {
    this.findings.error("bad-variable", path, message, { hints });
  }
}

function limited(size: number): number {
  if (size > MOST_CHARACTERS) throw new TooLong();
  return size;
}

/** The variables of a pipeline; none where they are not a map of good names. */
function readVariables(
  written: unknown,
  findings: Findings,
): Readonly<Record<string, unknown>> {
  if (written === undefined || written === null) return {};
  if (!isRecord(written)) {
    findings.error(
      "wrong-type",
      ["variables"],
      `Cannot use ${show(written)} as "variables": expected a map`,
      { hints: ["for example variables: { width: 16 }"] },
    );
    return {};
  }
  for (const name of Object.keys(written)) {
    if (VARIABLE_NAME.test(name)) continue;
    findings.error(
      "bad-variable",
      ["variables", name],
      `Cannot name a variable "${name}"`,
      { at: "key", hints: ['expected letters, digits, "_" and "-"'] },
    );
  }
  return written;
}

/**
 * The pipeline with every `${name}` replaced, and without `variables`.
 *
 * A variable that no file uses is an error, as is every other key that
 * nothing reads: `--set variables.widht=32` would otherwise train with the
 * old width and say nothing.
 *
 * @param parts What each file says by itself: a use that another file covers
 * is a use.
 * @returns `undefined` when a use cannot be replaced.
 */
export function fillVariables(
  root: unknown,
  parts: readonly unknown[],
  findings: Findings,
): unknown {
  if (!isRecord(root)) return root;
  const { variables: written, ...rest } = root;
  const before = findings.all.length;
  const variables = readVariables(written, findings);
  const filler = new Filler(variables, findings);
  let value: unknown;
  try {
    // Each variable once, so that one that is never reached is checked too.
    for (const name of Object.keys(variables)) filler.variable(name, []);
    value = filler.fill(rest, []).value;
  } catch (error) {
    if (!(error instanceof TooLong)) throw error;
    findings.error(
      "too-complex",
      ["variables"],
      `Cannot insert the variables: the values would be more than ${MOST_CHARACTERS} characters`,
    );
    return undefined;
  }
  const whole = findings.all.length === before;
  const used = new Set(usedIn([rest, variables, ...parts]));
  const names = Object.keys(variables);
  const unknown = [...used].filter((one) => !Object.hasOwn(variables, one));
  const unused = names.filter((name) =>
    !used.has(name) && VARIABLE_NAME.test(name)
  );
  for (const [i, name] of unused.entries()) {
    // Of very many that nobody uses none is a slip of the pen.
    const near = i >= MOST_NAMES ? undefined : nearest(name, unknown) ??
      nearest(name, names.filter((one) => one !== name));
    findings.error(
      "bad-variable",
      ["variables", name],
      `Cannot use the variable "${name}" anywhere: no value holds it`,
      {
        at: "key",
        hints: [
          ...(near ? [`did you mean "${near}"?`] : []),
          `write \`\${${name}}\` where it belongs, or remove it`,
        ],
      },
    );
  }
  return whole ? value : undefined;
}
