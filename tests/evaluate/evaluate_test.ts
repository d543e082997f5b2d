import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { LoadedData } from "../../lib/data/source.ts";
import { evaluate } from "../../lib/evaluate/evaluate.ts";
import { featureReader, rawPixels } from "../../lib/evaluate/features.ts";
import { knnAccuracy, type KnnOptions } from "../../lib/evaluate/knn.ts";
import { logisticWinners } from "../../lib/evaluate/logistic.ts";
import { top1 } from "../../lib/evaluate/accuracy.ts";
import type { Labelled } from "../../lib/evaluate/probe_set.ts";
import { checkText } from "../../lib/pipeline/load.ts";
import { BUILT_IN, register } from "../../lib/model/registry.ts";
import { defineTransform } from "../../lib/stages/define_transform.ts";
import { close, Dice } from "../helpers/numeric.ts";
import {
  CONTRASTIVE,
  SIDE,
  tiny,
  tinyImages,
  tinyPipeline,
  tinyText,
  withSession,
} from "./tiny.ts";

const CLASSES = 4;
const WIDTH = 6;
const LINEAR = { c: [0.1, 1], iterations: 100 };

/** Share of the test rows that the linear probe is right about. */
async function linearAccuracy(
  ...all: Parameters<typeof logisticWinners>
): Promise<number> {
  const { winners } = await logisticWinners(...all);
  return top1(winners, all[2].labels);
}

/**
 * Points around one centre a class, `spread` wide. With `labels: "random"`
 * the classes have nothing to do with the points.
 */
function points(
  count: number,
  seed: number,
  spread: number,
  labels: "own" | "random" = "own",
): Labelled {
  const dice = new Dice(seed);
  const home = new Dice(99);
  const centres = Array.from(
    { length: CLASSES },
    () => Array.from({ length: WIDTH }, () => home.normal()),
  );
  const classes = Int32Array.from({ length: count }, () => dice.below(CLASSES));
  const data = Float32Array.from({ length: count * WIDTH }, (_, i) => {
    const own = classes[Math.floor(i / WIDTH)] as number;
    return centres[own]![i % WIDTH]! + spread * dice.normal();
  });
  return {
    features: { count, width: WIDTH, data },
    labels: labels === "own" ? classes : classes.map(() => dice.below(CLASSES)),
  };
}

/** Weighted kNN of Wu et al. 2018, section 3.4, in float64. */
function knnReference(
  train: Labelled,
  test: Labelled,
  { k, temperature }: KnnOptions,
): number {
  const unit = (
    { features: { data, width } }: Labelled,
    i: number,
  ): number[] => {
    const row = Array.from(data.subarray(i * width, (i + 1) * width), Number);
    const length = Math.sqrt(row.reduce((sum, v) => sum + v * v, 0));
    return row.map((v) => v / length);
  };
  const bank = Array.from(train.labels, (label, i) => ({
    label,
    row: unit(train, i),
  }));
  let right = 0;
  test.labels.forEach((label, i) => {
    const query = unit(test, i);
    const near = bank.map(({ label, row }) => ({
      label,
      similarity: row.reduce((sum, v, j) => sum + v * query[j]!, 0),
    })).sort((a, b) => b.similarity - a.similarity).slice(0, k);
    const votes = new Array<number>(CLASSES).fill(0);
    for (const { label, similarity } of near) {
      votes[label]! += Math.exp(similarity / temperature);
    }
    if (votes.indexOf(Math.max(...votes)) === label) right++;
  });
  return right / test.labels.length;
}

const loaded = tinyPipeline(CONTRASTIVE);

Deno.test("kNN counts the votes of a plain implementation", async () => {
  // 230 rows: more than one batch of queries, the last one not full.
  const [train, test] = [points(150, 1, 1.2), points(230, 2, 1.2)];
  await withSession(loaded, async (session) => {
    for (
      const options of [
        { k: 1, temperature: 0.1 },
        { k: 20, temperature: 0.1 },
        { k: 20, temperature: 10 },
        { k: 150, temperature: 0.5 },
      ]
    ) {
      const ours = await knnAccuracy(session, train, test, CLASSES, options);
      const theirs = knnReference(train, test, options);
      assert.ok(
        theirs > 0.4 && theirs < 0.95,
        `too easy or too hard: ${theirs}`,
      );
      // One query may be a tie that rounding decides.
      close([ours], [theirs], 1.5 / 230, JSON.stringify(options));
    }
  });
});

Deno.test("kNN with more neighbours than there are rows takes all of them", async () => {
  const [train, test] = [points(30, 3, 1), points(40, 4, 1)];
  await withSession(loaded, async (session) => {
    const ours = await knnAccuracy(session, train, test, CLASSES, {
      k: 1000,
      temperature: 0.1,
    });
    const theirs = knnReference(train, test, { k: 30, temperature: 0.1 });
    close([ours], [theirs], 1.5 / 40);
  });
});

