/**
 * A mistake that the user can mend: a wrong file, option or environment.
 *
 * The command line prints its message alone, without a stack trace, and ends
 * with exit code 2. The message says what is wrong, where, what was expected
 * and what to do.
 */
export class UserError extends Error {
  /** Tells it from other errors. */
  override readonly name = "UserError";
}

/** Why something cannot be written, in words that help: rights are no cure here. */
export function writeReason(error: unknown): string {
  const system = error instanceof Deno.errors.NotCapable &&
    /--allow-all/.test(error.message);
  if (system) {
    return "Deno lets no command with a list of permissions write to folders of the system";
  }
  return error instanceof Error ? error.message : String(error);
}
