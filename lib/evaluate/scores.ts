/** @file Every score of a set of features, with its protocol and how sure it is. */
import { counted } from "../counted.ts";
import type { Programs } from "../compile/runtime.ts";
import { balanced, top1 } from "./accuracy.ts";
import { share, shots } from "../data/share.ts";
import { bootstrap } from "./interval.ts";
import { knnSweep } from "./knn.ts";
import { rowsOf } from "./labelled.ts";
import { logisticWinners } from "./logistic.ts";
import { PENALTIES } from "../model/probe.ts";
import { knnProtocol, linearProtocol } from "./protocols.ts";
import type { Labelled } from "./probe_set.ts";

/** One score. */
export interface Score {
  /** The same for other features: `knn20`, `linear10%`. */
  readonly key: string;
  /** In words, for a table. */
  readonly name: string;
  /** How it was come by. */
  readonly protocol: string;
  /** Labelled training images that it learnt from, in each draw. */
  readonly labels: number;
  /** Share of the test images that is right, 0..1: the mean over the draws. */
  readonly accuracy: number;
  /** 95 % of what other test images would give, by bootstrap. */
  readonly interval: readonly [number, number];
  /** Mean of the classes' own accuracies, 0..1. */
  readonly balanced: number;
  /** Standard deviation over the draws, where there were several. */
  readonly spread?: number;
  /** Penalties that were chosen, one a draw. */
  readonly c?: readonly number[];
}

/** A score, with what each test image was taken for in the first draw. */
export interface Scored extends Score {
  readonly winners: Int32Array;
}

/** A labelled set to learn from, and one to be asked about. */
export interface ProbeSets {
  readonly train: Labelled;
  readonly test: Labelled;
  /** Number of classes. */
  readonly classes: number;
}

/** Neighbours that vote. */
const NEIGHBOURS = [1, 5, 10, 20, 50, 100, 200];
const TEMPERATURE = 0.1;

/** How many labels a probe learns from. */
interface Budget {
  readonly key: string;
  readonly name: string;
  readonly draws: number;
  readonly what: string;
  rows(labels: Int32Array, draw: number): number[];
}

const ofLabels = (part: number): Budget => ({
  key: `linear${100 * part}%`,
  name: `linear probe, ${100 * part} % of labels`,
  draws: 3,
  what: `${100 * part} % of the labels of each class, at least one`,
  rows: (labels, draw) => share(labels, part, draw),
});

const ofShots = (count: number): Budget => ({
  key: `linear${count}shot`,
  name: `linear probe, ${counted(count, "image")} a class`,
  draws: 3,
  what: `${count} of each class`,
  rows: (labels, draw) => shots(labels, count, draw),
});

const ALL: Budget = {
  key: "linear",
  name: "linear probe, all labels",
  draws: 1,
  what: "all labels",
  rows: (labels) => [...labels.keys()],
};

const BUDGETS: readonly Budget[] = [
  ALL,
  ofLabels(0.1),
  ofLabels(0.01),
  ofShots(5),
  ofShots(1),
];

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** A score of what each draw took the test images for. */
function scoreOf(
  draws: readonly Int32Array[],
  labels: Int32Array,
  about: Pick<Score, "key" | "name" | "protocol" | "labels" | "c">,
): Scored {
  const right = Float64Array.from(
    labels,
    (label, i) => mean(draws.map((winners) => winners[i] === label ? 1 : 0)),
  );
  const each = draws.map((winners) => top1(winners, labels));
  const accuracy = mean(each);
  return {
    ...about,
    accuracy,
    interval: bootstrap(right),
    balanced: mean(draws.map((winners) => balanced(winners, labels))),
    ...(each.length > 1
      ? {
        spread: Math.sqrt(
          each.reduce((sum, one) => sum + (one - accuracy) ** 2, 0) /
            (each.length - 1),
        ),
      }
      : {}),
    winners: draws[0] as Int32Array,
  };
}

async function neighbours(
  programs: Programs,
  { train, test, classes }: ProbeSets,
  signal: AbortSignal | undefined,
): Promise<Scored[]> {
  const { count } = train.features;
  const known = NEIGHBOURS.filter((k) => k <= count);
  const winners = await knnSweep(
    programs,
    train,
    test,
    classes,
    { ks: known, temperature: TEMPERATURE },
    signal,
  );
  return known.map((k) =>
    scoreOf([winners.get(k) as Int32Array], test.labels, {
      key: `knn${k}`,
      name: `kNN, k = ${k}`,
      labels: count,
      protocol: knnProtocol({ k, temperature: TEMPERATURE }),
    })
  );
}

async function linear(
  programs: Programs,
  { train, test, classes }: ProbeSets,
  { key, name, draws, what, rows }: Budget,
  signal: AbortSignal | undefined,
): Promise<Scored> {
  const found = [];
  let learnt = 0;
  for (let draw = 0; draw < draws; draw++) {
    const wanted = rows(train.labels, draw);
    learnt = wanted.length;
    const some = learnt === train.labels.length ? train : rowsOf(train, wanted);
    found.push(
      await logisticWinners(programs, some, test, classes, {}, signal),
    );
  }
  return scoreOf(found.map(({ winners }) => winners), test.labels, {
    key,
    name,
    labels: learnt,
    c: found.map(({ c }) => c),
    protocol: linearProtocol({
      what,
      penalties: PENALTIES,
      converged: found.map(({ converged }) => converged),
    }),
  });
}

/**
 * All scores of some features.
 *
 * @param onScore Called with each, as it is known.
 */
export async function scoresOf(
  programs: Programs,
  sets: ProbeSets,
  { signal, onScore = () => {} }: {
    readonly signal?: AbortSignal | undefined;
    readonly onScore?: (score: Score) => void;
  } = {},
): Promise<Scored[]> {
  const scores = await neighbours(programs, sets, signal);
  scores.forEach(onScore);
  for (const budget of BUDGETS) {
    // A share that is all of them would be told twice.
    const wanted = budget.rows(sets.train.labels, 0).length;
    if (budget !== ALL && wanted >= sets.train.labels.length) continue;
    const score = await linear(programs, sets, budget, signal);
    onScore(score);
    scores.push(score);
  }
  return scores;
}

/** What is right about the class that is the most frequent in training. */
export function majority({ train, test }: ProbeSets): Scored {
  const counts = new Map<number, number>();
  for (const label of train.labels) {
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const [most = 0] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
  const winners = new Int32Array(test.labels.length).fill(most);
  return scoreOf([winners], test.labels, {
    key: "majority",
    name: "majority class",
    labels: train.labels.length,
    protocol: "the most frequent class of the training images, for all",
  });
}
