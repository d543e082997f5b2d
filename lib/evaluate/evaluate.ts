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
import { isJudged } from "../model/probe.ts";
import type { Labelled } from "./probe_set.ts";
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
  /** Accuracy of the pipeline's own classifier, where it names one. */
  readonly accuracy?: number;
  /** Mean of the classes' own accuracies, where there is one. */
  readonly accuracy_balanced?: number;
  /** How each that there is was come by, in words. */
  readonly protocol?: {
    readonly knn?: string;
    readonly linear?: string;
    readonly accuracy?: string;
  };
  /** Within which 95 % of the accuracies lie that other test images would give. */
  readonly knn_interval?: readonly [number, number];
  /** Within which 95 % of the accuracies lie that other test images would give. */
  readonly linear_interval?: readonly [number, number];
  /** Within which 95 % of the accuracies lie that other test images would give. */
  readonly accuracy_interval?: readonly [number, number];
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

/** How often the largest number of a row is that of its class. */
function top1Of(
  { features: { width, data }, labels }: Labelled,
  stage: string,
): Omit<Scores, "knn" | "linear"> {
  const winners = Int32Array.from(labels, (_, row) => {
    const logits = data.subarray(row * width, (row + 1) * width);
    return logits.indexOf(Math.max(...logits));
  });
  return {
    accuracy: top1(winners, labels),
    accuracy_balanced: balanced(winners, labels),
    accuracy_interval: intervalOf(winners, labels),
    protocol: { accuracy: `the largest output of "${stage}", test images` },
  };
}

/**
 * kNN and linear-probe accuracy: trained on the training images' features,
 * tested on the test images'. Without labels, test images or a second class
 * both are `null`, and the note says so.
 */
export async function evaluate(
  session: Encodes,
  { train, test }: LoadedData,
  asked: Evaluate,
  { signal, read = featureReader(session, signal) }: EvaluateOptions = {},
): Promise<Scores> {
  const { knn, linear, classifier } = asked;
  if (!isJudged(asked)) return NO_SCORES;
  const { possible, notes, queries: kept } = judgeable(train, test);
  const note = notes.length > 0 ? { note: notes.join("; ") } : {};
  if (!possible || !train.labels || !test) return { ...NO_SCORES, ...note };
  const own = classifier === undefined ? undefined : top1Of(
    only(
      await labelled(
        test,
        featureReader(session, signal, session.graph.byName.get(classifier)),
      ),
      kept,
    ),
    classifier,
  );
  if (!knn && !linear) return { ...NO_SCORES, ...own, ...note };
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
    ...own,
    protocol: {
      ...own?.protocol,
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
