/** @file Faults of a user's own modules, told as such. */
import type * as tf from "@tensorflow/tfjs";
import { UserError } from "../errors.ts";
import { isUserFile } from "../pipeline/custom.ts";

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

/**
 * Runs code that may be a user's: its errors become messages that name the
 * stage and the file, and a result of another shape than it declares is one.
 *
 * @param name Of the definition; a path where it is a user's.
 * @param shape What the result's shape has to be.
 * @throws {UserError} When the user's code fails.
 */
export function guarded<T extends tf.Tensor>(
  name: string,
  stage: string,
  shape: readonly number[],
  body: () => T,
): T {
  if (!isUserFile(name)) return body();
  const fail = (reason: string): never => {
    throw new UserError(
      `Cannot run "${name}" in the stage "${stage}": ${reason}.\nMend the file; \`--eager\` runs it op by op.`,
    );
  };
  let result: T;
  try {
    result = body();
  } catch (error) {
    if (error instanceof UserError) throw error;
    return fail(reasonIn(name, error));
  }
  const given = result?.shape;
  if (`${given}` !== `${shape}` || given?.length !== shape.length) {
    return fail(
      `it gives ${given ? `[${given.join(", ")}]` : "no tensor"}, expected ${
        shape.length > 0 ? `[${shape.join(", ")}]` : "a scalar"
      }`,
    );
  }
  return result;
}
