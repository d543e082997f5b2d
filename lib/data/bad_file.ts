/** @file What is done about an image file that cannot be read. */
import { UserError } from "../errors.ts";
import type { ImageOptions } from "./image_options.ts";
import { reasonOf } from "./place.ts";
import { UnsettledError } from "./reading.ts";
import type { SkippedFile } from "./source.ts";

/** Takes care of a file that cannot be read: throws, or notes it. */
export type OnBadFile = (path: string, error: unknown) => void;

/**
 * Refuses images of which most are bad: what is left is not what was meant,
 * whatever `on_error` says.
 *
 * @param good How many of the `count` can be read.
 * @throws {UserError} When none, or fewer than half of them, can.
 */
export function expectMost(
  good: number,
  count: number,
  where: string,
  [first]: readonly SkippedFile[],
): void {
  if (good > 0 && 2 * good >= count) return;
  if (count === 0) {
    throw new UserError(
      `Cannot find images in ${where}: none is left to train on, or to test with.\nCheck the files, and "path" and "test" under "data".`,
    );
  }
  const what = good === 0
    ? `any of the ${count} images in ${where}`
    : `${
      count - good
    } of the ${count} images in ${where}, which are more than half`;
  throw new UserError(
    first
      ? `Cannot read ${what}. The first of them is ${first.path}: ${first.reason}.\n${
        first.cure ?? "Mend, replace or remove the images."
      }`
      : `Cannot read ${what}.\nTo see why, set on_error: fail under "data".`,
  );
}

/**
 * The policy `on_error`.
 *
 * @param note Takes the files that are left out.
 */
export function badFilePolicy(
  { on_error: policy }: Pick<ImageOptions, "on_error">,
  note: (file: SkippedFile) => void,
): OnBadFile {
  return (path, error) => {
    const reason = typeof error === "string" ? error : reasonOf(error);
    const cure = error instanceof UnsettledError ? error.cure : undefined;
    if (policy === "skip") {
      note({ path, reason, ...(cure ? { cure } : {}) });
      return;
    }
    throw new UserError(
      `Cannot read the image ${path}: ${reason}.\n${
        cure ??
          'Mend or remove it, or leave such files out: on_error: skip under "data".'
      }`,
    );
  };
}
