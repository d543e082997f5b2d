/** @file Faults of a user's own modules, told as such. */
import type * as tf from "@tensorflow/tfjs";
import { UserError } from "../errors.ts";
import { isUserFile } from "./user_file.ts";

/** What went wrong, and the first place of the user's file that had a part in it. */
export function reasonIn(file: string, error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const name = file.replace(/^.*[\\/]/, "");
  const place = error.stack?.split("\n").map((line) =>
    /([^\\/]+\.[cm]?[jt]s:\d+:\d+)\)?$/.exec(line)?.[1]
  ).find((one) => one?.startsWith(`${name}:`));
  const reason = (error.message.split("\n")[0] ?? "").replace(/\.+$/, "");
  return place ? `${reason} (at ${place})` : reason;
}

/** A user's own code failed before any step ran, as its stage was built. */
export class UserCodeFault extends Error {
  /** Tells it from other errors. */
  override readonly name = "UserCodeFault";

  constructor(readonly file: string, readonly fault: unknown) {
    super(reasonIn(file, fault));
  }
}

/** What an error of a definition is: a fault of the user's file, or itself. */
export const faultOf = (file: string, error: unknown): unknown =>
  isUserFile(file) && !(error instanceof UserError)
    ? new UserCodeFault(file, error)
    : error;

/**
 * Runs code that may be a user's: its errors become messages that name the
 * stage and the file.
 *
 * @param name Of the definition; a path where it is a user's.
 * @throws {UserError} When the user's code fails.
 */
export function runUserCode<T>(name: string, stage: string, body: () => T): T {
  if (!isUserFile(name)) return body();
  try {
    return body();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `Cannot run "${name}" in the stage "${stage}": ${
        reasonIn(name, error)
      }.\nMend the file; \`--eager\` runs it op by op.`,
    );
  }
}

/** @throws {RangeError} Unless a tensor has a shape. */
export function expectShape(
  given: tf.Tensor | undefined,
  shape: readonly number[],
  output = "",
): void {
  if (given && `${given.shape}` === `${shape}`) return;
  throw new RangeError(
    `it gives ${given ? `[${given.shape.join(", ")}]` : "no tensor"}${
      output ? ` as "${output}"` : ""
    }, expected ${shape.length > 0 ? `[${shape.join(", ")}]` : "a scalar"}`,
  );
}
