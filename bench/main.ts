/** @file A bench as a command. */
import { UserError } from "../lib/errors.ts";

/** Ends the process with the exit code of `main`; a mistake of the user's is one message. */
export async function exitWith(
  main: (args: readonly string[]) => Promise<number>,
): Promise<never> {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
