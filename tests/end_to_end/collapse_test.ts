/** @file Runs that are lost are stopped, with exit code 3. */
import assert from "@std/assert";
import { join } from "node:path";
import {
  inFolder,
  onlyRun,
  readJson,
  sets,
  SMALL_RESNET,
  stopgrad,
} from "./cli.ts";
import { runs, short } from "./short_run.ts";

/** The same at the full learning rate from the first step to the last. */
const small = (steps: number): string[] => [
  ...short(steps),
  ...SMALL_RESNET,
  ...sets("train.schedule=constant"),
];

/** Nothing is left that keeps SimSiam's embeddings apart. */
const defenceless = sets(
  "stages.loss.between=[z, z]",
  "stages.p=null",
  "train.per_stage=null",
  "stages.z.batch_norm=none",
);

Deno.test("SimSiam without its defences collapses and is stopped", async () => {
  await using it = await runs("simsiam", ...small(300), ...defenceless);
  const { code, stdout, stderr, summary } = it;
  assert.equal(code, 3, stdout + stderr);
  assert.match(stderr, /collapse-risk/);
  assert.match(
    stderr,
    /stopped: the run collapsed at step \d+, stage "z": embedding_std is 0\.\d+ \(threshold 0\.\d+\)/,
  );
  // What the check knew comes first.
  assert.match(
    stderr,
    /healthy\n {2}- stages\.loss\.between, as the check warned: Gradients flow .*\n/,
  );
  assert.match(stderr, /--set monitor\.collapse=warn/);
  assert.equal(summary["verdict"], "collapsed");
});

Deno.test("SimSiam without stop-gradient, batch norm kept, collapses to few directions; the last healthy checkpoint stays, and both are judged", async () => {
  await using it = await runs(
    "simsiam",
    ...small(600),
    ...sets(
      "stages.loss.between=[p, z]",
      "checkpoint={every: 0.1, keep: 1}",
      "evaluate={linear: {c: 0.1}}",
    ),
  );
  const { code, stdout, stderr, summary, run } = it;
  assert.equal(code, 3, stdout + stderr);
  assert.match(stderr, /collapsed to few directions at step \d+, stage "z"/);
  assert.equal(summary["verdict"], "dimensional_collapse");
  // Every feature spreads: the spread alone would not have told.
  assert.ok(Number(summary["embedding_std"]) > 0.3);
  const file = String(summary["last_healthy_checkpoint"]);
  assert.ok(stderr.includes(join(run, file)), stderr);
  await Deno.stat(join(run, file));
  const manifest = await readJson(run, "checkpoints", "manifest.json");
  const entries = manifest["checkpoints"] as {
    step: number;
    healthy: boolean;
    metrics: Record<string, number>;
  }[];
  assert.deepEqual(entries.map(({ healthy }) => healthy), [true]);
  const [alarm] = summary["alarms"] as { step: number }[];
  assert.ok((entries[0]?.step ?? Infinity) < (alarm?.step ?? 0));
  const healthy = summary["last_healthy"] as Record<string, number | string>;
  assert.equal(healthy["checkpoint"], file);
  assert.equal(healthy["step"], entries[0]?.step);
  for (const scores of [summary, healthy]) {
    // Chance is 0.067.
    assert.ok(Number(scores["knn"]) > 0.1 && Number(scores["linear"]) > 0.1);
  }
  assert.match(
    stdout,
    /as it was stopped: kNN [\d.]+ %, linear probe [\d.]+ %\nat its last healthy checkpoint, step \d+: kNN/,
  );
  assert.match(stdout, /linear probe: logistic regression .*, C = 0\.1/);
  const compared = summary["compared"] as {
    watched: Record<string, number | string>;
    untrained: Record<string, number>;
    chance: number;
  };
  assert.equal(compared.watched["stage"], "z");
  assert.ok(Number(compared.watched["knn"]) > 0.05);
  assert.ok(Number(compared.untrained["knn"]) > 0.2);
  assert.ok(Math.abs(compared.chance - 1 / 15) < 1e-6);
  assert.match(
    stdout,
    /of "z" in place of the encoder: kNN .*\nbefore it was trained: kNN .*; chance 6\.7 %\n/,
  );
});

Deno.test("BYOL whose target is the network itself, with a predictor that lags behind, collapses to few directions", async () => {
  await using it = await runs(
    "byol",
    ...small(600),
    ...sets("train.ema=0", "train.per_stage={p: {lr: 0.002}}"),
  );
  const { code, stdout, stderr, summary } = it;
  assert.equal(code, 3, stdout + stderr);
  assert.match(stderr, /collapsed to few directions at step \d+/);
  assert.equal(summary["verdict"], "dimensional_collapse");
});

