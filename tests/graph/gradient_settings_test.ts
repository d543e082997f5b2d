/** @file Settings of all gradients: clipping, batches in parts, numbers that change. */
import assert from "@std/assert";
import { scalarValues, slotsOf } from "../../lib/graph/slots.ts";
import { trainedOf } from "../../lib/graph/stage_graph.ts";
import { tinyImages } from "../evaluate/tiny.ts";
import { close, rows } from "../helpers/numeric.ts";
import {
  at,
  bits,
  check,
  load,
  type Sketch,
  start,
  train,
} from "../helpers/training.ts";
import type { Course } from "./agreement.ts";

/** Views by chance, of all kinds of chance. */
const VIEWS = `  views: {
    augment: [
      { random_resized_crop: { scale: [0.3, 1] } }, horizontal_flip,
      { color_jitter: { brightness: 0.5, p: 0.8 } }, { grayscale: { p: 0.3 } },
    ],
    of: image }`;

/** A method whose loss is a mean over images, without batch norm. */
const PLAIN = `${VIEWS}
  y: { encode: mlp, of: views, hidden: 7, out: 6, batch_norm: none }
  p: { predict: mlp, of: y, hidden: 7, out: 6, batch_norm: none }
  t: { ema: y, of: views, momentum: 0.9 }
  loss: { loss: cosine, between: [p, t] }`;

const SGD = "sgd: { lr: 0.5, momentum: 0 }";
const ADAM = "adam: { lr: 0.01, epsilon: 0.01 }";

/** Trained variables of a sketch. */
const trainedPaths = (sketch: Sketch): string[] =>
  load(sketch).graph.order.flatMap(trainedOf).map(({ path }) => path);

/** What the first step of SGD moved everything by, over the rate: minus the gradient. */
function gradientOf(course: Course, paths: readonly string[]): number[] {
  return paths.flatMap((path) => {
    const after = at(course, 1, path);
    return at(course, 0, path).map((v, i) => (v - after[i]!) / 0.5);
  });
}

const length = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));

// Clipping.

Deno.test("train.clip scales the gradient of all weights together down to that length, in its direction", async () => {
  const free: Sketch = { stages: PLAIN, optimizer: SGD };
  const paths = trainedPaths(free);
  const gradient = gradientOf(await train(free, 1), paths);
  const whole = length(gradient);
  assert.ok(whole > 0.01, `${whole}`);
  for (const share of [0.5, 0.1]) {
    const clip = Number((whole * share).toPrecision(6));
    const sketch = { stages: PLAIN, optimizer: SGD, train: `clip: ${clip}` };
    const clipped = gradientOf(await train(sketch, 1), paths);
    close([length(clipped)], [clip], 1e-4 * whole);
    close(clipped, gradient.map((v) => v * clip / whole), 1e-4 * whole);
  }
});

Deno.test("train.clip: { each } scales the gradient of each weight down to that length, and leaves shorter ones", async () => {
  const free: Sketch = { stages: PLAIN, optimizer: SGD };
  const course = await train(free, 1);
  const of = (one: Course) =>
    trainedPaths(free).map((path) => gradientOf(one, [path]));
  const gradients = of(course);
  const lengths = gradients.map(length);
  const each = Number((Math.max(...lengths) / 3).toPrecision(6));
  assert.ok(Math.min(...lengths) < each, `${lengths}`);
  const sketch = {
    stages: PLAIN,
    optimizer: SGD,
    train: `clip: { each: ${each} }`,
  };
  for (const [i, clipped] of of(await train(sketch, 1)).entries()) {
    const factor = Math.min(1, each / lengths[i]!);
    close(clipped, gradients[i]!.map((v) => v * factor), 1e-4 * each);
  }
});

Deno.test("A gradient that is short enough is not clipped: not a bit changes", async () => {
  const free = await train({ stages: PLAIN, optimizer: SGD }, 3);
  const clipped = await train(
    { stages: PLAIN, optimizer: SGD, train: "clip: 1000" },
    3,
  );
  assert.deepEqual(bits(clipped.states[3]), bits(free.states[3]));
  assert.deepEqual(clipped.metrics, free.metrics);
});

