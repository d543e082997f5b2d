/** @file Features of whole image sets. */
import type { ImageSet } from "../data/source.ts";
import { featureExtractor } from "../graph/features.ts";
import { sizeOf } from "../ir/dtype.ts";
import { planarBatch, range } from "../train/planar.ts";
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
}

const BATCH = 256;

/** Runs the encoder over image sets, with its running batch-norm statistics. */
export function featureReader(
  session: TrainingSession,
): (set: ImageSet) => Promise<Features> {
  const program = session.load(
    "features",
    featureExtractor(session.graph, BATCH),
  );
  return async (set) => {
    const width = sizeOf(session.graph.encoder.output?.shape ?? []);
    const data = new Float32Array(set.count * width);
    await eachBatch(set.count, BATCH, async (from, rows) => {
      const images = planarBatch(set, range(from, BATCH));
      const { features } = await program.run({ images });
      const values = features?.data as Float32Array;
      data.set(values.subarray(0, rows * width), from * width);
    });
    return { count: set.count, width, data };
  };
}

/** The pixels themselves as features, in 0..1: the baseline of no encoder. */
export function rawPixels(set: ImageSet): Features {
  const width = set.height * set.width * set.channels;
  const data = Float32Array.from(set.pixels, (value) => value / 255);
  return { count: set.count, width, data };
}