Deno.test("kNN does not overflow at a low temperature", async () => {
  const [train, test] = [points(60, 3, 0.01), points(40, 4, 0.01)];
  await withSession(loaded, async (session) => {
    const options = { k: 10, temperature: 0.001 };
    assert.equal(await knnAccuracy(session, train, test, CLASSES, options), 1);
  });
});

Deno.test("Both probes are right on separable classes and guess on random ones", async () => {
  await withSession(loaded, async (session) => {
    const knn = { k: 10, temperature: 0.1 };
    const easy = [points(200, 5, 0.05), points(100, 6, 0.05)] as const;
    assert.equal(await knnAccuracy(session, ...easy, CLASSES, knn), 1);
    assert.equal(await linearAccuracy(session, ...easy, CLASSES, LINEAR), 1);
    const none = [
      points(400, 7, 1, "random"),
      points(400, 8, 1, "random"),
    ] as const;
    for (
      const accuracy of [
        await knnAccuracy(session, ...none, CLASSES, knn),
        await linearAccuracy(session, ...none, CLASSES, LINEAR),
      ]
    ) {
      // A quarter, with a standard error of 0.022.
      assert.ok(Math.abs(accuracy - 0.25) < 0.09, `${accuracy}`);
    }
  });
});

Deno.test("The linear probe separates what kNN by angle cannot: classes by length", async () => {
  const dice = new Dice(9);
  const along = (count: number): Labelled => {
    const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
    const data = Float32Array.from(
      { length: 2 * count },
      (_, i) => (labels[i >> 1]! + 1) * 100 + dice.unit(),
    );
    return { features: { count, width: 2, data }, labels };
  };
  const [train, test] = [along(100), along(60)];
  await withSession(loaded, async (session) => {
    assert.equal(await linearAccuracy(session, train, test, 2, LINEAR), 1);
    const knn = { k: 5, temperature: 0.1 };
    assert.ok(await knnAccuracy(session, train, test, 2, knn) < 0.9);
  });
});

Deno.test("The linear probe survives a feature that never changes", async () => {
  const constant = (set: Labelled): Labelled => ({
    ...set,
    features: {
      ...set.features,
      data: set.features.data.map((v, i) => i % WIDTH === 0 ? 7 : v),
    },
  });
  const [train, test] = [points(100, 5, 0.05), points(50, 6, 0.05)].map(
    constant,
  ) as [Labelled, Labelled];
  await withSession(loaded, async (session) => {
    assert.equal(
      await linearAccuracy(session, train, test, CLASSES, LINEAR),
      1,
    );
  });
});

Deno.test("Raw pixels are the bytes in 0..1, an image a row", () => {
  const set = tinyImages(3);
  const { count, width, data } = rawPixels(set);
  assert.deepEqual([count, width], [3, SIDE * SIDE * 3]);
  close(data, Array.from(set.pixels, (v) => v / 255), 1e-7);
});

Deno.test("Features come from the running statistics: an image's do not depend on the others", async () => {
  await withSession(loaded, async (session) => {
    for (let i = 0; i < 3; i++) await session.step();
    const read = featureReader(session);
    // 300 images: more than one batch, the last one not full.
    const many = await read(tinyImages(300));
    assert.deepEqual([many.count, many.width], [300, 5]);
    const set = tinyImages(300);
    const area = SIDE * SIDE * 3;
    for (const i of [0, 255, 256, 299]) {
      const alone = await read({
        ...set,
        count: 1,
        pixels: set.pixels.slice(i * area, (i + 1) * area),
      });
      close(
        alone.data,
        many.data.subarray(5 * i, 5 * i + 5),
        1e-5,
        `image ${i}`,
      );
    }
  });
});

/** Features of some images by an encoder that was not trained. */
async function untrained(
  augment: string,
  stages = CONTRASTIVE,
): Promise<number[]> {
  const found: number[] = [];
  await withSession(tinyPipeline(stages, "", augment), async (session) => {
    const { data } = await featureReader(session)(tinyImages(3));
    found.push(...data);
  });
  return found;
}

Deno.test("Evaluation resizes images to what a crop gave in training", async () => {
  const cropped = await untrained("[{ random_resized_crop: { size: 2 } }]");
  assert.deepEqual(cropped, await untrained("[{ resize: { size: 2 } }]"));
});