Deno.test("Clipping a gradient of 0 leaves 0, and no number that is none", async () => {
  const { states, metrics } = await train({
    stages: PLAIN.replace("[p, t]", "[p, t], weight: { from: 0, to: 0 }"),
    optimizer: SGD,
    train: "clip: 1",
  }, 1);
  assert.equal(Math.abs(metrics[0]?.["loss"] ?? 1), 0);
  for (const [path, value] of Object.entries(bits(states[1]))) {
    if (/^[yp]\//.test(path)) assert.equal(value, bits(states[0])[path], path);
  }
});

Deno.test("A loss's weight counts before the gradient is clipped", async () => {
  const course = async (weight: number, train_: string): Promise<number> => {
    const sketch = {
      stages: PLAIN.replace("[p, t]", `[p, t], weight: ${weight}`),
      optimizer: SGD,
      train: train_,
    };
    return length(gradientOf(await train(sketch, 1), trainedPaths(sketch)));
  };
  const whole = await course(1, "");
  close([await course(100, "")], [100 * whole], 1e-3 * 100 * whole);
  close([await course(100, `clip: ${whole}`)], [whole], 1e-3 * whole);
});

// Batches in parts.

const IMAGES = { images: tinyImages(128) };

/** The same run on whole batches and on batches in parts. */
async function inParts(
  sketch: Sketch,
  parts: number,
  steps: number,
): Promise<readonly [Course, Course]> {
  const settings = [sketch.train, `accumulate: ${parts}`].filter(Boolean);
  return [
    await train(sketch, steps, IMAGES),
    await train({ ...sketch, train: settings.join(", ") }, steps, IMAGES),
  ];
}

/** Asserts that two courses agree in some metrics and in all variables but some. */
function alike(
  [whole, parts]: readonly [Course, Course],
  metrics: readonly string[],
  tolerance: number,
  but = /^monitor\//,
): void {
  whole.metrics.forEach((one, step) => {
    for (const name of metrics) {
      close(
        [parts.metrics[step]?.[name] as number],
        [one[name] as number],
        tolerance,
        `${name} of step ${step}`,
      );
    }
  });
  whole.states.forEach((state, step) => {
    assert.deepEqual(Object.keys(parts.states[step] ?? {}), Object.keys(state));
    for (const path of Object.keys(state)) {
      if (but.test(path)) continue;
      close(
        at(parts, step, path),
        at(whole, step, path),
        tolerance,
        `${path}, ${step}`,
      );
    }
  });
}

for (const [name, optimizer] of [["SGD", SGD], ["Adam", ADAM]] as const) {
  Deno.test(`Two parts of 32, and four of 16, train as a batch of 64, by chance augmented, with ${name}`, async () => {
    const sketch: Sketch = { stages: PLAIN, optimizer, batch: 64 };
    for (const parts of [2, 4]) {
      const both = await inParts(sketch, parts, 3);
      alike(both, ["loss", "loss:loss"], 2e-6);
      // Else steps that do nothing would agree, too.
      const path = "y/linear1/kernel";
      const distance = at(both[0], 3, path).map((v, i) =>
        v - at(both[0], 0, path)[i]!
      );
      assert.ok(length(distance) > 0.01, `${length(distance)}`);
    }
  });
}

Deno.test("Parts of a batch are augmented by their own rows of the batch's random numbers", async () => {
  // With lr 0 the loss tells the views alone.
  const losses = async (more: string): Promise<number[]> => {
    const sketch = {
      stages: PLAIN,
      optimizer: "sgd: { lr: 1e-30 }",
      train: more,
      batch: 64,
    };
    const { metrics } = await train(sketch, 3, IMAGES);
    return metrics.map(({ loss }) => loss as number);
  };
  close(await losses("accumulate: 2"), await losses(""), 1e-6);
  close(await losses("accumulate: 64"), await losses(""), 1e-6);
});

Deno.test("A batch in parts is clipped as a whole", async () => {
  const sketch: Sketch = {
    stages: PLAIN,
    optimizer: SGD,
    train: "clip: 0.01",
    batch: 64,
  };
  alike(await inParts(sketch, 2, 2), ["loss"], 2e-6);
});

Deno.test("What a stage reports is the mean over the parts", async () => {
  const sketch: Sketch = {
    stages: `${VIEWS}
  y: { encode: mlp, of: views, hidden: 7, out: 6, batch_norm: none }
  c: { predict: mlp, of: y, hidden: 4, out: 4, batch_norm: none }
  loss: { loss: cross_entropy, of: c, labels: label }`,
    optimizer: SGD,
    batch: 64,
  };
  const both = await inParts(sketch, 2, 3);
  const accuracy = both[0].metrics.map((one) => one["accuracy:loss"] as number);
  assert.ok(accuracy.some((value) => value > 0 && value < 1), `${accuracy}`);
  alike(both, ["loss", "accuracy:loss"], 2e-6);
});

Deno.test("Labels of images that are fed go with the rows of their part", async () => {
  // Nothing is trained: the loss tells which image has which label.
  const sketch: Sketch = {
    stages: `  views: { augment: [], of: image, count: 1 }
  y: { encode: mlp, of: views, hidden: 7, out: 6, batch_norm: none }
  loss: { loss: cross_entropy, of: y, labels: label }`,
    optimizer: SGD,
    batch: 64,
  };
  // Classes in blocks, so that the parts of a batch differ.
  const images = tinyImages(64);
  const labels = Int32Array.from({ length: 64 }, (_, i) => Math.floor(i / 16));
  const training = { images: { ...images, labels } };
  const whole = await train(sketch, 2, training);
  const parts = await train(
    { ...sketch, train: "accumulate: 4" },
    2,
    training,
  );
  alike([whole, parts], ["loss"], 2e-6);
});

Deno.test("A queue takes the rows of every part", async () => {
  const sketch: Sketch = {
    stages: `${VIEWS}
  y: { encode: mlp, of: views, hidden: 7, out: 6, batch_norm: none }
  t: { ema: y, of: views, momentum: 0.9 }
  q: { queue: t, size: 80 }
  loss: { loss: info_nce, between: [y, t], negatives: q }`,
    optimizer: SGD,
    batch: 64,
  };
  const [whole, parts] = await inParts(sketch, 2, 1);
  for (const view of [0, 1]) {
    const [one, other] = [whole, parts].map(({ states }) =>
      rows(states[1]![`q/view${view}`]!)
    ) as [number[][], number[][]];
    // 64 new rows and the 16 newest of the old ones; the parts' order is theirs.
    const known = one.map((row) => row.map((v) => v.toFixed(4)).join());
    const found = other.map((row) => row.map((v) => v.toFixed(4)).join());
    assert.deepEqual(found.slice(64), known.slice(64));
    assert.deepEqual(found.slice(0, 64).sort(), known.slice(0, 64).sort());
  }
});

Deno.test("With batch norm each part has its own statistics, and moves the running ones", async () => {
  const sketch: Sketch = {
    stages: `  views: { augment: [], of: image, count: 1 }
  y: { encode: mlp, of: views, hidden: 7, out: 6, batch_norm: hidden }
  c: { predict: mlp, of: y, hidden: 4, out: 4, batch_norm: none }
  loss: { loss: cross_entropy, of: c, labels: label }`,
    optimizer: SGD,
    batch: 64,
  };
  const [whole, parts] = await inParts(sketch, 2, 1);
  const path = "y/bn1/mean";
  // From 0, 0.1 of the mean of all; or 0.1 of one half's after 0.09 of the other's.
  const [a, b] = [at(whole, 1, path), at(parts, 1, path)];
  close(b, a.map((v) => v * 1.9), 0.1 * Math.max(...a.map(Math.abs)) + 1e-3);
  assert.notDeepEqual(a, b);
});

Deno.test("A run in parts that is saved and resumed is the one that goes through, to the bit", async () => {
  const loaded = load({
    stages: PLAIN,
    optimizer: ADAM,
    train: "accumulate: 2",
    batch: 64,
  });
  const through = await train(loaded, 4, IMAGES);
  const session = await start(loaded, IMAGES);
  try {
    // Of a step before, nothing may be left in the sums.
    await session.step();
    await session.restore(through.states[2]!);
    await session.step();
    await session.step();
    assert.deepEqual(bits(await session.save()), bits(through.states[4]));
    const saved = Object.keys(await session.save());
    assert.deepEqual(saved.filter((path) => /^accumulated/.test(path)), []);
  } finally {
    await session.close();
  }
});

Deno.test("Compiled steps in parts are eager ones", async () => {
  const sketch: Sketch = {
    stages: PLAIN,
    optimizer: ADAM,
    train: "accumulate: 2, clip: 0.1",
    batch: 8,
  };
  const compiled = await train(sketch, 2);
  const eager = await train(sketch, 2, { eager: true });
  alike([eager, compiled], ["loss", "loss:loss"], 1e-6);
});

for (
  const [what, sketch, message, at] of [
    [
      "parts that do not divide a batch",
      { stages: PLAIN, train: "accumulate: 3", batch: 64 },
      "Cannot divide a batch of 64 into 3 parts",
      "train.accumulate",
    ],
    [
      "more parts than images",
      { stages: PLAIN, train: "accumulate: 128", batch: 64 },
      "Cannot divide a batch of 64 into 128 parts",
      "train.accumulate",
    ],
    [
      "parts of one image with batch norm",
      {
        stages: PLAIN.replaceAll("batch_norm: none", "batch_norm: all"),
        train: "accumulate: 64",
        batch: 64,
      },
      'Cannot normalise batches of 1: "y" has batch norm',
      "data.batch",
    ],
    [
      "no parts",
      { stages: PLAIN, train: "accumulate: 0" },
      'Cannot use 0 as "accumulate" of "train": expected at least 1',
      "train.accumulate",
    ],
    [
      "a part of a part",
      { stages: PLAIN, train: "accumulate: 1.5" },
      'Cannot use 1.5 as "accumulate" of "train": expected a whole number',
      "train.accumulate",
    ],
    [
      "a queue that no part fits into",
      {
        stages:
          `${PLAIN}\n  q: { queue: t, size: 31 }\n  more: { loss: info_nce, between: [p, t], negatives: q }`,
        train: "accumulate: 2",
        batch: 64,
      },
      "Cannot queue batches of 32 in 31 rows",
      "stages.q.size",
    ],
    [
      "a length of 0",
      { stages: PLAIN, train: "clip: 0" },
      'Cannot use 0 as "clip" of "train": expected more than 0',
      "train.clip",
    ],
    [
      "a misspelt setting",
      { stages: PLAIN, train: "acumulate: 2" },
      'Cannot use "acumulate" in "train"',
      "train.acumulate",
    ],
  ] as const
) {
  Deno.test(`Of ${what} it is said: ${message}`, () => {
    const { findings, text, loaded } = check(sketch);
    assert.ok(!loaded);
    assert.deepEqual(
      findings.map((one) => [one.path.join("."), one.message]),
      [[at, message]],
      text,
    );
  });
}

Deno.test("A queue has room for a part, where a batch would not fit", () => {
  const stages =
    `${PLAIN}\n  q: { queue: t, size: 32 }\n  more: { loss: info_nce, between: [p, t], negatives: q }`;
  assert.ok(check({ stages, train: "accumulate: 2", batch: 64 }).loaded);
  assert.equal(check({ stages, batch: 64 }).loaded, undefined);
});

// Numbers that change over the run.

/** A slot's values in some steps of a run of 12, four epochs of three. */
function valuesOf(
  sketch: Sketch,
  stage: string,
  option: string,
  steps: readonly number[],
): number[] {
  const { pipeline, graph } = load(sketch);
  const slots = slotsOf(pipeline, graph);
  const place = slots.findIndex((one) =>
    one.stage === stage && one.option === option
  );
  assert.ok(place >= 0, `${slots.map((one) => `${one.stage} ${one.option}`)}`);
  return steps.map((step) =>
    scalarValues(slots, step, { steps: 12, stepsPerEpoch: 3 })[place] as number
  );
}

const TEMPERATURE = (temperature: string): Sketch => ({
  stages: `${VIEWS}
  y: { encode: mlp, of: views, hidden: 7, out: 6, batch_norm: none }
  loss: { loss: nt_xent, between: [y, y], temperature: ${temperature} }`,
  length: "steps: 12",
  optimizer: "sgd: { lr: 1e-30 }",
});

Deno.test("A ramp starts at its first value, is half way in the middle, and stays at its last", () => {
  const values = (ramp: string, steps: readonly number[]) =>
    valuesOf(TEMPERATURE(ramp), "loss", "temperature", steps);
  // Over the whole run, half a cosine: steps are counted from 0.
  close(values("{ from: 0.1, to: 0.5 }", [0, 6, 12]), [0.1, 0.3, 0.5], 1e-7);
  const quarter = 0.5 - 0.4 * (Math.cos(Math.PI / 4) + 1) / 2;
  close(values("{ from: 0.1, to: 0.5 }", [3]), [quarter], 1e-7);
  // A line, down.
  const line = "{ from: 0.5, to: 0.1, shape: linear }";
  close(values(line, [0, 3, 6, 9]), [0.5, 0.4, 0.3, 0.2], 1e-7);
  // Over two epochs, six steps, and then no more.
  const short = "{ from: 0.1, to: 0.5, epochs: 2, shape: linear }";
  close(values(short, [0, 3, 6, 7, 11]), [0.1, 0.3, 0.5, 0.5, 0.5], 1e-7);
  const part = "{ from: 0.1, to: 0.5, epochs: 0.5, shape: linear }";
  close(values(part, [0, 1, 2]), [0.1, 0.1 + 0.4 / 1.5, 0.5], 1e-7);
});

Deno.test("A loss's temperature that changes is that of the step, in the loss", async () => {
  const losses = async (temperature: string): Promise<number[]> => {
    const { metrics } = await train(TEMPERATURE(temperature), 12);
    return metrics.map(({ loss }) => loss as number);
  };
  const ramp = "{ from: 0.2, to: 0.6, epochs: 2, shape: linear }";
  const changing = await losses(ramp);
  for (
    const [step, value] of [[0, 0.2], [3, 0.4], [6, 0.6], [11, 0.6]] as const
  ) {
    close(
      [changing[step]!],
      [(await losses(`${value}`))[step]!],
      1e-5,
      `step ${step}`,
    );
  }
});

Deno.test("A loss's weight that changes is that of the step, in the sum and in the gradient", async () => {
  const stages = (weight: string) =>
    PLAIN.replace("[p, t]", `[p, t], weight: ${weight}`);
  const ramp = "{ from: 0, to: 2, epochs: 1, shape: linear }";
  const { metrics, states } = await train(
    { stages: stages(ramp), optimizer: SGD },
    4,
  );
  [0, 2 / 3, 4 / 3, 2].forEach((weight, step) => {
    const { loss, "loss:loss": own } = metrics[step] ?? {};
    close([loss as number], [weight * (own as number)], 1e-6, `step ${step}`);
  });
  // In the first step it is 0: nothing moves.
  const path = "y/linear1/kernel";
  assert.deepEqual(
    at({ metrics, states }, 1, path),
    at({ metrics, states }, 0, path),
  );
  assert.notDeepEqual(
    at({ metrics, states }, 2, path),
    at({ metrics, states }, 1, path),
  );
});

for (
  const [name, rate] of [["sgd", 0.5], ["lars", 0.5], ["adamw", 0.5]] as const
) {
  Deno.test(`A weight decay of ${name} that changes is that of the step`, async () => {
    const decay = (value: string): Sketch => ({
      // Without a gradient nothing but decay moves the weights; LARS would
      // move them alike, whatever the decay.
      stages: PLAIN.replace(
        "[p, t]",
        `[p, t], weight: ${name === "lars" ? 1 : "{ from: 0, to: 0 }"}`,
      ),
      optimizer: `${name}: { lr: ${rate}, weight_decay: ${value} }`,
      train: "ema: 1",
    });
    const ramp = "{ from: 0.4, to: 0.1, epochs: 1, shape: linear }";
    const changing = await train(decay(ramp), 4);
    const path = "y/linear1/kernel";
    if (name === "adamw") {
      // Decoupled: each step takes lr x decay of a weight away.
      let expected = at(changing, 0, path);
      for (const [step, value] of [0.4, 0.3, 0.2, 0.1].entries()) {
        expected = expected.map((v) => v * (1 - rate * value));
        close(at(changing, step + 1, path), expected, 1e-6, `step ${step}`);
      }
    }
    // Its first step is that of its first value, and not of its last.
    const first = await train(decay("0.4"), 1);
    close(at(changing, 1, path), at(first, 1, path), 1e-7);
    const last = await train(decay("0.1"), 1);
    assert.notDeepEqual(at(changing, 1, path), at(last, 1, path));
  });
}

Deno.test("A weight decay that grows from 0 is not taken for none", async () => {
  const sketch = (value: string): Sketch => ({
    stages: PLAIN.replace("[p, t]", "[p, t], weight: { from: 0, to: 0 }"),
    optimizer: `adamw: { lr: 0.5, weight_decay: ${value} }`,
    train: "ema: 1",
  });
  const growing = await train(
    sketch("{ from: 0, to: 0.4, epochs: 0.4, shape: linear }"),
    2,
  );
  const path = "y/linear1/kernel";
  assert.deepEqual(at(growing, 1, path), at(growing, 0, path));
  assert.notDeepEqual(at(growing, 2, path), at(growing, 1, path));
});

for (
  const [what, sketch, message, at] of [
    [
      "a ramp without an end",
      TEMPERATURE("{ from: 0.1 }"),
      /^Cannot (do without|use) .*"(temperature\.)?to"|expected/,
      "stages.loss.temperature",
    ],
    [
      "an end that the number could not be",
      TEMPERATURE("{ from: 0.1, to: 0 }"),
      /^Cannot use 0 as "temperature.to" of "loss: nt_xent": expected more than 0$/,
      "stages.loss.temperature.to",
    ],
    [
      "a shape that is none",
      TEMPERATURE("{ from: 0.1, to: 1, shape: liner }"),
      /^Cannot use "liner" as "temperature.shape" of "loss: nt_xent": expected one of/,
      "stages.loss.temperature.shape",
    ],
    [
      "a ramp of an option that is constant",
      {
        stages: PLAIN.replace(
          "hidden: 7, out: 6",
          "hidden: { from: 1, to: 2 }, out: 6",
        ),
      },
      /^Cannot use \{"from":1,"to":2\} as "hidden" of "encode: mlp": expected a number$/,
      "stages.y.hidden",
    ],
    [
      "no epochs at all",
      TEMPERATURE("{ from: 0.1, to: 1, epochs: 0 }"),
      /^Cannot use 0 as "temperature.epochs" of "loss: nt_xent": expected more than 0$/,
      "stages.loss.temperature.epochs",
    ],
  ] as const
) {
  Deno.test(`Of a number that changes, ${what} is reported in its place`, () => {
    const { findings, text, loaded } = check(sketch);
    assert.ok(!loaded);
    const [found] = findings;
    assert.match(found?.message ?? "", message, text);
    assert.ok(`${found?.path.join(".")}`.startsWith(at), text);
  });
}
