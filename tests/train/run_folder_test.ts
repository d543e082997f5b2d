/** @file What a run leaves on the disk, and what it finds there again. */
import assert from "@std/assert";
import { join } from "node:path";
import { UserError } from "../../lib/errors.ts";
import { checkText } from "../../lib/pipeline/load.ts";
import { Averages } from "../../lib/train/averages.ts";
import {
  type MetricsLine,
  reportedStep,
} from "../../lib/train/metrics_file.ts";
import {
  refuseOtherData,
  refuseUnreportedBest,
  writing,
  writingSweep,
} from "../../lib/train/run_errors.ts";
import { readOrigin, RunFolder } from "../../lib/train/run_folder.ts";
import { fingerprint } from "../../lib/data/fingerprint.ts";
import { withFolder } from "../data/fixtures.ts";
import { CONTRASTIVE, tinyImages, tinyPipeline } from "../evaluate/tiny.ts";

const { pipeline } = tinyPipeline(CONTRASTIVE);
const ORIGIN = {
  baseDir: ".",
  settings: { device: "cpu", threads: 2, eager: false, xla: false },
  data: fingerprint({ train: tinyImages(12) }, true),
} as const;

Deno.test(
  "Metrics after a checkpoint, torn lines and parts of files are forgotten",
  withFolder(async (folder) => {
    const run = await RunFolder.create(folder, pipeline, ORIGIN);
    for (let step = 1; step <= 5; step++) {
      await run.log({
        step,
        epoch: step / 3,
        loss: step === 2 ? NaN : 1 / step,
      });
    }
    await run.close();
    const path = join(run.path, "metrics.jsonl");
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, `${text}{"step":6,"epoch":2,"lo`);
    const lines: MetricsLine[] = [];
    assert.deepEqual(
      await run.rewind(3, (some) => lines.push(...some)),
      { damaged: 0, missing: 0 },
    );
    assert.deepEqual(lines.map(({ step }) => step), [1, 2, 3]);
    assert.equal(
      await Deno.readTextFile(path),
      text.split("\n").slice(0, 3).join("\n") + "\n",
    );
  }),
);

Deno.test(
  "Spectra after a checkpoint are forgotten, and those before it stay as they were",
  withFolder(async (folder) => {
    const run = await RunFolder.create(folder, pipeline, ORIGIN);
    for (const step of [2, 4, 6]) await run.logSpectrum(step, [1 / 3, 1e-9]);
    await run.close();
    const path = join(run.path, "spectrum.jsonl");
    const text = await Deno.readTextFile(path);
    assert.match(text, /^\{"step":2,"covariance":\[0.33333,1e-9\]\}\n/);
    await Deno.writeTextFile(path, `${text}{"step":8,"cova`);
    await run.rewind(4);
    assert.equal(
      await Deno.readTextFile(path),
      text.split("\n").slice(0, 2).join("\n") + "\n",
    );
  }),
);

Deno.test(
  "Damage within the metrics is left out and counted, and takes nothing else with it",
  withFolder(async (folder) => {
    const run = await RunFolder.create(folder, pipeline, ORIGIN);
    await run.close();
    const path = join(run.path, "metrics.jsonl");
    const line = (step: number): string => `{"step":${step},"loss":0.5}\n`;
    for (
      const damage of [
        "\0\0\0\n",
        '{"step":2,"loss":"low"}\n',
        '{"step":"2"}\n',
        "[".repeat(9000) + "\n",
        "x".repeat(3 << 20) + "\n",
        // A part of the file that came twice.
        line(1),
      ]
    ) {
      await Deno.writeTextFile(path, line(1) + damage + line(2) + line(3));
      const lines: MetricsLine[] = [];
      const { damaged, missing } = await run.rewind(
        2,
        (some) => lines.push(...some),
      );
      assert.equal(missing, 0);
      assert.ok(damaged >= 1);
      assert.deepEqual(lines.map(({ step }) => step), [1, 2]);
      assert.equal(await Deno.readTextFile(path), line(1) + line(2));
    }
  }),
);

Deno.test(
  "Metrics larger than a piece that is read are all kept",
  withFolder(async (folder) => {
    const run = await RunFolder.create(folder, pipeline, ORIGIN);
    await run.close();
    const path = join(run.path, "metrics.jsonl");
    const count = 40_000;
    const text = Array.from(
      { length: count },
      (_, i) =>
        `{"step":${i + 1},"epoch":0.25,"loss":${Math.sin(i)},"x":null}\n`,
    ).join("");
    assert.ok(text.length > 2 << 20);
    await Deno.writeTextFile(path, text);
    let [steps, last] = [0, 0];
    const { damaged, missing } = await run.rewind(count - 1, (lines) => {
      steps += lines.length;
      last = lines.at(-1)?.["step"] ?? last;
    });
    assert.deepEqual([damaged, missing, steps, last], [
      0,
      0,
      count - 1,
      count - 1,
    ]);
    // What the disk lost is counted.
    await Deno.writeTextFile(path, text.split("\n").slice(9).join("\n"));
    assert.equal((await run.rewind(count - 1)).missing, 9);
    await Deno.writeTextFile(path, text);
    await run.rewind(count - 1);
    const cut = text.slice(0, text.lastIndexOf("\n", text.length - 2) + 1);
    assert.equal(await Deno.readTextFile(path), cut);
  }),
);

