/** @file Runs made longer or of another batch: their place, their learning rate. */
import assert from "@std/assert";
import { endedText } from "../../lib/cli/ended.ts";
import { learningRateFactor } from "../../lib/optim/schedule.ts";
import { courseOf } from "../../lib/train/course.ts";
import { extended, type Extension } from "../../lib/train/extend.ts";
import { ImageOrder } from "../../lib/train/order.ts";
import { progressOf } from "../../lib/train/resume_point.ts";
import { findResumable } from "../../lib/train/resume.ts";
import { shiftOf } from "../../lib/train/run_length.ts";
import { train } from "../../lib/train/train.ts";
import { withFolder } from "../data/fixtures.ts";
import { trainSmall } from "../encoder/trained.ts";

/** A run of 4 epochs of 8 steps, resolved. */
const RUN = {
  data: { batch: 4 },
  train: {
    epochs: 4,
    optimizer: { sgd: { lr: 0.5 } },
    schedule: { cosine: { warmup: 1, final: 0 } },
    per_stage: {
      p: { schedule: { constant: { warmup: 0 } } },
      z: { lr: 0.1 },
    },
  },
};
const IMAGES = 32;

/** What `train` becomes, of a run that has ended unless it is said otherwise. */
const longer = (extension: Extension, done = 32, run: object = RUN) =>
  extended({
    folder: "runs/a",
    pipeline: run as Record<string, unknown>,
    before: run,
    done,
    images: IMAGES,
    progress: undefined,
  }, extension) as typeof RUN["train"];

/** Learning rate in a step of the longer run. */
const rateIn = (settings: object, step: number) =>
  courseOf({ ...RUN, train: settings }, IMAGES, undefined)?.rate(step) ?? NaN;

Deno.test("A run whose learning rate would jump is not made longer without a word", () => {
  assert.throws(
    () => longer({ epochs: 8 }),
    (error: Error) => {
      const lines = error.message.split("\n");
      assert.match(
        lines[0] ?? "",
        /would step from 0\.00214 to 0\.306 \(0\.611 of its highest\)\.$/,
      );
      assert.deepEqual(
        lines.slice(2).map((line) => line.slice(16, 26).trim()),
        [
          "stretch",
          "cycle",
          "constant",
        ],
      );
      return true;
    },
  );
  // One that was interrupted, too, for its rate was another at this step.
  assert.throws(() => longer({ epochs: 8 }, 16), /would step from/);
  // A constant rate goes on as it is.
  const constant = {
    ...RUN,
    train: { ...RUN.train, schedule: { constant: { warmup: 0 } } },
  };
  assert.equal(longer({ epochs: 8 }, 32, constant).epochs, 8);
});

Deno.test("A run whose schedule does not end with it is made longer without a question", () => {
  for (
    const schedule of [
      // The rate has a step after which it would have fallen anyway.
      { multistep: { warmup: 1, milestones: [2, 4], gamma: 0.1 } },
      { cosine: { warmup: 1, first: 0.2, final: 0, epochs: 8 } },
      { linear: { warmup: 0, final: 0.1, epochs: 2 } },
    ]
  ) {
    const run = { ...RUN, train: { ...RUN.train, schedule } };
    for (const done of [16, 32]) {
      assert.deepEqual(longer({ epochs: 8 }, done, run), {
        ...run.train,
        epochs: 8,
      });
    }
  }
});

Deno.test("stretch, cycle and constant are what they say", () => {
  const stretched = longer({ epochs: 8, lrSchedule: "stretch" });
  assert.deepEqual(stretched, { ...RUN.train, epochs: 8 });

  const cycle = longer({ epochs: 8, lrSchedule: "cycle" });
  assert.deepEqual(cycle.schedule, {
    cosine: { warmup: 1, final: 0, start: 4 },
  });
  // What the first cycle did: warm-up, then a fall to the end.
  for (let step = 0; step < 32; step++) {
    const again = rateIn(cycle, 32 + step);
    assert.ok(Math.abs(again - rateIn(RUN.train, step)) < 1e-12, `${step}`);
  }
  assert.deepEqual(cycle.per_stage, RUN.train.per_stage);

  const held = longer({ epochs: 8, lrSchedule: "constant" }, 24);
  const last = rateIn(RUN.train, 23);
  assert.ok(last > 0.1);
  for (const step of [24, 40, 63]) assert.equal(rateIn(held, step), last);
  // A stage with a rate of its own followed the run's schedule; one with a
  // constant schedule had the run's highest rate.
  assert.deepEqual(held.per_stage as unknown, {
    p: { lr: 0.5 },
    z: { lr: 0.1 * last / 0.5 },
  });

  const steps = longer({ steps: 100, lrSchedule: "stretch" });
  assert.ok(!("epochs" in steps));
});

Deno.test("What adds nothing, or says too much or too little, is refused", () => {
  const cases: readonly (readonly [Extension, RegExp])[] = [
    [{ epochs: 4 }, /it would have 32 steps, and 32 are done \(epoch 4\)/],
    [{ epochs: 5, steps: 50 }, /both --epochs and --steps/],
    [{ lrSchedule: "cycle" }, /Give its new length, too/],
  ];
  for (const [extension, message] of cases) {
    assert.throws(() => longer(extension), message);
  }
});

