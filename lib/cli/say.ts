/** @file Words for the terminal, which may be a full disk or a closed pipe. */
import { UserError } from "../errors.ts";

/** Controls of a terminal, and marks that turn the direction of writing. */
const CONTROLS = /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu;

/** A text that writes nothing but itself: names come from files of strangers. */
export const harmless = (text: string): string =>
  text.replace(CONTROLS, "\ufffd");

/** Says something of no consequence; where that fails, nothing ends by it. */
export function say(line: string): void {
  try {
    console.log(harmless(line));
  } catch {
    // Nobody reads it.
  }
}

/** The same on standard error. */
export function complain(line: string): void {
  try {
    console.error(harmless(line));
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
    console.log(harmless(text));
  } catch (error) {
    throw new UserError(
      `Cannot print what was asked for: ${
        error instanceof Error ? error.message : String(error)
      }.\nStandard output is what cannot be written: mend that, or send it elsewhere.`,
    );
  }
}
