/** @file Labelled images to judge by: the run's own, or others. */
import { folder } from "../data/folder.ts";
import { loadImages } from "../data/own_source.ts";
import type { LoadContext, LoadedData } from "../data/source.ts";
import { tar } from "../data/tar.ts";
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

/** Held out where nothing says what to test with. */
const SHARE = 0.2;

/** A share, or a path. */
function testOf(text: string | undefined): number | string | undefined {
  if (text === undefined) return undefined;
  const part = Number(text);
  return part > 0 && part < 1 ? part : text;
}

/**
 * Loads labelled images at the size that the encoder takes.
 *
 * @throws {UserError} When they cannot be had.
 */
export async function judgeData(
  encoder: Encoder,
  { data, test }: JudgeSource,
  context: LoadContext,
): Promise<JudgeData> {
  const { pipeline, baseDir } = encoder.run.loaded;
  if (data === undefined) {
    if (test !== undefined) {
      throw new UserError(
        "Cannot test with other images of the run's own data: --test goes with --data.\nName the folder with --data, too.",
      );
    }
    const { source, options } = pipeline.data;
    return {
      loaded: await loadImages(source, options, { ...context, baseDir }),
      said: `the run's own images (${source.name})`,
    };
  }
  const source = /\.(tar|tar\.gz|tgz)$/i.test(data) ? tar : folder;
  const load = (more: object) =>
    source.load(
      source.options.parse({
        ...readingFor(encoder.run.loaded),
        path: data,
        ...more,
      }),
      context,
    );
  const asked = testOf(test);
  if (asked !== undefined) {
    return {
      loaded: await load({ test: asked }),
      said: `${data}, tested with ${
        typeof asked === "number" ? `a share of ${asked}` : asked
      }`,
    };
  }
  // Headers alone, to see whether there are images to test with.
  const { test: held } = await load({ memory: 0 });
  return held
    ? { loaded: await load({}), said: `${data}, tested with its own split` }
    : {
      loaded: await load({ test: SHARE }),
      said:
        `${data}, tested with ${SHARE} of each class, for it names none (--test does)`,
    };
}
