/** @file `extends`: one value from a file and the files that it builds on. */
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { readRegularTextSync } from "../../regular_file.ts";
import { Findings, type Path } from "../../diagnostics/diagnostic.ts";
import { type Location, OFFSET, SourceDocument } from "./document.ts";
import { merge } from "./merge.ts";
import { nearest } from "../../diagnostics/nearest.ts";
import { isRecord, show } from "../../diagnostics/validate.ts";

/** Files of one pipeline; no honest one is made of more. */
const MOST_FILES = 16;

/** First part of a path into one of the files, by its number. */
const IN_FILE = "\u0000file";

/** Finds the places of paths. */
export interface Locator {
  /** Where a path leads: its key or its value. */
  locate(path: Path, at: "key" | "value"): Location;
  /** Where the part at a path is written, where that is another path. */
  place?(path: Path): Path;
  /** What else to know about the value at a path, one line each. */
  notes?(path: Path, at: "key" | "value"): readonly string[];
}

/** A file with its own part of the value. */
interface Layer {
  readonly document: SourceDocument;
  /** Without `extends`. */
  readonly value: unknown;
}

/** A file merged over its bases. */
export interface Composition extends Locator {
  /** What the files say together; `undefined` when one cannot be read. */
  readonly value: unknown;
  /** What each of the files says by itself. */
  readonly parts: readonly unknown[];
}

/** Reads a file's bases, theirs, and so on; depth first, in order. */
class Reader {
  readonly documents: SourceDocument[] = [];
  /** From the first base to the file itself, each over those before. */
  readonly layers: Layer[] = [];
  /** Whether every file could be read. */
  whole = true;

  constructor(readonly findings: Findings) {}

  #fail(path: Path, message: string, hints: readonly string[] = []): void {
    this.whole = false;
    this.findings.error("bad-extends", path, message, { hints });
  }

  /**
   * Reads one file and what it extends.
   *
   * @param above The files that led here.
   */
  read(file: string, text: string, above: readonly string[]): unknown {
    const index = this.documents.length;
    const document = new SourceDocument(file, text);
    this.documents.push(document);
    // Paths of the file itself need no mark.
    const at = (path: Path): Path =>
      index === 0 ? path : [IN_FILE, index, ...path];
    const own = new Findings();
    const value = document.value(own);
    for (const { code, path, message, hints } of own.all) {
      this.findings.error(code, at(path), message, { hints });
    }
    if (own.failed) this.whole = false;
    if (!isRecord(value) || !Object.hasOwn(value, "extends")) {
      this.layers.push({ document, value });
      return value;
    }
    const { extends: written, ...rest } = value;
    const list = typeof written === "string" ? [written] : written;
    if (!Array.isArray(list) || list.length === 0) {
      this.#fail(
        at(["extends"]),
        `Cannot extend ${show(written)}: expected a path or a list of paths`,
        ["for example extends: ./base.yaml"],
      );
      return rest;
    }
    const chain = [...above, file];
    const bases = list.map((base: unknown, i) =>
      this.#base(
        base,
        chain,
        at(Array.isArray(written) ? ["extends", i] : ["extends"]),
      )
    );
    this.layers.push({ document, value: rest });
    return [...bases, rest].reduce(merge);
  }

  #base(base: unknown, chain: readonly string[], at: Path): unknown {
    if (typeof base !== "string" || base === "") {
      this.#fail(at, `Cannot extend ${show(base)}: expected a path`);
      return {};
    }
    const folder = dirname(chain.at(-1) as string);
    const file = isAbsolute(base) ? base : join(folder, base);
    if (chain.some((one) => resolve(one) === resolve(file))) {
      this.#fail(
        at,
        `Cannot extend "${base}": it would extend itself`,
        [[...chain, file].map((one) => basename(one)).join(" extends ")],
      );
      return {};
    }
    if (this.documents.length >= MOST_FILES) {
      // Said once; each further base would say it again.
      if (this.whole) {
        this.#fail(
          at,
          `Cannot extend "${base}": a pipeline is made of at most ${MOST_FILES} files`,
        );
      }
      return {};
    }
    const text = this.#text(base, file, at);
    if (text === undefined) return {};
    const before = this.findings.all.length;
    const value = this.read(file, text, chain);
    if (!isRecord(value) && this.findings.all.length === before) {
      this.#fail(at, `Cannot extend "${base}": it holds ${show(value)}`, [
        "expected a map, as every pipeline is",
      ]);
    }
    return isRecord(value) ? value : {};
  }

  #text(base: string, file: string, at: Path): string | undefined {
    try {
      return readRegularTextSync(file);
    } catch (error) {
      const missing = error instanceof Deno.errors.NotFound;
      const near = missing ? neighbour(file) : undefined;
      const reason = missing
        ? "there is no such file"
        : error instanceof Error
        ? error.message
        : String(error);
      this.#fail(at, `Cannot extend "${base}": ${reason}`, [
        ...(near ? [`did you mean "${near}"?`] : []),
        ...(base.includes("${") ? ["variables are not inserted here"] : []),
        "paths start from the folder of the file that names them",
      ]);
      return undefined;
    }
  }
}

/** The name in a file's folder that was probably meant. */
function neighbour(file: string): string | undefined {
  try {
    const names = [...Deno.readDirSync(dirname(file))].map(({ name }) => name);
    return nearest(basename(file), names);
  } catch {
    return undefined;
  }
}

/** The file, last in order, that has a part in the value at a path. */
function place(layers: readonly Layer[], path: Path): SourceDocument {
  let active: readonly Layer[] = layers;
  for (const key of path) {
    const below: Layer[] = [];
    for (const { document, value } of active.toReversed()) {
      const holds = typeof value === "object" && value !== null &&
        Object.hasOwn(value, key);
      if (!holds) continue;
      const inner = (value as Record<string | number, unknown>)[key];
      // A map adds to what lies under it; all else covers it.
      if (isRecord(inner) || below.length === 0) {
        below.unshift({ document, value: inner });
      }
      if (!isRecord(inner)) break;
    }
    if (below.length === 0) break;
    active = below;
  }
  return (active.at(-1) as Layer).document;
}

/**
 * Reads a pipeline's text and the files that it extends. Touches the file
 * system only where there is an `extends`.
 */
export function compose(
  file: string,
  text: string,
  findings: Findings,
): Composition {
  const reader = new Reader(findings);
  const value = reader.read(file, text, []);
  const root = reader.documents[0] as SourceDocument;
  return {
    value: reader.whole ? value : undefined,
    parts: reader.layers.map(({ value }) => value),
    locate(path, at) {
      if (path[0] === IN_FILE) {
        const document = reader.documents[Number(path[1])] ?? root;
        return document.locate(path.slice(2), at);
      }
      // What stands in one file alone is not looked for in its bases.
      const own = path[0] === OFFSET || path[0] === "extends";
      const document = own ? root : place(reader.layers, path);
      return document.locate(path, at);
    },
  };
}
