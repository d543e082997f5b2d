/** @file Labelled images to judge by: the run's own, or others. */
import { loadImages } from "../data/own_source.ts";
import { shareOf } from "../data/share.ts";
import { labelledSource } from "../data/labelled_source.ts";
import type { LoadContext, LoadedData } from "../data/source.ts";
import type { Encoder } from "../encoder/encoder.ts";
import { readingFor } from "../encoder/reading.ts";
import { UserError } from "../errors.ts";

/** Where labelled images are. */
export interface JudgeSource {
  /** A folder or a tar archive; by default the images of the run. */
  readonly data?: string | undefined;
  /** Images to test with: where they are, or their share. */
  readonly test?: string | undefined;
}

/** Images, and what was decided about them. */
export interface JudgeData {
  readonly loaded: LoadedData;
  /** Where they come from and what is tested with, in half a sentence. */
  readonly said: string;
}

/**
 * Loads labelled images at the size that the encoder takes.
 *
 * @throws {UserError} When they cannot be had.
 */
export async function judgeData(
  encoder: Encoder,
  { data, test }: JudgeSource,
  surroundings: LoadContext,
): Promise<JudgeData> {
  const context: LoadContext = {
    ...surroundings,
    engine: () => Promise.resolve(encoder.engine),
  };
  const { pipeline, baseDir } = encoder.run.loaded;
  if (data === undefined) {
    if (test !== undefined) {
      throw new UserError(
        "Cannot test with other images of the run's own data: --test goes with --data.\nName the folder with --data, too.",
      );
    }
    const { source, options, share } = pipeline.data;
    const whole = await loadImages(source, options, { ...context, baseDir });
    return {
      loaded: shareOf(whole, share, pipeline.seed),
      said: `the run's own images (${source.name})`,
    };
  }
  const { source, options, said } = await labelledSource(
    { data, test },
    { ...readingFor(encoder.run.loaded) },
    context,
  );
  return {
    loaded: await source.load(source.options.parse(options), context),
    said,
  };
}
