/** @file Replicas that share each batch compute what one device does. */
import assert from "@std/assert";
import { close } from "../helpers/numeric.ts";
import { type Sketch, train } from "../helpers/training.ts";
import { tinyImages } from "../evaluate/tiny.ts";
import { type Course, differencesAt } from "./agreement.ts";

const STEPS = 5;
const TOLERANCE = 1e-4;
const IMAGES = tinyImages(36, 1, 3);

/** Two views by chance, of all kinds of chance. */
const VIEWS = `  views: {
    augment: [
      { random_resized_crop: { scale: [0.3, 1] } }, horizontal_flip,
      { color_jitter: { brightness: 0.5, p: 0.8 } }, { grayscale: { p: 0.3 } },
    ],
    of: image }`;

const ENCODER = `${VIEWS}
  y: { encode: mlp, of: views, hidden: 10, out: 8, batch_norm: all }
  z: { project: mlp, of: y, hidden: 9, out: 6, batch_norm: hidden }`;

/** Every way in which a stage may see other rows than its own. */
const METHODS: Readonly<Record<string, Sketch>> = {
  "a predictor, batch norms and parts of a batch": {
    stages: `${ENCODER}
  p: { predict: mlp, of: z, hidden: 7, out: 6 }
  loss: { loss: cosine, between: [p, stop_gradient(z)] }`,
    train: "accumulate: 2, clip: 0.5",
  },
  "negatives, labels and statistics across the batch": {
    stages: `${ENCODER}
  q: { predict: mlp, of: stop_gradient(y), hidden: 7, out: 3 }
  loss: { loss: nt_xent, between: [z, z] }
  alike: { loss: supcon, of: z, labels: label }
  class: { loss: cross_entropy, of: q, labels: label }
  apart: { loss: cross_correlation, between: [z, z], weight: 0.1 }`,
  },
  "a twin, queues and neighbours": {
    stages: `${ENCODER}
  ty: { ema: y, of: views, momentum: 0.9 }
  tz: { ema: z, of: ty, momentum: { from: 0.9, to: 1 } }
  bank: { queue: tz, size: 24 }
  near: { nearest: stop_gradient(z), in: bank }
  loss: { loss: info_nce, between: [z, tz], negatives: bank }
  close: { loss: batch_info_nce, between: [z, near] }`,
  },
  "crops of two sizes, prototypes and balanced targets": {
    stages: `  large: {
    augment: [{ random_resized_crop: { scale: [0.5, 1] } }], of: image }
  small: {
    augment: [{ random_resized_crop: { size: 2, scale: [0.2, 0.5] } }],
    of: image }
  y: { encode: resnet, of: [large, small], width: 4, blocks: [1] }
  z: { project: mlp, of: y, hidden: 9, out: 6, batch_norm: hidden }
  bank: { queue: "z[0:2]", size: 24 }
  s: { predict: prototypes, of: [z, bank], out: 5 }
  q: { target: sinkhorn, of: "s[0:2]", beside: "s[4:6]",
    beside_weight: { from: 0, to: 1 } }
  c: { target: centre, of: "s[0:2]" }
  loss: { loss: soft_cross_entropy, between: ["s[0:4]", q] }
  more: { loss: soft_cross_entropy, between: ["s[0:4]", c] }`,
  },
  "masks and tokens, dropped at random": {
    stages: `  views: {
    augment: [{ random_resized_crop: { scale: [0.3, 1] } }],
    of: image, count: 1 }
  mask: { mask: random, of: views, patch: 1, ratio: 0.75 }
  y: { encode: vit, of: views, keep: mask.visible, patch: 1, width: 8,
    depth: 2, heads: 2, position: sincos, pool: mean, drop_path: 0.3 }
  d: { decode: vit, of: y.tokens, at: mask.visible, ask: mask.hidden, grid: 4,
    out: 3, width: 8, depth: 1, heads: 2 }
  loss: { loss: pixels, of: d, target: views, at: mask.hidden, patch: 1 }`,
  },
  "whitening, and a predictor that follows from the batch": {
    stages: `${ENCODER}
  w: { whiten: z, by: cholesky, size: 12, epsilon: 0.01,
    affine: true }
  p: { predict: direct, of: z }
  loss: { loss: mse, between: [w, w] }
  more: { loss: cosine, between: [p, stop_gradient(z)] }`,
  },
};

/** The same run by one, two and three replicas. */
async function courses(sketch: Sketch): Promise<readonly Course[]> {
  const all: Course[] = [];
  for (const replicas of [1, 2, 3]) {
    const training = { images: IMAGES, replicas };
    const small = { batch: 12, optimizer: "sgd: { lr: 0.005 }", ...sketch };
    const { metrics, states } = await train(small, STEPS, training);
    // After the step that reported it.
    all.push({ metrics, states: states.slice(1) });
  }
  return all;
}

for (const [name, sketch] of Object.entries(METHODS)) {
  Deno.test(`${name}: two and three replicas train as one device does`, async () => {
    const [one, ...others] = await courses(sketch);
    for (const other of others) {
      const replicas = others.indexOf(other) + 2;
      for (let step = 0; step < STEPS; step++) {
        const found = differencesAt(step, other, one as Course, TOLERANCE);
        assert.deepEqual(found, [], `${replicas} replicas, step ${step + 1}`);
      }
    }
  });
}

const losses = ({ metrics }: Course): number[] =>
  metrics.map(({ loss }) => loss as number);

/** Rows that know nothing of others, as parts of a batch do. */
const ALONE: Sketch = {
  stages: `${ENCODER}
  t: { ema: z, of: y, momentum: 0.9 }
  loss: { loss: nt_xent, between: [z, z] }
  more: { loss: mse, between: [z, t] }`,
};

Deno.test("per_replica: batch norms and losses see their replica's rows alone, as parts of a batch do", async () => {
  const run = async (train_: string, replicas: number) => {
    const small = { batch: 12, optimizer: "sgd: { lr: 0.005 }", train: train_ };
    const training = { images: IMAGES, replicas };
    return losses(await train({ ...ALONE, ...small }, 3, training));
  };
  const parts = await run("accumulate: 2", 1);
  const own = "replicas: { batch_norm: per_replica, losses: per_replica }";
  close(await run(own, 2), parts, 1e-5);
  const each = [
    "replicas: { batch_norm: per_replica }",
    "replicas: { losses: per_replica }",
  ];
  const whole = await run("", 2);
  for (const one of each) {
    const [loss = 0] = await run(one, 2);
    assert.ok(Math.abs(loss - parts[0]!) > 1e-3, `${one}: ${loss}`);
    assert.ok(Math.abs(loss - whole[0]!) > 1e-3, `${one}: ${loss}`);
  }
  const stage = await run(
    "replicas: { batch_norm: per_replica }, per_stage: { y: { replicas: all }, z: { replicas: all }, loss: { replicas: per_replica } }",
    2,
  );
  close(stage, await run(each[1]!, 2), 1e-5);
});
