/** @file A sweep as a user meets it: run, cut off, resumed, its table. */
import assert from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { readOrigin } from "../../lib/train/run_folder.ts";
import {
  buildPipeline,
  type PipelineConfig,
  sweep,
  sweepMarkdown,
} from "../../mod.ts";
import {
  inFolder,
  metricsDigest,
  onlyRun,
  outcome,
  readJson,
  start,
  stopgrad,
} from "./cli.ts";
import { stepsLogged } from "./fingerprint.ts";

const STEPS = 40;

/** SimSiam in small; the first point has nothing that keeps it apart. */
const sweepText = (): string =>
  `extends: ${new URL("../../pipelines/simsiam.yaml", import.meta.url).pathname}
name: small
data: { batch: 32 }
stages:
  y: { width: 8, blocks: [1, 1] }
  z: { hidden: 32, out: 32 }
  p: { hidden: 8, out: 32 }
train: { epochs: null, steps: ${STEPS}, schedule: cosine }
monitor: { patience: 1 }
checkpoint: { every: 0.02 }
evaluate: { knn: { k: 5 }, linear: false }
sweep:
  paper: { figure: linear accuracy, unit: "%", source: a paper }
  points:
    defenceless:
      stages: { p: null, loss: { between: [z, z] }, z: { batch_norm: none } }
      train.per_stage: null
      train.optimizer.sgd.lr: 0.3
      paper: 0.1
    sound: { paper: 67.7 }
  grid: { seed: [0, 1] }
`;

const POINTS = [
  "01-defenceless-seed=0",
  "02-defenceless-seed=1",
  "03-sound-seed=0",
  "04-sound-seed=1",
] as const;

const digest = async (...path: string[]): Promise<string> =>
  createHash("sha256").update(await Deno.readFile(join(...path))).digest("hex");

/** Digests of the last checkpoint and of the metrics. */
const fingerprint = (run: string): Promise<string[]> =>
  Promise.all([
    digest(
      run,
      "checkpoints",
      `step-${String(STEPS).padStart(8, "0")}.safetensors`,
    ),
    metricsDigest(run),
  ]);

/** Waits until a point of the only sweep has logged so many steps. */
const pointLogged = (
  runs: string,
  point: string,
  steps: number,
): Promise<void> =>
  stepsLogged(async () => join(await onlyRun(runs, "small"), point), steps);

type Points = readonly {
  readonly name: string;
  readonly result?: { readonly end: string };
}[];

const ends = async (folder: string): Promise<(string | undefined)[]> =>
  ((await readJson(folder, "sweep.json"))["points"] as Points)
    .map(({ result }) => result?.end);

Deno.test("A sweep outlives collapsing points, a kill and Ctrl-C, and repeats nothing", () =>
  inFolder(async (folder) => {
    const file = join(folder, "small.yaml");
    await Deno.writeTextFile(file, sweepText());
    const runs = join(folder, "runs");

    // A setting that rounds otherwise: points that had not begun keep it too.
    const one = ["--threads", "1"];
    const killed = start("run", file, "--runs-dir", runs, ...one);
    const first = outcome(killed);
    await pointLogged(runs, POINTS[2], 15);
    killed.kill("SIGKILL");
    assert.equal((await first).code, 137);
    const run = await onlyRun(runs, "small");
    assert.deepEqual(await ends(run), [
      "stopped",
      "stopped",
      undefined,
      undefined,
    ]);
    const summary = await readJson(run, POINTS[0], "summary.json");
    assert.equal(summary["verdict"], "collapsed");
    const done = await digest(run, POINTS[0], "metrics.jsonl");

    const refused = await stopgrad("resume", run, "--set", "seed=3");
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /^Cannot change a sweep that has begun/);

    const interrupted = start("resume", run);
    const second = outcome(interrupted);
    await pointLogged(runs, POINTS[3], 10);
    interrupted.kill("SIGINT");
    const { code, stdout } = await second;
    assert.equal(code, 130, stdout);
    assert.match(
      stdout,
      /\[3\/4\] sound, seed=0, going on after step \d+\n/,
    );
    assert.doesNotMatch(stdout, /\[1\/4\]|\[2\/4\]/);
    assert.match(stdout, /sound +1 too short to judge, 1 not run/);
    assert.ok(stdout.includes(`To go on: deno task resume ${run}\n`), stdout);

    const resumed = await stopgrad("resume", run);
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.match(resumed.stdout, /\[4\/4\] sound, seed=1, going on after/);
    assert.match(
      resumed.stdout,
      /point +verdict +kNN, % +projector kNN, % +loss +embedding_std +paper, %\n/,
    );
    assert.match(
      resumed.stdout,
      /defenceless +collapsed +\d+\.\d ± \d+\.\d +\d+\.\d ± \d+\.\d .* 0\.1\n/,
    );
    assert.match(
      resumed.stdout,
      /sound +too short to judge +\d+\.\d ± \d+\.\d .* 67\.7\n/,
    );
    assert.match(resumed.stdout, /Paper: linear accuracy; a paper\n/);
    assert.match(resumed.stdout, /sound +█+ \d+\.\d\n +░+ 67\.7\n/);
    const table = await Deno.readTextFile(join(run, "table.md"));
    assert.match(table, /^# small\n\n\| point \| verdict \| kNN, % \|/);
    assert.deepEqual(await ends(run), [
      "stopped",
      "stopped",
      "finished",
      "finished",
    ]);
    // What had ended was left alone.
    assert.equal(await digest(run, POINTS[0], "metrics.jsonl"), done);

    for (const point of POINTS) {
      const { settings } = await readOrigin(join(run, point));
      assert.equal(settings?.threads, 1, point);
    }

    // Neither the sweep nor the interruptions show in the numbers.
    const alone = await stopgrad(
      "run",
      file,
      "--point",
      "sound, seed=1",
      "--runs-dir",
      join(folder, "alone"),
      ...one,
    );
    assert.equal(alone.code, 0, alone.stderr);
    assert.deepEqual(
      await fingerprint(join(run, POINTS[3])),
      await fingerprint(await onlyRun(join(folder, "alone"), "small")),
    );

    const again = await stopgrad("resume", run);
    assert.equal(again.code, 0, again.stderr);
    assert.doesNotMatch(again.stdout, /\[\d\/4\]/);

    // The folder holds the sweep as a file that loads alone.
    const checked = await stopgrad("check", join(run, "pipeline.yaml"));
    assert.match(checked.stdout, /ok, 4 points\n/);

    await Deno.writeTextFile(join(run, "sweep.json"), "{");
    const damaged = await stopgrad("resume", run);
    assert.equal(damaged.code, 2);
    assert.match(damaged.stderr, /sweep\.json is damaged/);
    assert.doesNotMatch(damaged.stderr, /\n\s+at /);
  }));

