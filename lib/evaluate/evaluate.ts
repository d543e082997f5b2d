/** @file Judges an encoder by its features. */
import type { Images, LoadedData } from "../data/source.ts";
import type { Evaluate } from "../model/pipeline.ts";
import type { TrainingSession } from "../train/session.ts";
import { featureReader, type Features } from "./features.ts";
import { knnAccuracy } from "./knn.ts";
import { linearAccuracy } from "./linear.ts";
import type { Labelled } from "./probe_set.ts";

/** Accuracies in 0..1; `null` where one was not asked for or cannot be had. */
export interface Scores {
  /** Weighted k-nearest-neighbour accuracy. */
  readonly knn: number | null;
  /** Accuracy of a linear probe. */
  readonly linear: number | null;
  /** Why a score is missing although it was asked for. */
  readonly note?: string;
}

/** How features of a set are made. */
export type FeatureReader = (set: Images) => Features | Promise<Features>;

/** How {@linkcode evaluate} goes about it. */
export interface EvaluateOptions {
  /** The encoder, by default; another reader gives a baseline. */
  readonly read?: FeatureReader;
  /** Ends it after the batch at hand, with the signal's reason as error. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * kNN and linear-probe accuracy: trained on the training images' features,
 * tested on the test images'. Without labels or without test images both are
 * `null`, and the note says so.
 */
export async function evaluate(
  session: TrainingSession,
  { train, test }: LoadedData,
  { knn, linear }: Evaluate,
  { signal, read = featureReader(session, signal) }: EvaluateOptions = {},
): Promise<Scores> {
  const none = { knn: null, linear: null };
  if (!knn && !linear) return none;
  if (!train.labels) {
    return {
      ...none,
      note: "the images have no labels, so nothing to test with",
    };
  }
  if (!test?.labels) {
    return { ...none, note: "there are no labelled test images" };
  }
  const labelled = async (set: Images): Promise<Labelled> => {
    const features = await read(set);
    const labels = set.labels as Int32Array;
    return {
      features,
      labels: features.rows?.map((image) => labels[image] as number) ?? labels,
    };
  };
  const [bank, queries] = [await labelled(train), await labelled(test)];
  const classes = train.classes?.length ??
    train.labels.reduce((most, label) => Math.max(most, label + 1), 0);
  return {
    knn: knn
      ? await knnAccuracy(session, bank, queries, classes, knn, signal)
      : null,
    linear: linear
      ? await linearAccuracy(session, bank, queries, classes, linear, signal)
      : null,
  };
}