Deno.test(
  "A digit that was changed in a line of metrics shows in their checksum, seconds do not",
  withFolder(async (folder) => {
    const run = await RunFolder.create(folder, pipeline, ORIGIN);
    const none = run.linesDigest;
    await run.log({ step: 1, seconds: 1.25, loss: 0.5, rank: NaN });
    const one = run.linesDigest;
    await run.log({ step: 2, seconds: 2.5, loss: 0.25, rank: 1e-7 });
    const two = run.linesDigest;
    await run.close();
    const path = join(run.path, "metrics.jsonl");
    const text = await Deno.readTextFile(path);
    const read = async (text: string, step: number): Promise<string> => {
      await Deno.writeTextFile(path, text);
      await run.rewind(step);
      return run.linesDigest;
    };
    assert.equal(await read(text, 2), two);
    assert.equal(await read(text, 1), one);
    assert.equal(await read(text, 0), none);
    assert.equal(await read(text.replace("2.5,", "9.5,"), 2), two);
    assert.notEqual(await read(text.replace("0.25", "0.35"), 2), two);
    assert.equal(new Set([none, one, two]).size, 3);
  }),
);

Deno.test(
  "Metrics that cannot be read are not erased",
  withFolder(async (folder) => {
    const run = await RunFolder.create(folder, pipeline, ORIGIN);
    await run.close();
    const path = join(run.path, "metrics.jsonl");
    await Deno.remove(path);
    await Deno.mkdir(path);
    await assert.rejects(
      run.rewind(3),
      /its metrics\.jsonl cannot be read, and would be lost: it is not a file/,
    );
    await Deno.remove(path);
    await Deno.symlink("/dev/zero", path);
    await assert.rejects(run.rewind(3), UserError);
  }),
);

Deno.test(
  "A folder that is removed or renamed is not written to, and not made anew",
  withFolder(async (folder) => {
    for (const remove of [true, false]) {
      const run = await RunFolder.create(folder, pipeline, ORIGIN);
      await run.log({ step: 1, loss: 1 });
      if (remove) await Deno.remove(run.path, { recursive: true });
      else await Deno.rename(run.path, `${run.path}-moved`);
      const gone = /was removed or renamed while it trained/;
      await assert.rejects(run.sync(), gone);
      await assert.rejects(run.summarize({}), gone);
      // Another folder of that name is another one.
      await Deno.mkdir(run.path, { recursive: true });
      await assert.rejects(run.sync(), gone);
      assert.deepEqual([...Deno.readDirSync(run.path)], []);
      await run.close();
      await Deno.remove(run.path);
    }
  }),
);

Deno.test(
  "Means between checkpoints are the same when a run was cut in between",
  withFolder(async (folder) => {
    const run = await RunFolder.create(folder, pipeline, ORIGIN);
    const losses = [0.1, 0.7, 1 / 3, 0.2, 1e-3];
    const whole = new Averages();
    for (const [i, loss] of losses.entries()) {
      await run.log({ step: i + 1, epoch: (i + 1) / 3, loss });
      if (i >= 2) whole.add({ loss });
    }
    await run.close();
    const resumed = new Averages();
    const recall = (done: number) =>
      run.rewind(
        done,
        (lines) =>
          resumed.recall(lines.map((line) => reportedStep(line)), 2, done),
      );
    await recall(4);
    // Step 4 is a checkpoint of its own: nothing is carried over.
    assert.deepEqual(resumed.means, {});
    await recall(3);
    for (const loss of losses.slice(3)) resumed.add({ loss });
    assert.deepEqual(resumed.means, whole.means);
    whole.add({ loss: NaN });
    assert.deepEqual(whole.means, { loss: null });
  }),
);

Deno.test(
  "One process at a time trains in a folder",
  withFolder(async (folder) => {
    const first = await RunFolder.create(folder, pipeline, ORIGIN);
    const { id } = await readOrigin(first.path);
    const second = RunFolder.open(first.path, pipeline, id);
    await assert.rejects(second.lock(), /another process is training it/);
    await second.close();
    // Also after the description was replaced.
    await first.describe(pipeline, { ...ORIGIN, id });
    const third = RunFolder.open(first.path, pipeline, id);
    await assert.rejects(third.lock(), UserError);
    await third.close();
    await first.close();
    const last = RunFolder.open(first.path, pipeline, id);
    await last.lock();
    await last.close();
  }),
);

Deno.test("Other images than those a run began with are refused", () => {
  const point = {
    folder: "runs/x",
    origin: { ...ORIGIN, pipeline: {}, id: "" },
  };
  refuseOtherData(point, fingerprint({ train: tinyImages(12) }, true));
  assert.throws(
    () => refuseOtherData(point, fingerprint({ train: tinyImages(11) }, true)),
    /12 images -> 11 images\.\n.*--changed/,
  );
  assert.throws(
    () =>
      refuseOtherData(point, fingerprint({ train: tinyImages(12, 2) }, true)),
    /still 12, but they are other ones/,
  );
  const { data: _, ...old } = point.origin;
  refuseOtherData(
    { ...point, origin: old },
    fingerprint({ train: tinyImages(11) }, true),
  );
});

