/** @file A process of its own for a measurement, so that memory is its own. */

/** What a script printed last, as JSON. */
export async function childResult<T>(
  script: URL,
  ...args: readonly string[]
): Promise<T> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", script.href, ...args],
    stdout: "piped",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`${[script.href, ...args].join(" ")} failed`);
  return JSON.parse(
    new TextDecoder().decode(stdout).trim().split("\n").at(-1) ?? "",
  );
}
