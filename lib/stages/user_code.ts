/** @file Faults of a user's own modules, told as such. */
import { counted } from "../counted.ts";
import type * as tf from "@tensorflow/tfjs";
import { isRecord } from "../diagnostics/validate.ts";
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

/** @throws {RangeError} Unless an output is there, with as many views as were declared. */
export function expectViews(
  output: string,
  given: Readonly<Record<string, unknown>>,
  views: number,
): void {
  const found = given[output];
  if (Array.isArray(found) && found.length === views) return;
  const expected = `expected ${counted(views, "view")} of it in a list`;
  if (Array.isArray(found)) {
    throw new RangeError(
      `it gives ${found.length} of "${output}", ${expected}`,
    );
  }
  const names = Object.keys(given).map((name) => `"${name}"`).join(", ");
  throw new RangeError(
    found === undefined
      ? `it gives ${names || "nothing"} and no "${output}", ${expected}`
      : `it gives no list of "${output}", ${expected}`,
  );
}

/** What can be computed with; a backend of ours may have dtypes of its own. */
const NUMBERS: ReadonlySet<string> = new Set(["float32", "int32"]);

/** @throws {RangeError} Unless a value is a tensor of numbers of this shape. */
export function expectShape(
  given: tf.Tensor | undefined,
  shape: readonly number[],
  output = "",
): void {
  const isTensor = isRecord(given) && Array.isArray(given.shape);
  const isNumber = isTensor && NUMBERS.has(given.dtype);
  if (isNumber && `${given.shape}` === `${shape}`) return;
  const what = given as unknown instanceof Promise
    ? "a promise"
    : isTensor
    ? isNumber ? `[${given.shape.join(", ")}]` : `a tensor of ${given.dtype}`
    : "no tensor";
  throw new RangeError(
    `it gives ${what}${output ? ` as "${output}"` : ""}, expected ${
      shape.length > 0 ? `[${shape.join(", ")}]` : "a scalar"
    }`,
  );
}
