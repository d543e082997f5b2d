/** @file Looks for names in TypeScript code, but not in its comments or its prose. */

import { BUILT_IN } from "../../lib/model/registry.ts";
import { METHOD_NAMES } from "./methods.ts";

/** Definitions, which a pipeline names: a loss may be called as its method. */
const DEFINED = [...BUILT_IN.stages, ...BUILT_IN.sources].map(({ name }) =>
  name
);

/**
 * A method's name, however it is written. Left out is what means more than the
 * method: a definition, "supervised", three letters within a word, and four that
 * stand in "logistic".
 */
export const METHOD_NAME = new RegExp(
  METHOD_NAMES.map((name) => name.split("_")[0] as string)
    .filter((name) => name.length > 3 && !["supervised", "tico"].includes(name))
    .filter((name) => !DEFINED.includes(name))
    .join("|"),
  "i",
);

/** One piece of source code. */
interface Piece {
  readonly kind: "code" | "string" | "regexp";
  readonly text: string;
  readonly line: number;
}

/** After these a slash begins a regular expression, not a division. */
const BEFORE_REGEXP = /(?:^|[=(,:;!&|?{}[\]+*%~^<>-]|\breturn|\btypeof)\s*$/;

/**
 * Splits source code into code, contents of strings and regular expressions;
 * comments are left out. What stands in `${}` of a template is code again.
 */
export function pieces(source: string): Piece[] {
  const found: Piece[] = [];
  let [at, line, code, codeLine] = [0, 1, "", 1];
  // What stands ahead of `code`: nothing, a value or an opening brace.
  let before = "";
  const take = (length: number): string => {
    const text = source.slice(at, at + length);
    at += length;
    line += text.split("\n").length - 1;
    return text;
  };
  const endCode = (): void => {
    if (code.trim()) found.push({ kind: "code", text: code, line: codeLine });
    code = "";
    before = "value";
  };
  const quoted = (kind: "string" | "regexp", pattern: RegExp): void => {
    endCode();
    const start = line;
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (!match) throw new SyntaxError(`line ${line}: cannot read ${kind}`);
    found.push({ kind, text: take(match[0].length), line: start });
  };
  /** Reads up to the end, or to the brace that closes a template's hole. */
  const read = (inTemplate: boolean): void => {
    let depth = 0;
    while (at < source.length) {
      if (code === "") codeLine = line;
      const next = source[at] as string;
      const two = source.slice(at, at + 2);
      if (two === "//") {
        take((source.indexOf("\n", at) + 1 || source.length + 1) - 1 - at);
      } else if (two === "/*") take(source.indexOf("*/", at) + 2 - at);
      else if (next === '"') quoted("string", /"(?:\\[^]|[^"\\\n])*"/y);
      else if (next === "'") quoted("string", /'(?:\\[^]|[^'\\\n])*'/y);
      else if (next === "`") template();
      else if (next === "/" && BEFORE_REGEXP.test(before + code)) {
        quoted(
          "regexp",
          /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y,
        );
      } else {
        if (next === "{") depth++;
        if (next === "}" && --depth < 0 && inTemplate) return;
        code += take(1);
      }
    }
  };
  const template = (): void => {
    endCode();
    take(1);
    let [text, start] = ["", line];
    const endText = (): void => {
      if (text) found.push({ kind: "string", text, line: start });
      text = "";
    };
    while (source[at] !== "`") {
      if (at >= source.length) throw new SyntaxError("unclosed template");
      if (source.slice(at, at + 2) === "${") {
        endText();
        take(2);
        before = "{";
        read(true);
        endCode();
        take(1);
        start = line;
      } else text += take(source[at] === "\\" ? 2 : 1);
    }
    endText();
    take(1);
  };
  read(false);
  endCode();
  return found;
}

/** A use of a method's name that decides something. */
export interface Use {
  readonly line: number;
  readonly text: string;
}

/** What a file may hold beyond prose. */
export interface Allowed {
  /** Keys of a table, as `name: {`. */
  readonly keys?: boolean;
  /** Identifiers that hold values or citations, in capitals. */
  readonly constants?: readonly string[];
}

/**
 * Prose: words with spaces between, a path or an address. Nothing is ever
 * compared with such a text, while a method's bare name could be.
 */
const PROSE = /\s|\//;

/** Uses of a method's name in code, or as a text that code could compare with. */
export function methodNames(
  source: string,
  { keys = false, constants = [] }: Allowed = {},
): Use[] {
  const known = new RegExp(`\\b(?:${constants.join("|") || "(?!)"})\\b`, "g");
  return pieces(source).flatMap(({ kind, text, line }) => {
    let rest = text;
    if (kind === "code") {
      rest = rest.replaceAll(known, "");
      if (keys) rest = rest.replaceAll(/^ {2}[a-z\d_]+: \{$/gm, "");
    }
    if (kind === "string" && PROSE.test(text)) return [];
    return rest.split("\n").flatMap((one, i) =>
      METHOD_NAME.test(one) ? [{ line: line + i, text: one.trim() }] : []
    );
  });
}
