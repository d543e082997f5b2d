/** @file What is done about an image file that cannot be read. */
import { UserError } from "../errors.ts";
import type { ImageOptions } from "./image_options.ts";
import type { SkippedFile } from "./source.ts";

/** Takes care of a file that cannot be read: throws, or notes it. */
export type OnBadFile = (path: string, reason: string) => void;

/**
 * The policy `on_error`.
 *
 * @param note Takes the files that are left out.
 */
export function badFilePolicy(
  { on_error: policy }: Pick<ImageOptions, "on_error">,
  note: (file: SkippedFile) => void,
): OnBadFile {
  return (path, reason) => {
    if (policy === "skip") {
      note({ path, reason });
      return;
    }
    throw new UserError(
      `Cannot read the image ${path}: ${reason}.\nMend or remove it, or leave such files out: on_error: skip under "data".`,
    );
  };
}