Deno.test("A sweep with a bad point writes nothing and says where", () =>
  inFolder(async (folder) => {
    const file = join(folder, "small.yaml");
    await Deno.writeTextFile(
      file,
      sweepText().replace("sound: {", "sound: { stages.p.hidden: 0,"),
    );
    const runs = join(folder, "runs");
    const { code, stderr } = await stopgrad("run", file, "--runs-dir", runs);
    assert.equal(code, 2);
    assert.match(stderr, /small\.yaml:\d+:\d+: Cannot use 0 as "hidden"/);
    assert.match(stderr, /in the point "sound"/);
    await assert.rejects(() => Deno.stat(runs), Deno.errors.NotFound);
  }));

Deno.test("A sweep whose data cannot be had writes nothing", () =>
  inFolder(async (folder) => {
    const file = join(folder, "small.yaml");
    await Deno.writeTextFile(
      file,
      sweepText().replace(
        "data: { batch: 32 }",
        "data: { source: folder, path: nowhere, size: 32, batch: 32 }",
      ),
    );
    const runs = join(folder, "runs");
    const { code, stderr } = await stopgrad("run", file, "--runs-dir", runs);
    assert.equal(code, 2);
    assert.match(stderr, /nowhere/);
    assert.match(stderr, /This was the point "defenceless, seed=0"/);
    await assert.rejects(() => Deno.stat(runs), Deno.errors.NotFound);
  }));

const config: PipelineConfig = {
  name: "own",
  data: { source: "photos", batch: 32 },
  stages: {
    views: { augment: "simsiam", of: "image", count: 2 },
    y: { encode: "resnet", of: "views", width: 8, blocks: [1, 1] },
    z: { project: "simclr", of: "y", hidden: 16, out: 16 },
    loss: { loss: "nt_xent", between: ["z", "z"], pairs: "unordered" },
  },
  train: { steps: 2, optimizer: { sgd: { lr: 0.1 } } },
  evaluate: { knn: { k: 5 }, linear: false },
  sweep: { grid: { "stages.loss.temperature": [0.1, 1] } },
};

Deno.test("A sweep runs from TypeScript", () =>
  inFolder(async (runsDir) => {
    const { record, end } = await sweep(buildPipeline(config), {
      device: "cpu",
      runsDir,
    });
    assert.equal(end, "finished");
    assert.deepEqual(
      record.points.map(({ name, result }) => [name, result?.summary.steps]),
      [["loss.temperature=0.1", 2], ["loss.temperature=1", 2]],
    );
    assert.match(
      sweepMarkdown(record),
      /\| loss.temperature=1 \| too short to judge \|/,
    );
    const { sweep: _, ...plain } = config;
    await assert.rejects(
      () => sweep(buildPipeline(plain)),
      /Cannot sweep: the pipeline "own" has no "sweep"\./,
    );
  }));
