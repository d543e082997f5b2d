/** @file What labels allow to judge, and what has to be said of them. */
import type { ImageInfo } from "../data/source.ts";

/** What is to be said, and which test images can be judged. */
export interface Judgeable {
  /** Whether there is anything to judge by. */
  readonly possible: boolean;
  /** In half sentences. */
  readonly notes: readonly string[];
  /** Test images whose class was trained on; absent where all are. */
  readonly queries?: Int32Array;
}

type Labels = Pick<ImageInfo, "labels" | "classes">;

/** Images of each class, by its number. */
export function countClasses(labels: Int32Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

const no = (note: string): Judgeable => ({ possible: false, notes: [note] });

const MOST_NAMES = 3;

/**
 * Whether a classifier on features of `train` can be judged on `test`. One
 * class alone is told apart from nothing: any classifier is right about it.
 */
export function judgeable(
  train: Labels,
  test: Labels | undefined,
): Judgeable {
  if (!train.labels) {
    return no(
      test?.labels
        ? "the images to train on have no labels, only the test images do, and a classifier needs some to learn from"
        : "the images have no labels, so nothing to test with",
    );
  }
  if (!test?.labels) return no("there are no labelled test images");
  const known = countClasses(train.labels);
  if (known.size < 2) {
    return no(
      "all training images are of one class, so there is nothing to tell apart",
    );
  }
  const names = (classes: readonly number[]): string =>
    classes.slice(0, MOST_NAMES)
      .map((label) => train.classes?.[label] ?? String(label)).join(", ") +
    (classes.length > MOST_NAMES ? ", ..." : "");
  const { labels } = test;
  const queries = Int32Array.from(labels.keys())
    .filter((image) => known.has(labels[image] as number));
  if (queries.length === 0) {
    return no("no test image is of a class that was trained on");
  }
  const judged = countClasses(queries.map((image) => labels[image] as number));
  if (judged.size < 2) {
    return no(
      "all test images are of one class, about which any classifier can be right",
    );
  }
  const notes: string[] = [];
  const strangers = [...countClasses(labels).keys()]
    .filter((label) => !known.has(label));
  if (strangers.length > 0) {
    notes.push(
      `${
        labels.length - queries.length
      } of ${labels.length} test images left out, whose class has no image to train on (${
        names(strangers)
      })`,
    );
  }
  const single = [...known].flatMap(([label, count]) =>
    count === 1 ? [label] : []
  );
  if (single.length > 0) {
    notes.push(
      `${single.length} class${
        single.length > 1 ? "es have" : " has"
      } a single image to train on (${names(single)})`,
    );
  }
  return {
    possible: true,
    notes,
    ...(strangers.length > 0 ? { queries } : {}),
  };
}
