/** @file Judges an encoder by its features, as runs do. */
import type { LoadedData } from "../data/source.ts";
import type { Evaluate } from "../model/pipeline.ts";
import { balanced, top1 } from "./accuracy.ts";
import {
  type Encodes,
  type FeatureReader,
  featureReader,
  type Features,
} from "./features.ts";
import { bootstrap } from "./interval.ts";
import { judgeable } from "./judgeable.ts";
import { knnWinners } from "./knn.ts";
import { classCount, labelled, only } from "./labelled.ts";
import { logisticWinners } from "./logistic.ts";
import { knnProtocol, linearProtocol } from "./protocols.ts";

/** Accuracies in 0..1; `null` where one was not asked for or cannot be had. */
export interface Scores {
  /** Weighted k-nearest-neighbour accuracy. */
  readonly knn: number | null;
  /** Accuracy of a linear probe. */
  readonly linear: number | null;
  /** Mean of the classes' own accuracies, where there is one. */
  readonly knn_balanced?: number;
  /** Mean of the classes' own accuracies, where there is one. */
  readonly linear_balanced?: number;
  /** How each that there is was come by, in words. */
  readonly protocol?: { readonly knn?: string; readonly linear?: string };
  /** Within which 95 % of the accuracies lie that other test images would give. */
  readonly knn_interval?: readonly [number, number];
  /** Within which 95 % of the accuracies lie that other test images would give. */
  readonly linear_interval?: readonly [number, number];
  /** Why a score is missing although it was asked for, and what is odd about the labels. */
  readonly note?: string;
}

/** How {@linkcode evaluate} goes about it. */
export interface EvaluateOptions {
  /** The encoder, by default; another reader gives a baseline. */
  readonly read?: FeatureReader;
  /** Ends it after the batch at hand, with the signal's reason as error. */
  readonly signal?: AbortSignal | undefined;
}

/** Where no score is asked for, or can be had. */
export const NO_SCORES: Scores = { knn: null, linear: null };

const isFinite = ({ data }: Features): boolean => data.every(Number.isFinite);

/**
 * kNN and linear-probe accuracy: trained on the training images' features,
 * tested on the test images'. Without labels, test images or a second class
 * both are `null`, and the note says so.
 */
export async function evaluate(
  session: Encodes,
  { train, test }: LoadedData,
  { knn, linear }: Evaluate,
  { signal, read = featureReader(session, signal) }: EvaluateOptions = {},
): Promise<Scores> {
  if (!knn && !linear) return NO_SCORES;
  const { possible, notes, queries: kept } = judgeable(train, test);
  const note = notes.length > 0 ? { note: notes.join("; ") } : {};
  if (!possible || !train.labels || !test) return { ...NO_SCORES, ...note };
  const bank = await labelled(train, read);
  const queries = only(await labelled(test, read), kept);
  if (!isFinite(bank.features) || !isFinite(queries.features)) {
    return { ...NO_SCORES, note: "the features are not all finite numbers" };
  }
  const classes = classCount(train);
  const sets = [session, bank, queries, classes] as const;
  const near = knn && await knnWinners(...sets, knn, signal);
  const line = linear && await logisticWinners(...sets, linear, signal);
  const { labels } = queries;
  return {
    knn: near ? top1(near, labels) : null,
    linear: line ? top1(line.winners, labels) : null,
    ...(near
      ? {
        knn_balanced: balanced(near, labels),
        knn_interval: intervalOf(near, labels),
      }
      : {}),
    ...(line
      ? {
        linear_balanced: balanced(line.winners, labels),
        linear_interval: intervalOf(line.winners, labels),
      }
      : {}),
    protocol: {
      ...(knn ? { knn: knnProtocol(knn) } : {}),
      ...(line
        ? {
          linear: linearProtocol({
            what: "all labels",
            penalties: linear.c,
            converged: [line.converged],
            c: [line.c],
          }),
        }
        : {}),
    },
    ...note,
  };
}

const intervalOf = (
  winners: Int32Array,
  labels: Int32Array,
): readonly [number, number] =>
  bootstrap(winners.map((winner, i) => winner === labels[i] ? 1 : 0));
