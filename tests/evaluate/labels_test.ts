/** @file Labels that do not allow what they seem to: a note, and never a score of nothing. */
import assert from "@std/assert";
import { score } from "../../lib/cli/reporter.ts";
import type { ImageSet } from "../../lib/data/source.ts";
import { balanced, top1 } from "../../lib/evaluate/accuracy.ts";
import { evaluate, type Scores } from "../../lib/evaluate/evaluate.ts";
import { CONTRASTIVE, tinyImages, tinyPipeline, withSession } from "./tiny.ts";

const loaded = tinyPipeline(CONTRASTIVE);
const PROBES = {
  knn: { k: 5, temperature: 0.1 },
  linear: { c: [1], iterations: 50 },
};

/** Tiny images with other labels, or none. */
function labelled(labels: readonly number[] | undefined): ImageSet {
  const { labels: _, classes: __, ...images } = tinyImages(
    labels?.length ?? 12,
  );
  return labels
    ? { ...images, labels: Int32Array.from(labels), classes: ["a", "b", "c"] }
    : images;
}

async function scoresOf(
  train: readonly number[] | undefined,
  test: readonly number[] | undefined,
): Promise<Scores> {
  let scores: Scores = { knn: null, linear: null };
  await withSession(loaded, async (session) => {
    const data = {
      train: labelled(train),
      test: labelled(test),
      skipped: [],
    };
    scores = await evaluate(session, data, PROBES);
  });
  return scores;
}

const BOTH = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1];

/** What is odd, labels to train with and to test with, and the note. */
const IMPOSSIBLE: readonly (readonly [
  string,
  readonly number[] | undefined,
  readonly number[] | undefined,
  RegExp,
])[] = [
  ["One class alone", [0, 0, 0, 0], [0, 0], /training images are of one class/],
  ["One class to train on", [1, 1, 1, 1], [0, 1], /training .* of one class/],
  ["One class to test with", BOTH, [1, 1, 1], /test images are of one class/],
  [
    "Labels of the test images alone",
    undefined,
    BOTH,
    /only the test images do/,
  ],
  ["Classes that nobody trained on", BOTH, [2, 2], /no test image is of a/],
  ["One class to test with that was trained on", BOTH, [0, 0, 2], /one class/],
];

for (const [what, train, test, note] of IMPOSSIBLE) {
  Deno.test(`${what}: no scores, and a note`, async () => {
    const { note: said, ...scores } = await scoresOf(train, test);
    assert.deepEqual(scores, { knn: null, linear: null });
    assert.match(said ?? "", note);
  });
}

Deno.test("Test images of a class that was not trained on are left out and counted", async () => {
  const scores = await scoresOf(BOTH, [0, 1, 0, 1, 2]);
  const without = await scoresOf(BOTH, [0, 1, 0, 1]);
  const { note, ...numbers } = scores;
  assert.deepEqual(numbers, without);
  assert.equal(
    note,
    "1 of 5 test images left out, whose class has no image to train on (c)",
  );
});

Deno.test("A class with a single image to train on is told of, and judged", async () => {
  const { note, knn } = await scoresOf([...BOTH, 2], [...BOTH, 2]);
  assert.equal(note, "1 class has a single image to train on (c)");
  assert.equal(typeof knn, "number");
});

Deno.test("Balanced accuracy is the mean of the classes' own accuracies", () => {
  const labels = Int32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1, 1);
  const always = new Int32Array(10);
  assert.equal(top1(always, labels), 0.8);
  assert.equal(balanced(always, labels), 0.5);
  const half = Int32Array.of(0, 0, 0, 0, 1, 1, 1, 1, 1, 0);
  assert.equal(top1(half, labels), 0.5);
  assert.equal(balanced(half, labels), 0.5);
});

Deno.test("Both accuracies are given, and the second is printed where it is another", async () => {
  const train = [...Array<number>(18).fill(0), 1, 1];
  const { knn_balanced, linear_balanced } = await scoresOf(train, train);
  assert.equal(typeof knn_balanced, "number");
  assert.equal(typeof linear_balanced, "number");
  assert.equal(score(0.9, 0.5), "90.0 % (balanced 50.0 %)");
  assert.equal(score(0.9, 0.9), "90.0 %");
  assert.equal(score(null), "–");
});
