/** @file A YAML file: its value, and where each part of it stands. */
import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  visit,
} from "yaml";
import type { Findings, Path } from "../../diagnostics/diagnostic.ts";

/** A place in a file; line and column count from 1. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Characters to underline, at least 1. */
  readonly length: number;
  /** The whole line, for the caret. */
  readonly text: string;
}

/** What to do, by the parser's code. */
const CURES: Readonly<Record<string, readonly string[]>> = {
  BAD_INDENT: ["keys of one map start at the same column"],
  TAB_AS_INDENT: ["indent with spaces"],
  MISSING_CHAR: ["close the bracket or the quotes before this place"],
  UNEXPECTED_TOKEN: ["look for a missing comma, bracket or quote before it"],
  MULTIPLE_DOCS: ["a file is one pipeline; remove the `---`"],
};

/** Limits that no honest pipeline reaches. */
const MOST_BYTES = 1_000_000;
const MOST_PARTS = 20_000;
const MOST_ALIASES = 100;
const DEEPEST = 40;
/** The name of what is below every object: schemas leave such a key out without a word. */
const PROTO = "__proto__";
/** Characters of a key in a message. */
const MOST_NAME = 100;

/** What ends or begins a part of a file: about one for each key and entry. */
const PARTS = /[\n,:[{]|- /g;

/** Why a file is not even parsed; undefined where it is. */
function tooLarge(source: string): string | undefined {
  if (source.length > MOST_BYTES) {
    return `Cannot read a pipeline of ${source.length} characters: at most ${MOST_BYTES}`;
  }
  const parts = source.match(PARTS)?.length ?? 0;
  return parts > MOST_PARTS
    ? `Cannot read a pipeline of ${parts} keys, entries and lines: at most ${MOST_PARTS}`
    : undefined;
}

const TOO_DEEP = `Cannot read a pipeline nested deeper than ${DEEPEST} levels`;

/** The result of work that recurs; undefined where there is no stack left for it. */
function orTooDeep<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A mistake that the parser finds. */
interface Problem {
  readonly code: string;
  readonly message: string;
  readonly pos: readonly [number, number];
}

/** A parsed YAML file. */
export class SourceDocument {
  readonly #document: Document;
  readonly #tooLarge: string | undefined;
  /** Pairs of a map by their keys, once somebody asks for one. */
  readonly #pairs = new WeakMap<object, ReadonlyMap<string, Pair>>();
  /** Where each line begins. */
  #lines: readonly number[] | undefined;

  constructor(readonly file: string, readonly source: string) {
    // Its own way to find duplicates compares every key with every other.
    const parse = (text: string): Document =>
      parseDocument(text, { uniqueKeys: false, prettyErrors: false });
    const reason = tooLarge(source);
    const parsed = orTooDeep(() => parse(reason === undefined ? source : ""));
    this.#document = parsed ?? parse("");
    this.#tooLarge = parsed ? reason : TOO_DEEP;
  }

  /** Keys that stand in a map before. */
  #duplicates(): Problem[] {
    const found: Problem[] = [];
    visit(this.#document, {
      Map(_, map) {
        const known = new Set<string>();
        for (const { key } of map.items) {
          if (!isScalar(key)) continue;
          const name = `${typeof key.value} ${key.value}`;
          const pos = rangeOf(key);
          if (known.has(name) && pos) {
            found.push({ code: "DUPLICATE_KEY", message: "", pos });
          }
          known.add(name);
        }
      },
    });
    return found;
  }

  /**
   * The value as plain data; reports syntax errors, duplicate keys and files
   * that are too complex to be honest.
   */
  value(findings: Findings): unknown {
    if (this.#tooLarge !== undefined) {
      findings.error("too-complex", [], this.#tooLarge);
      return undefined;
    }
    const { errors } = this.#document;
    const deep = errors.find(({ message }) => /call stack/.test(message));
    if (deep) {
      findings.error(
        "too-complex",
        [OFFSET, deep.pos[0]],
        TOO_DEEP,
      );
      return undefined;
    }
    // Deep, too: what walks over it would find no end of the stack.
    const depth = orTooDeep(() => this.#depth()) ?? Number.POSITIVE_INFINITY;
    const problems: Problem[] = [
      ...errors,
      ...depth > DEEPEST ? [] : this.#duplicates(),
    ];
    const variable = problems.find(({ pos: [from] }) =>
      this.source.slice(from - 1, from + 1) === "${"
    );
    if (variable) {
      // A flow map begins at the brace; all that follows is misread.
      findings.error(
        "yaml-syntax",
        [OFFSET, variable.pos[0] - 1],
        "Cannot read a variable without quotes here",
        { hints: ['inside of { } and [ ], write "${name}" with its quotes'] },
      );
      return undefined;
    }
    problems.sort((a, b) => a.pos[0] - b.pos[0]);
    for (const problem of problems) {
      const from = this.#firstSign(problem.pos[0], problem.code);
      if (problem.code === "DUPLICATE_KEY") {
        const key = this.#textAt(problem.pos);
        findings.error(
          "duplicate-key",
          [OFFSET, from],
          `The key "${key}" stands twice in one map`,
          { hints: ["remove one of the two"] },
        );
        continue;
      }
      findings.error("yaml-syntax", [OFFSET, from], sentence(problem.message), {
        hints: this.#cures(from, problem),
      });
      // What follows the first mistake is misread.
      break;
    }
    if (problems.length > 0) return undefined;
    if (depth > DEEPEST) {
      findings.error(
        "too-complex",
        [],
        TOO_DEEP,
      );
      return undefined;
    }
    const odd = this.#oddKey();
    if (odd !== undefined) {
      findings.error(
        "yaml-syntax",
        [OFFSET, odd.at],
        `Cannot use ${odd.what} as a key`,
        { hints: ["keys are names; look for a missing name, `:` or comma"] },
      );
      return undefined;
    }
    const lost = this.#lostAlias();
    if (lost) {
      findings.error(
        "yaml-syntax",
        [OFFSET, lost.at],
        `Cannot find the anchor "&${lost.name}" that this alias stands for`,
        { hints: ["an anchor stands before its aliases"] },
      );
      return undefined;
    }
    try {
      const value = this.#document.toJS({ maxAliasCount: MOST_ALIASES });
      JSON.stringify(value);
      return value;
    } catch (error) {
      findings.error(
        "too-complex",
        [],
        `Cannot expand the aliases of this file: ${
          error instanceof Error ? error.message : error
        }`,
      );
      return undefined;
    }
  }

  /** Where a key is that is no text or number, or that no map of ours can hold. */
  #oddKey(): { readonly what: string; readonly at: number } | undefined {
    let found: { what: string; at: number } | undefined;
    visit(this.#document, {
      Pair(_, { key, value }) {
        const named = isScalar(key) && key.value !== null;
        if (named && key.value !== PROTO) return undefined;
        found = {
          what: named ? `"${PROTO}"` : "a list, a map or nothing",
          at: (rangeOf(key) ?? rangeOf(value) ?? [0])[0],
        };
        return visit.BREAK;
      },
    });
    return found;
  }

  /** An alias without an anchor before it. */
  #lostAlias(): { readonly name: string; readonly at: number } | undefined {
    const anchors = new Set<string>();
    let found: { name: string; at: number } | undefined;
    visit(this.#document, {
      Value(_, { anchor }) {
        if (anchor !== undefined) anchors.add(anchor);
      },
      Alias(_, alias) {
        if (anchors.has(alias.source)) return undefined;
        found = { name: alias.source, at: (rangeOf(alias) ?? [0])[0] };
        return visit.BREAK;
      },
    });
    return found;
  }

  #depth(): number {
    let deepest = 0;
    visit(this.#document, {
      Collection(_, __, ancestors) {
        const depth = ancestors.filter((node) => !isPair(node)).length;
        deepest = Math.max(deepest, depth);
        return depth > DEEPEST ? visit.BREAK : undefined;
      },
    });
    return deepest;
  }

  /** A bad indent is reported at the line's start; its first sign tells more. */
  #firstSign(from: number, code: string): number {
    if (code !== "BAD_INDENT") return from;
    return from + (/^ */.exec(this.source.slice(from))?.[0].length ?? 0);
  }

  /** What to do about a mistake of syntax. */
  #cures(
    from: number,
    { code, message }: { readonly code: string; readonly message: string },
  ): readonly string[] {
    const line = this.source.slice(0, from + 1).split("\n").at(-1) ?? "";
    const [, view] = /([A-Za-z_][\w.-]*\[)$/.exec(line) ?? [];
    if (view) {
      const end = /^[\d:]*\]?/.exec(this.source.slice(from + 1))?.[0] ?? "";
      return [`write "${view}${end}" with quotes`];
    }
    return /end with a/.test(message)
      ? ["close the bracket or the quotes before this place"]
      : CURES[code] ?? [];
  }

  #textAt([from]: readonly [number, number]): string {
    return this.source.slice(from, from + MOST_NAME).split(/[:\s,{}[\]]/)[0] ??
      "";
  }

  /**
   * Where a path leads: its key or its value; the nearest enclosing part where
   * the path does not exist.
   */
  locate(path: Path, at: "key" | "value"): Location {
    if (path[0] === OFFSET) return this.#at(Number(path[1]), Number(path[1]));
    let node: unknown = this.#document.contents;
    let range = rangeOf(node) ?? [0, 0];
    for (const [i, key] of path.entries()) {
      const last = i === path.length - 1;
      let child: unknown;
      if (isMap(node)) {
        const pair = this.#pairsOf(node).get(String(key));
        if (!pair) break;
        child = pair.value;
        const keyRange = rangeOf(pair.key);
        const own = rangeOf(child);
        // A value that is left out is shown by its key.
        const wanted = (last && at === "key") || own?.[0] === own?.[1]
          ? keyRange
          : own;
        if (wanted) range = wanted;
      } else if (isSeq(node)) {
        child = node.items[Number(key)];
        range = rangeOf(child) ?? range;
      } else break;
      node = child;
    }
    return this.#at(range[0], range[1]);
  }

  #pairsOf(
    map: { readonly items: readonly Pair[] },
  ): ReadonlyMap<string, Pair> {
    let pairs = this.#pairs.get(map);
    if (!pairs) {
      // Of two with one name the first counts.
      pairs = new Map(
        map.items.toReversed().flatMap((pair) =>
          isScalar(pair.key) ? [[String(pair.key.value), pair] as const] : []
        ),
      );
      this.#pairs.set(map, pairs);
    }
    return pairs;
  }

  /** The number of a line, from 1, and where it begins. */
  #lineAt(offset: number): readonly [number, number] {
    this.#lines ??= [
      0,
      ...Array.from(this.source.matchAll(/\n/g), ({ index }) => index + 1),
    ];
    let [low, high] = [0, this.#lines.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#lines[middle] as number) <= offset) low = middle;
      else high = middle;
    }
    return [low + 1, this.#lines[low] as number];
  }

  #at(from: number, to: number): Location {
    const start = Math.min(from, Math.max(0, this.source.length - 1));
    const [line, lineStart] = this.#lineAt(start);
    const lineEnd = this.source.indexOf("\n", lineStart);
    const text = this.source.slice(
      lineStart,
      lineEnd < 0 ? this.source.length : lineEnd,
    ).replace(/\r$/, "");
    // The end of a line may be two characters, CR and LF.
    const column = Math.min(start - lineStart, text.length);
    const rest = text.length - column;
    return {
      file: this.file,
      line,
      column: column + 1,
      length: Math.max(1, Math.min(to - from, rest)),
      text,
    };
  }
}

/** First part of a path that is a character offset instead. */
export const OFFSET = "\u0000offset";

function rangeOf(node: unknown): [number, number] | undefined {
  if (!isNode(node) || !node.range) return undefined;
  return [node.range[0], node.range[1]];
}

function sentence(text: string): string {
  const first = text.split("\n")[0] ?? text;
  return first.charAt(0).toUpperCase() + first.slice(1).replace(/[.:]$/, "");
}
