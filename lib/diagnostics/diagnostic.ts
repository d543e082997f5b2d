/** @file What a check can say about a pipeline. */

/** Where in a document: keys and list positions from its root. */
export type Path = readonly (string | number)[];

/** Stable names of everything that a check can report; docs/diagnostics.md explains each. */
export const CODES = [
  "yaml-syntax",
  "duplicate-key",
  "bad-extends",
  "bad-variable",
  "bad-sweep",
  "unknown-key",
  "missing-key",
  "wrong-type",
  "out-of-range",
  "unknown-name",
  "unknown-reference",
  "cycle",
  "shape-mismatch",
  "dtype-mismatch",
  "view-mismatch",
  "unused-stage",
  "unused-setting",
  "no-gradient",
  "ema-mismatch",
  "wrong-side",
  "no-loss",
  "schedule-too-long",
  "batch-too-large",
  "batch-norm-batch",
  "queue-batch",
  "collapse-risk",
  "no-data",
  "no-labels",
  "odd-data",
  "preset-fit",
  "custom-stage",
  "too-complex",
] as const;

/** One of {@linkcode CODES}. */
export type Code = typeof CODES[number];

/** One finding. An error stops the run before it starts; a warning does not. */
export interface Diagnostic {
  /** Stable name of the kind of finding. */
  readonly code: Code;
  /** Whether it stops the run before it starts. */
  readonly severity: "error" | "warning";
  /** What is wrong: sentence case, names quoted, no final period. */
  readonly message: string;
  /** Keys from the root of the document. */
  readonly path: Path;
  /** Whether the caret points at the key or at its value. */
  readonly at: "key" | "value";
  /** What was expected and what to do, one line each. */
  readonly hints: readonly string[];
  /** Other values that have a part in it, in case one was changed from outside. */
  readonly related: readonly Path[];
}

/** What a finding may have beside its message. */
export type Particulars = Partial<
  Pick<Diagnostic, "at" | "hints" | "related">
>;

/** Collects findings, so that all of them are reported together. */
export class Findings {
  readonly #all: Diagnostic[] = [];
  #errors = 0;
  /** Paths of which something was said. */
  readonly #places = new Set<string>();

  /** Everything found, in order. */
  get all(): readonly Diagnostic[] {
    return this.#all;
  }

  /** Whether an error is among them. */
  get failed(): boolean {
    return this.#errors > 0;
  }

  /** Number of errors among them. */
  get errors(): number {
    return this.#errors;
  }

  /** Whether something was said of this place. */
  has(path: Path): boolean {
    return this.#places.has(JSON.stringify(path));
  }

  /** Adds what was found elsewhere. */
  add(...found: readonly Diagnostic[]): void {
    for (const one of found) {
      this.#all.push(one);
      this.#places.add(JSON.stringify(one.path));
      if (one.severity === "error") this.#errors++;
    }
  }

  /** Adds an error. */
  error(
    code: Code,
    path: Path,
    message: string,
    options: Particulars = {},
  ): void {
    this.#add("error", code, path, message, options);
  }

  /** Adds a warning. */
  warn(
    code: Code,
    path: Path,
    message: string,
    options: Particulars = {},
  ): void {
    this.#add("warning", code, path, message, options);
  }

  #add(
    severity: Diagnostic["severity"],
    code: Code,
    path: Path,
    message: string,
    { at = "value", hints = [], related = [] }: Particulars,
  ): void {
    this.add({ code, severity, message, path, at, hints, related });
  }
}
