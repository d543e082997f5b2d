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
