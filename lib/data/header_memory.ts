/** @file What the headers of a set's images said, kept from one run to the next. */
import { z } from "zod";
import { type ImageOptions, imageShape, readingOf } from "./image_options.ts";
import { recall, remember } from "./remembered.ts";
import type { SkippedFile } from "./source.ts";
import type { HeaderMemory } from "./stream.ts";

/** A file that was left out, as JSON has it. */
export const skippedRecord: z.ZodType<SkippedFile> = z.object({
  path: z.string(),
  reason: z.string(),
  cure: z.string().optional(),
}).transform(({ cure, ...file }) => ({
  ...file,
  ...(cure === undefined ? {} : { cure }),
}));

const headerRecord = z.object({
  check: z.string(),
  bad: z.object({ train: z.array(z.int()), test: z.array(z.int()) }),
  unread: z.array(skippedRecord),
  remarks: z.array(z.string()),
  contents: z.object({ train: z.string(), test: z.string() }),
});

/**
 * Remembers what headers said, for as long as the files are the same and are
 * read in the same way.
 *
 * @param key Which set it is.
 * @param state Tells this state of its files from others.
 */
export function headerMemory(
  key: string,
  state: unknown,
  options: ImageOptions,
  cacheDir: string,
): HeaderMemory {
  const check = JSON.stringify([
    state,
    options,
    imageShape(options),
    readingOf(options),
  ]);
  const name = `headers 2\n${key}`;
  return {
    async recall() {
      const record = headerRecord.safeParse(await recall(cacheDir, name));
      return record.success && record.data.check === check
        ? record.data
        : undefined;
    },
    keep: (survey) => remember(cacheDir, name, { check, ...survey }),
  };
}