Deno.test("An encoder that evaluation would show images of another shape is refused", () => {
  const halve = defineTransform({
    name: "halve",
    summary: "The upper half",
    evaluation: false,
    options: z.strictObject({}),
    shape: ([channels, height, width]) => [channels, height / 2, width],
    apply: (images) => tf.slice(images, [0, 0, 0, 0], [-1, -1, SIDE / 2, -1]),
  });
  const check = (transform: typeof halve) => {
    const registry = register(BUILT_IN, tiny, transform);
    return checkText("tiny.yaml", tinyText(CONTRASTIVE, "", "[halve]"), {
      registry,
    });
  };
  const { loaded, text } = check(halve);
  assert.equal(loaded, undefined);
  assert.match(
    text,
    /images are \[batch, 4, 4, 3\] and not \[batch, 2, 4, 3\]/,
  );
  assert.ok(check({ ...halve, evaluation: true }).loaded);
});

Deno.test("Evaluation sees the view that the encoder reads", async () => {
  const normalize = (mean: number) =>
    `[{ normalize: { mean: [${mean}, 0, 0], std: [1, 1, 1] } }]`;
  const [one, other] = [normalize(0), normalize(1)];
  const second = `  w: { encode: mlp, of: "views[1]", hidden: 4, out: 5 }
  more: { loss: mse, between: [w, stop_gradient(w)], pairs: all }
${CONTRASTIVE}`;
  const stages = second + "\nevaluate: { of: w }";
  const views = (a: string, b: string) => `{ each: [${a}, ${b}] }`;
  const expected = await untrained(views(other, other), stages);
  assert.deepEqual(await untrained(views(one, other), stages), expected);
  assert.notDeepEqual(await untrained(views(other, one), stages), expected);
});

const data = (
  train = tinyImages(40),
  test = tinyImages(20, 2),
): LoadedData => ({
  train,
  test,
  skipped: [],
});
const PROBES = {
  knn: { k: 5, temperature: 0.1 },
  linear: LINEAR,
} as const;

Deno.test("An encoder of bright and dark images is judged by both probes, or by the one asked for", async () => {
  await withSession(loaded, async (session) => {
    const both = await evaluate(session, data(), PROBES);
    assert.ok(both.linear! > 0.9, JSON.stringify(both));
    const read = featureReader(session);
    const { train, test } = data();
    const [bank, queries] = [
      { features: await read(train), labels: train.labels! },
      { features: await read(test!), labels: test!.labels! },
    ];
    assert.equal(
      both.knn,
      await knnAccuracy(session, bank, queries, 2, PROBES.knn),
    );
    const { linear, ...knn } = PROBES;
    assert.equal((await evaluate(session, data(), knn)).linear, null);
    assert.equal((await evaluate(session, data(), { linear })).knn, null);
    assert.deepEqual(await evaluate(session, data(), {}), {
      knn: null,
      linear: null,
    });
  });
});

Deno.test("An interruption ends each part of an evaluation, with its reason", async () => {
  await withSession(loaded, async (session) => {
    const reason = new Error("enough");
    const isReason = (error: unknown): boolean => error === reason;
    const early = AbortSignal.abort(reason);
    const { knn, linear } = PROBES;
    const rows = [points(60, 3, 1), points(40, 4, 1)] as const;
    const parts = [
      () => featureReader(session, early)(tinyImages(3)),
      () => knnAccuracy(session, ...rows, CLASSES, knn, early),
      () => linearAccuracy(session, ...rows, CLASSES, linear, early),
      () => evaluate(session, data(), PROBES, { signal: early }),
    ];
    for (const part of parts) await assert.rejects(part(), isReason);

    const late = new AbortController();
    const many = points(5000, 3, 1, "random");
    const long = linearAccuracy(
      session,
      many,
      rows[1],
      CLASSES,
      { c: [1e6], iterations: 100_000 },
      late.signal,
    );
    setTimeout(() => late.abort(reason), 1);
    await assert.rejects(long, isReason);
  });
});

Deno.test("Another reader of features gives a baseline", async () => {
  await withSession(loaded, async (session) => {
    const scores = await evaluate(session, data(), PROBES, {
      read: rawPixels,
    });
    assert.ok(scores.linear! > 0.9, JSON.stringify(scores));
    const blind = await evaluate(session, data(), PROBES, {
      read: ({ count }) => ({
        count,
        width: 1,
        data: new Float32Array(count).fill(1),
      }),
    });
    assert.equal(blind.linear, 0.5);
  });
});

Deno.test("Without labels or test images there are no scores, and the note says why", async () => {
  await withSession(loaded, async (session) => {
    const { labels: _, ...unlabelled } = tinyImages(10);
    const none = { knn: null, linear: null };
    const { note, ...scores } = await evaluate(
      session,
      data(unlabelled),
      PROBES,
    );
    assert.deepEqual(scores, none);
    assert.match(note ?? "", /no labels/);
    const alone = { train: tinyImages(10), skipped: [] };
    const { note: second, ...others } = await evaluate(session, alone, PROBES);
    assert.deepEqual(others, none);
    assert.match(second ?? "", /no labelled test images/);
  });
});