Deno.test("With collapse: warn the run goes on to its end", async () => {
  await using it = await runs(
    "simsiam",
    ...small(200),
    ...defenceless,
    ...sets("monitor.collapse=warn", "evaluate={knn: {k: 5}, linear: false}"),
  );
  const { code, stderr, summary } = it;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /warning: the run collapsed at step/);
  assert.equal(summary["verdict"], "collapsed");
  assert.equal(typeof summary["knn"], "number");
});

Deno.test("With monitor: off nothing is measured and nothing is said", async () => {
  await using it = await runs(
    "simsiam",
    ...small(100),
    ...defenceless,
    ...sets("monitor=off"),
  );
  const { code, stderr, summary } = it;
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /the run/);
  assert.equal(summary["verdict"], "not_watched");
  assert.equal(summary["embedding_std"], null);
  assert.deepEqual(summary["alarms"], []);
});

/** Weights so large that the squares in a batch norm are beyond any number. */
const OVERFLOW = sets("train.optimizer.sgd.lr=1e6", "stages.loss.weight=1e30");

Deno.test("A run whose numbers overflow is stopped at once, and the stage is named", async () => {
  await using it = await runs(
    "simclr",
    ...small(50),
    ...OVERFLOW,
  );
  const { code, stderr, summary } = it;
  assert.equal(code, 3, stderr);
  assert.match(
    stderr,
    /diverged at step \d, stage "\w+": [\w:]+ is (NaN|-?Infinity)/,
  );
  assert.match(stderr, /no checkpoint was written while the run was healthy/);
  assert.equal(summary["verdict"], "diverged");
  assert.equal(summary["last_healthy_checkpoint"], null);
});

Deno.test("A run whose numbers overflow goes on to its end where that only warns", async () => {
  await using it = await runs(
    "simsiam",
    ...small(8),
    ...OVERFLOW,
    ...sets("monitor={divergence: warn, every: 1, patience: 1}"),
  );
  const { code, stderr, summary } = it;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /warning: the run diverged at step \d/);
  assert.equal(summary["verdict"], "diverged");
});

Deno.test("A contrastive loss that cannot tell candidates apart is stuck at uniform", async () => {
  await using it = await runs(
    "simclr",
    ...small(300),
    ...sets(
      // So hot that all candidates are as likely.
      "stages.loss.temperature=10",
      "train.optimizer.sgd.lr=0.001",
      "monitor={stuck_at_uniform: stop, not_learning: off}",
    ),
  );
  const { code, stderr, summary } = it;
  assert.equal(code, 3, stderr);
  assert.match(stderr, /is stuck at a guess at step \d+, stage "loss"/);
  assert.equal(summary["verdict"], "stuck_at_uniform");
});

Deno.test("A learning rate of 0 is seen as not learning", async () => {
  await using it = await runs(
    "moco",
    ...small(500),
    ...sets(
      "train.per_stage={y: {lr: 0}, z: {lr: 0}}",
      "monitor={not_learning: stop, stuck_at_uniform: off}",
    ),
  );
  const { code, stderr, summary } = it;
  assert.equal(code, 3, stderr);
  assert.match(stderr, /is not learning at step \d+/);
  assert.equal(summary["verdict"], "not_learning");
});

Deno.test("Alarms of a run that was interrupted are those of one that was not", () =>
  inFolder(async (folder) => {
    const args = [
      ...small(200),
      ...defenceless,
      ...sets("monitor.collapse=warn", "checkpoint.every=0.1"),
    ];
    const file = "pipelines/simsiam.yaml";
    const whole = join(folder, "whole");
    const first = await stopgrad("run", file, "--runs-dir", whole, ...args);
    assert.equal(first.code, 0, first.stderr);
    const run = await onlyRun(whole, "simsiam");
    const expected = await readJson(run, "summary.json");
    // As if it had been killed right after its newest checkpoint but one.
    const { checkpoints } = await readJson(run, "checkpoints", "manifest.json");
    const entries = checkpoints as { file: string; step: number }[];
    await Deno.remove(
      join(run, "checkpoints", entries.at(-1)?.file ?? ""),
    );
    const resumed = await stopgrad("resume", run);
    assert.equal(resumed.code, 0, resumed.stderr);
    const summary = await readJson(run, "summary.json");
    for (const key of ["verdict", "alarms", "signals", "embedding_std"]) {
      assert.deepEqual(summary[key], expected[key], key);
    }
  }));
