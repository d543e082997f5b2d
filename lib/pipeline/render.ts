/** @file Findings as text. */
import type { Diagnostic } from "./diagnostic.ts";
import type { SourceDocument } from "./document.ts";

/** Columns of a line that are shown around the caret. */
const WIDTH = 100;

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
export function renderDiagnostic(
  { code, severity, message, path, at, hints }: Diagnostic,
  document: SourceDocument,
): string {
  const { file, line, column, length, text } = document.locate(path, at);
  const label = severity === "warning" ? "warning: " : "";
  const head = `${file}:${line}:${column}: ${label}${message} [${code}]`;
  const number = String(line);
  const gutter = " ".repeat(number.length);
  const cut = column > WIDTH ? column - WIDTH / 2 : 0;
  const shown = text.slice(cut, cut + WIDTH);
  const start = column - 1 - cut;
  const carets = "^".repeat(Math.max(1, Math.min(length, WIDTH - start)));
  return [
    head,
    `${number} | ${shown}`,
    `${gutter} | ${" ".repeat(start)}${carets}`,
    ...hints.map((hint) => `${gutter}   ${hint}`),
  ].join("\n");
}

/** All findings, in the order of their places. */
export function renderAll(
  findings: readonly Diagnostic[],
  document: SourceDocument,
): string {
  const place = ({ path, at }: Diagnostic): number => {
    const { line, column } = document.locate(path, at);
    return line * 1e6 + column;
  };
  return [...findings].sort((a, b) => place(a) - place(b))
    .map((finding) => renderDiagnostic(finding, document)).join("\n\n");
}
