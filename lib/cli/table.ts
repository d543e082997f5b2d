/** @file Rows of text in columns. */

/** How the cells of a column stand. */
export type Align = "left" | "right";

/** Lines of a table; the first row is its head. */
export function table(
  rows: readonly (readonly string[])[],
  align: readonly Align[],
): string {
  const widths = align.map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length))
  );
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) =>
      align[i] === "right"
        ? cell.padStart(widths[i] ?? 0)
        : cell.padEnd(widths[i] ?? 0)
    ).join("  ").trimEnd();
  const [head = [], ...body] = rows;
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  return [line(head), rule, ...body.map(line)].join("\n");
}
