/** @file The chart of the growth of cost. */
import { fileURLToPath } from "node:url";
import { UserError } from "../../lib/errors.ts";
import type { Panel } from "./report.ts";

const SCRIPT = fileURLToPath(new URL("theirs/plot.py", import.meta.url));

/** Draws panels side by side into an SVG file. */
export async function plot(
  python: string,
  panels: readonly Panel[],
  file: string,
): Promise<void> {
  const child = new Deno.Command(python, {
    args: ["-B", SCRIPT, file],
    stdin: "piped",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(panels)));
  await writer.close();
  const { success } = await child.status;
  if (!success) throw new UserError("Cannot draw the growth of cost.");
}