Deno.test("A run is not resumed with other labels or test images, which would be judged otherwise", () => {
  const [train, test] = [tinyImages(12), tinyImages(6, 2)];
  const data = fingerprint({ train, test }, true);
  const origin = { ...ORIGIN, pipeline: {}, id: "", data };
  const point = { folder: "runs/x", origin };
  refuseOtherData(point, fingerprint({ train: tinyImages(12), test }, true));
  const { labels = new Int32Array(), ...unlabelled } = train;
  const others = [
    { train },
    { train, test: tinyImages(6, 3) },
    { train: unlabelled, test },
    { train: { ...train, labels: labels.toReversed() }, test },
  ];
  for (const other of others) {
    assert.throws(
      () => refuseOtherData(point, fingerprint(other, true)),
      /its labels or test images have changed\.\n.*--changed/,
    );
  }
  // Without scores nothing depends on them; runs of older versions do not know.
  refuseOtherData(point, fingerprint({ train }, false));
  const unjudged = fingerprint({ train }, false);
  refuseOtherData(
    { ...point, origin: { ...origin, data: unjudged } },
    fingerprint({ train, test }, true),
  );
});

Deno.test("The best checkpoint is by a metric that the run reports", () => {
  const policy = { every: 1, keep: 1 };
  const metrics = ["loss", "loss_to_floor"];
  assert.throws(
    () => refuseUnreportedBest({ ...policy, best: { max: "rankme" } }, metrics),
    /by "rankme": this run does not report it\. .*"loss", "loss_to_floor"/,
  );
  for (const min of ["loss", "loss_to_floor", "loss_to_floor:a"]) {
    refuseUnreportedBest({ ...policy, best: { min } }, metrics);
  }
  refuseUnreportedBest({ ...policy, best: { min: "rankme" } }, undefined);
  refuseUnreportedBest(policy, metrics);
});

Deno.test("`best` in a pipeline is one rule, told from a wrong one", () => {
  const text = (best: string): string =>
    `data: { source: photos, batch: 8 }
stages:
  views: { augment: simsiam, of: image }
  y: { encode: mlp, of: views, hidden: 4, out: 4 }
  loss: { loss: nt_xent, between: [y, y], pairs: unordered }
train: { steps: 9, optimizer: { sgd: { lr: 0.1 } } }
checkpoint: { best: ${best} }
`;
  const best = (source: string) => checkText("x.yaml", text(source));
  assert.deepEqual(
    best("{ max: effective_rank }").loaded?.pipeline.checkpoint.best,
    { max: "effective_rank" },
  );
  assert.ok(best('{ min: "loss_to_uniform:loss" }').loaded);
  assert.match(
    best("{ min: los }").text,
    /^x\.yaml:7:28: .*Cannot find the metric "los"[^]*did you mean "loss"\?/,
  );
  assert.match(
    best('{ min: "loss_to_uniform:los" }').text,
    /Cannot find the stage "los"/,
  );
  for (
    const wrong of ["loss", "{ min: loss, max: loss }", "{}", "{ least: loss }"]
  ) {
    const { loaded, text } = best(wrong);
    assert.equal(loaded, undefined, wrong);
    assert.match(text, /^x\.yaml:7:/m);
  }
});

Deno.test(
  "A refusal of the system becomes a message; a defect stays one",
  withFolder(async (folder) => {
    const run = await RunFolder.create(folder, pipeline, ORIGIN);
    const full = Object.assign(new Error("No space left"), { code: "ENOSPC" });
    const failing = (error: Error) =>
      writing(run, () => Promise.reject(error)).catch((told: unknown) => told);
    const told = await failing(full);
    assert.ok(told instanceof UserError);
    assert.match(
      String(told),
      /no space left on the disk[^]*no checkpoint yet/,
    );
    await run.checkpoints.save(7, {}, {});
    assert.match(String(await failing(full)), /checkpoint of step 7 is whole/);
    const defect = new TypeError("x is not a function");
    assert.equal(await failing(defect), defect);
    await run.close();
    await assert.rejects(
      writingSweep("runs/s", () => Promise.reject(full)),
      /^UserError: Cannot write to runs\/s: there is no space left on the disk\.\nTo go on: deno task resume runs\/s /,
    );
  }),
);

Deno.test(
  "How a run was computed is read again, products of bfloat16 included",
  withFolder(async (folder) => {
    for (const products of ["float32", "bfloat16", undefined] as const) {
      const settings = {
        ...ORIGIN.settings,
        ...(products ? { products } : {}),
      };
      const run = await RunFolder.create(folder, pipeline, {
        ...ORIGIN,
        settings,
      });
      await run.close();
      assert.deepEqual((await readOrigin(run.path)).settings, settings);
    }
  }),
);
