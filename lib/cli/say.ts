/** @file Words for the terminal, which may be a full disk or a closed pipe. */
import { UserError } from "../errors.ts";

/** Says something of no consequence; where that fails, nothing ends by it. */
export function say(line: string): void {
  try {
    console.log(line);
  } catch {
    // Nobody reads it.
  }
}

/** The same on standard error. */
export function complain(line: string): void {
  try {
    console.error(line);
  } catch {
    // Nobody reads it.
  }
}

/**
 * Prints what a command was asked for.
 *
 * @throws {UserError} When it cannot be printed.
 */
export function print(text: string): void {
  try {
    console.log(text);
  } catch (error) {
    throw new UserError(
      `Cannot print what was asked for: ${
        error instanceof Error ? error.message : String(error)
      }.\nStandard output is what cannot be written: mend that, or send it elsewhere.`,
    );
  }
}
