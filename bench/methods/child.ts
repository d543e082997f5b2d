/** @file A process of its own for each measurement, so that memory is its own. */

/** What a script printed last, as JSON. */
export async function childResult<T>(script: URL, arg: string): Promise<T> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script.href, arg],
    stdout: "piped",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`${arg}: failed`);
  return JSON.parse(
    new TextDecoder().decode(stdout).trim().split("\n").at(-1) ?? "",
  );
}
