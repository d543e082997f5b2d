/** @file Results in a README, between two markers. */

const [START, END] = ["<!-- result -->", "<!-- end of result -->"];

/** Cells padded to the width of their column, as `deno fmt` has them. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  );
  const line = (cells: readonly string[], fill = " "): string =>
    `| ${
      cells.map((cell, i) => cell.padEnd(widths[i] ?? 0, fill)).join(" | ")
    } |`;
  const [head = [], ...body] = rows;
  return [
    line(head),
    line(head.map(() => "---"), "-"),
    ...body.map((row) => line(row)),
  ].join("\n");
}

/** Markdown as `deno fmt` has it. */
async function formatted(markdown: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", "--ext", "md", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(markdown));
  await input.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error("deno fmt refused the README");
  return new TextDecoder().decode(stdout);
}

/** Replaces the result in a README. */
export async function writeResult(file: URL, text: string): Promise<void> {
  const readme = await Deno.readTextFile(file);
  const [from, to] = [readme.indexOf(START), readme.indexOf(END)];
  if (from < 0 || to < from) {
    throw new Error(`Cannot find "${START}" and "${END}" in ${file.pathname}`);
  }
  const before = readme.slice(0, from + START.length);
  await Deno.writeTextFile(
    file,
    await formatted(`${before}\n\n${text}\n\n${readme.slice(to)}`),
  );
}
