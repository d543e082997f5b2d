/** @file Runs that are lost are stopped, with exit code 3. */
import assert from "@std/assert";
import { inFolder, onlyRun, readJson, sets, stopgrad } from "./cli.ts";

const quick = sets("data.batch=64", "train.epochs=2", "train.schedule=cosine");

/** Nothing is left that keeps SimSiam's embeddings apart. */
const defenceless = sets(
  "stages.loss.between=[z, z]",
  "stages.p=null",
  "train.per_stage=null",
  "stages.z.batch_norm=none",
);

Deno.test("SimSiam without its defences collapses and is stopped", () =>
  inFolder(async (runs) => {
    const { code, stdout, stderr } = await stopgrad(
      "run",
      "pipelines/simsiam.yaml",
      "--runs-dir",
      runs,
      ...quick,
      ...defenceless,
    );
    assert.equal(code, 3, stdout + stderr);
    assert.match(stderr, /collapse-risk/);
    assert.match(stderr, /stopped: the run collapsed at step \d+/);
    assert.match(stderr, /stop-gradient/);
    const summary = await readJson(
      await onlyRun(runs, "simsiam"),
      "summary.json",
    );
    assert.equal(summary["verdict"], "collapsed");
    assert.equal(summary["knn"], null);
  }));

Deno.test("With collapse: warn the run goes on to its end", () =>
  inFolder(async (runs) => {
    const { code, stderr } = await stopgrad(
      "run",
      "pipelines/simsiam.yaml",
      "--runs-dir",
      runs,
      ...quick,
      ...defenceless,
      ...sets(
        "monitor.collapse=warn",
        "evaluate={knn: {k: 5}, linear: false}",
      ),
    );
    assert.equal(code, 0, stderr);
    const summary = await readJson(
      await onlyRun(runs, "simsiam"),
      "summary.json",
    );
    assert.equal(summary["verdict"], "collapsed");
    assert.equal(typeof summary["knn"], "number");
  }));

Deno.test("A run whose loss is no number is stopped at once", () =>
  inFolder(async (runs) => {
    const { code, stderr } = await stopgrad(
      "run",
      "pipelines/simclr.yaml",
      "--runs-dir",
      runs,
      ...quick,
      ...sets("train.optimizer.sgd.lr=1e30"),
    );
    assert.equal(code, 3, stderr);
    assert.match(stderr, /diverged at step \d+: \w+ is (NaN|-?Infinity)/);
    const summary = await readJson(
      await onlyRun(runs, "simclr"),
      "summary.json",
    );
    assert.equal(summary["verdict"], "diverged");
  }));
