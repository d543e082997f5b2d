/** @file Labelled images of a folder or an archive, and what to test with. */
import { folder } from "./folder.ts";
import type { LoadContext, LoadedData, SourceDefinition } from "./source.ts";
import { tar } from "./tar.ts";

/** Where labelled images are. */
export interface LabelledPlace {
  /** A folder or a tar archive. */
  readonly data: string;
  /** Images to test with: where they are, or their share. */
  readonly test?: string | undefined;
}

/** A source of labelled images. */
export interface LabelledSource {
  readonly source: SourceDefinition;
  /** As a pipeline writes them. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Where they come from and what is tested with, in half a sentence. */
  readonly said: string;
  /** What headers alone tell: counts and classes. */
  readonly seen: LoadedData;
}

/** Held out where nothing says what to test with. */
const SHARE = 0.2;

/** A share, or a path. */
function testOf(text: string): number | string {
  const part = Number(text);
  return part > 0 && part < 1 ? part : text;
}

/**
 * Finds what is tested with: what is named, else the images' own split, else a
 * share of them. Reads headers alone.
 *
 * @param reading How files become images.
 * @throws {UserError} When they cannot be had.
 */
export async function labelledSource(
  { data, test }: LabelledPlace,
  reading: Readonly<Record<string, unknown>>,
  context: LoadContext,
): Promise<LabelledSource> {
  const source = /\.(tar|tar\.gz|tgz)$/i.test(data) ? tar : folder;
  const written = Object.fromEntries(
    Object.entries(reading).filter(([, value]) => value !== undefined),
  );
  const look = async (more: object, said: string): Promise<LabelledSource> => {
    const options = { path: data, ...written, ...more };
    const seen = await source.load(
      source.options.parse({ ...options, memory: 0 }),
      context,
    );
    return { source, options, said: `${data}, ${said}`, seen };
  };
  if (test !== undefined) {
    const held = testOf(test);
    return await look(
      { test: held },
      `tested with ${typeof held === "number" ? `a share of ${held}` : held}`,
    );
  }
  const own = await look({}, "tested with its own split");
  return own.seen.test ? own : await look(
    { test: SHARE },
    `tested with a share of ${SHARE} of each class, since it has no split to test with (--test names one)`,
  );
}
