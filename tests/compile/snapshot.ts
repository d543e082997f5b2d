/** @file Texts on file that a test must reproduce. */
import assert from "@std/assert";

const FOLDER = new URL("snapshots/", import.meta.url);

/**
 * Compares a text with the one in `snapshots/<name>.txt`; with
 * `UPDATE_SNAPSHOTS=1` in the environment it writes it instead.
 */
export async function matchesSnapshot(
  name: string,
  text: string,
): Promise<void> {
  const file = new URL(`${name}.txt`, FOLDER);
  if (Deno.env.get("UPDATE_SNAPSHOTS") === "1") {
    await Deno.mkdir(FOLDER, { recursive: true });
    await Deno.writeTextFile(file, `${text}\n`);
    return;
  }
  assert.equal(
    `${text}\n`,
    await Deno.readTextFile(file),
    `snapshot "${name}" differs; run with UPDATE_SNAPSHOTS=1 if it should`,
  );
}