Deno.test("A schedule that starts later is none before", () => {
  const late = { kind: "linear", warmup: 0, final: 0, start: 2 } as const;
  const factors = [0, 3, 4, 6, 8].map((step) =>
    learningRateFactor(late, step, 8, 2)
  );
  assert.deepEqual(factors, [1, 1, 1, 0.5, 0]);
});

Deno.test("Steps of another size take up where the others ended: no image twice, none left out", () => {
  const epoch = (batches: readonly Int32Array[]): number[] =>
    batches.flatMap((batch) => [...batch]);
  for (const [before, after] of [[4, 16], [16, 4], [8, 4]] as const) {
    const half = IMAGES / 2 / before;
    const done = IMAGES / before + half;
    const lengthOf = (batch: number, shift: number) => ({
      steps: 99,
      stepsPerEpoch: IMAGES / batch,
      shift,
      scheduleShift: shift,
    });
    const shift = shiftOf({ step: done, epoch: 1.5 }, IMAGES / after);
    const old = new ImageOrder(0, IMAGES, before, lengthOf(before, 0));
    const now = new ImageOrder(0, IMAGES, after, lengthOf(after, shift));
    const seen = epoch([
      ...Array.from(
        { length: half },
        (_, i) => old.batchOf(IMAGES / before + i),
      ),
      ...Array.from(
        { length: IMAGES / 2 / after },
        (_, i) => now.batchOf(done + i),
      ),
    ]);
    assert.equal(new Set(seen).size, IMAGES, `${before} then ${after}`);
  }
});

Deno.test(
  "A run that goes on with another batch counts its epochs on, and again when it is resumed",
  withFolder(async (folder) => {
    // 24 images: 2 epochs of 3 steps.
    const run = await trainSmall(folder, "evaluate: false");
    const goOn = async (set: readonly string[]) => {
      const { loaded, point } = await findResumable(run, { set });
      const changed = set.length > 0;
      await train(loaded, { device: "cpu", resume: { ...point, changed } });
      const text = await Deno.readTextFile(`${run}/metrics.jsonl`);
      return text.trim().split("\n").map((line) => {
        const { step, epoch } = JSON.parse(line);
        return [step, epoch];
      });
    };
    const whole = [[1, 1 / 3], [2, 2 / 3], [3, 1], [4, 4 / 3], [5, 5 / 3], [
      6,
      2,
    ]];
    const once = await goOn(["data.batch=12", "train.epochs=3"]);
    assert.deepEqual(once, [...whole, [7, 2.5], [8, 3]]);
    const { summary } = {
      summary: JSON.parse(await Deno.readTextFile(`${run}/summary.json`)),
    };
    assert.equal(summary.epochs, 3);
    const twice = await goOn(["data.batch=8", "train.epochs=4"]);
    assert.deepEqual(twice.slice(8), [[9, 10 / 3], [10, 11 / 3], [11, 4]]);
    // Nothing is left: the place is remembered.
    assert.deepEqual(await goOn([]), twice);
    const { loaded, point } = await findResumable(run);
    assert.deepEqual(progressOf(point, loaded.pipeline, 24), {
      step: 8,
      epoch: 3,
    });
    // What begins anew, for its checkpoints are gone, begins at its beginning.
    const { checkpoint: _, ...bare } = point;
    assert.equal(progressOf(bare, loaded.pipeline, 24), undefined);
  }),
);

Deno.test(
  "The record of a run that has ended is not written over by what other images give",
  withFolder(async (folder) => {
    const run = await trainSmall(folder, "evaluate: false");
    const record = () =>
      Promise.all(
        ["run.json", "pipeline.yaml", "summary.json", "metrics.jsonl"].map(
          (name) => Deno.readTextFile(`${run}/${name}`),
        ),
      );
    const before = await record();
    await Deno.remove(`${folder}/images/bright/0000.png`);
    const found = await findResumable(run);
    const { loaded, point } = found;
    // Without a look at the images: there is nothing to do with them.
    assert.match(
      await endedText(found) ?? "",
      /^Nothing is left to train: 6 steps are done, and the run has 6/,
    );
    for (const set of ["train.epochs=3", "evaluate.knn={k: 5}"]) {
      const changed = await findResumable(run, { set: [set] });
      assert.equal(await endedText(changed), undefined);
    }
    const { evaluate } = loaded.pipeline;
    const knn = { ...evaluate, knn: { k: 5, temperature: 0.1 } };
    const pipeline = { ...loaded.pipeline, evaluate: knn };
    // Its scores are missing: the long way makes them.
    assert.equal(
      await endedText({ ...found, loaded: { ...loaded, pipeline } }),
      undefined,
    );
    await assert.rejects(
      train(loaded, { device: "cpu", resume: { ...point, changed: true } }),
      /nothing is left to train, and its training images have changed: 24 images -> 23 images[^]*evaluate .* --data FOLDER/,
    );
    assert.deepEqual(await record(), before);
  }),
);
