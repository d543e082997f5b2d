/** @file Findings as text. */
import type { Locator } from "../language/compose.ts";
import type { Diagnostic, Path } from "../../diagnostics/diagnostic.ts";

/** Columns of a line that are shown around the caret. */
const WIDTH = 100;

/** A list of all names of a long file says less than its beginning. */
const MOST_HINT = 1000;

const shortened = (hint: string): string =>
  hint.length > MOST_HINT ? `${hint.slice(0, MOST_HINT - 3)}...` : hint;

/**
 * A finding with its place, the line and a caret:
 *
 * ```text
 * simsiam.yaml:14:12: Cannot find the stage "vews" [unknown-reference]
 * 14 |   y: { encode: resnet, of: vews }
 *    |                            ^^^^
 *    did you mean "views"?
 * ```
 */
function renderDiagnostic(
  { code, severity, message, path, at, hints, related }: Diagnostic,
  locator: Locator,
): string {
  const { file, line, column, length, text } = locator.locate(path, at);
  // A mistake in a variable's use is not about its value.
  const notes = code === "bad-variable" ? [] : [
    ...locator.notes?.(path, at) ?? [],
    ...related.flatMap((one) => locator.notes?.(one, "value") ?? []),
  ];
  const label = severity === "warning" ? "warning: " : "";
  const head = `${file}:${line}:${column}: ${label}${message} [${code}]`;
  const number = String(line);
  const gutter = " ".repeat(number.length);
  const from = column > WIDTH ? column - WIDTH / 2 : 0;
  // A file that is no text must not write to the terminal's controls.
  const shown = text.slice(from, from + WIDTH).replace(
    /[^\P{Cc}\t]/gu,
    "\ufffd",
  );
  const start = column - 1 - from;
  const carets = "^".repeat(Math.max(1, Math.min(length, WIDTH - start)));
  return [
    head,
    `${number} | ${shown}`,
    `${gutter} | ${" ".repeat(start)}${carets}`,
    ...new Set(
      [...hints, ...notes].map((hint) => `${gutter}   ${shortened(hint)}`),
    ),
  ].join("\n");
}

/** What a path is of a value that stands in no file, such as `stages["t.y"].of[1]`. */
const inObject = (path: Path): string =>
  path.map((key, i) =>
    typeof key === "number"
      ? `[${key}]`
      : /^[A-Za-z_$][\w$]*$/.test(key)
      ? `${i > 0 ? "." : ""}${key}`
      : `[${JSON.stringify(key)}]`
  ).join("") || "the pipeline";

/**
 * A finding in a pipeline that is no file but an object:
 *
 * ```text
 * stages.y.of: Cannot find the stage "vews" [unknown-reference]
 *   did you mean "views"?
 * ```
 */
function renderInObject(
  { code, severity, message, path, at, hints }: Diagnostic,
  locator: Locator,
): string {
  const place = locator.place?.(path) ?? path;
  const own = typeof place[0] === "string" && place[0].startsWith("\u0000");
  const label = severity === "warning" ? "warning: " : "";
  const notes = code === "bad-variable" ? [] : locator.notes?.(path, at) ?? [];
  return [
    `${inObject(own ? [] : place)}: ${label}${message} [${code}]`,
    ...new Set([...hints, ...notes].map((hint) => `  ${shortened(hint)}`)),
  ].join("\n");
}

/** How findings are told: with lines of a file, or with paths of an object. */
const RENDER = { file: renderDiagnostic, object: renderInObject } as const;

/** What a pipeline was read from. */
export type Origin = keyof typeof RENDER;

/** A finding, and what finds its place. */
export interface LocatedFinding {
  readonly finding: Diagnostic;
  readonly locator: Locator;
}

/** Nobody reads more at once. */
const MOST_SHOWN = 100;

/** All findings, file by file, in the order of their places; of very many the first. */
export function renderAll(
  findings: readonly LocatedFinding[],
  origin: Origin = "file",
): string {
  const files: string[] = [];
  const placed = findings.map(({ finding, locator }) => {
    const { file, line, column } = locator.locate(finding.path, finding.at);
    if (!files.includes(file)) files.push(file);
    const place = [files.indexOf(file), line, column] as const;
    return { finding, locator, place };
  });
  placed.sort(({ place: a }, { place: b }) =>
    a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
  );
  const shown = placed.slice(0, MOST_SHOWN).map(({ finding, locator }) =>
    RENDER[origin](finding, locator)
  );
  const rest = placed.length - shown.length;
  return [...shown, ...rest > 0 ? [`and ${rest} more findings`] : []].join(
    "\n\n",
  );
}
