/** @file Features of whole image sets. */
import { type Images, inMemory, isInMemory } from "../data/source.ts";
import { featureExtractor } from "../graph/features.ts";
import { outputOf } from "../graph/stage_graph.ts";
import { sizeOf } from "../ir/dtype.ts";
import { planarBatch, range } from "../train/planar.ts";
import { type DecodedBatch, Prefetcher } from "../train/prefetch.ts";
import type { TrainingSession } from "../train/session.ts";
import { eachBatch } from "./each_batch.ts";

/** Rows of numbers, one an image. */
export interface Features {
  /** Images. */
  readonly count: number;
  /** Numbers of an image. */
  readonly width: number;
  /** `[count, width]`, row-major. */
  readonly data: Float32Array<ArrayBuffer>;
  /** Image of each row, where some images could not be read. */
  readonly rows?: Int32Array;
}

const BATCH = 256;

/** Batches of a set, asked for in its order; past the end, the last image repeats. */
function batchesOf(set: Images): {
  next(from: number): DecodedBatch | Promise<DecodedBatch>;
  close(): Promise<void>;
} {
  const indices = (from: number): Int32Array<ArrayBuffer> =>
    range(from, BATCH).map((image) => Math.min(image, set.count - 1));
  if (isInMemory(set)) {
    return {
      next(from) {
        const rows = indices(from);
        return { images: planarBatch(set, rows), rows };
      },
      close: () => Promise.resolve(),
    };
  }
  const decoder = new Prefetcher(
    set,
    (batch) => indices(batch * BATCH),
    0,
    Math.ceil(set.count / BATCH),
  );
  return { next: () => decoder.take(), close: () => decoder.close() };
}

/** Features without the rows of bad images. */
function without(
  { count, width, data }: Features,
  bad: ReadonlySet<number>,
): Features {
  const rows = range(0, count).filter((image) => !bad.has(image));
  const kept = new Float32Array(rows.length * width);
  rows.forEach((image, row) => {
    const value = data.subarray(image * width, (image + 1) * width);
    kept.set(value, row * width);
  });
  return { count: rows.length, width, data: kept, rows };
}

/** Runs the encoder over image sets, with its running batch-norm statistics. */
export function featureReader(
  session: TrainingSession,
  signal?: AbortSignal,
): (set: Images) => Promise<Features> {
  const program = session.load(
    "features",
    featureExtractor(session.graph, BATCH),
  );
  return async (set) => {
    const width = sizeOf(outputOf(session.graph.encoder)?.[0]?.shape ?? []);
    const data = new Float32Array(set.count * width);
    const { next, close } = batchesOf(set);
    const bad = new Set<number>();
    try {
      await eachBatch(set.count, BATCH, async (from, count) => {
        const { images, rows } = await next(from);
        const { features } = await program.run({ images });
        const values = features?.data as Float32Array;
        data.set(values.subarray(0, count * width), from * width);
        // In the place of a bad image stands another, which counts once.
        for (let row = 0; row < count; row++) {
          if (rows[row] !== from + row) bad.add(from + row);
        }
      }, signal);
    } finally {
      await close();
    }
    const whole = { count: set.count, width, data };
    return bad.size === 0 ? whole : without(whole, bad);
  };
}

/** The pixels themselves as features, in 0..1: the baseline of no encoder. */
export function rawPixels(set: Images): Features {
  const width = set.height * set.width * set.channels;
  const data = Float32Array.from(inMemory(set).pixels, (value) => value / 255);
  return { count: set.count, width, data };
}
