/** @file A run that was cut off goes on as if it had not been. */
import assert from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  brief,
  inFolder,
  metricsDigest,
  onlyRun,
  outcome,
  readJson,
  sets,
  SMALL_RESNET,
  start,
  stopgrad,
} from "./cli.ts";
import { stepsLogged } from "./fingerprint.ts";

const STEPS = 60;
const args = (runs: string): string[] => [
  "pipelines/moco.yaml",
  "--runs-dir",
  runs,
  ...brief(STEPS),
  ...SMALL_RESNET,
  ...sets(
    "checkpoint={every: 0.02, keep: 2, best: {min: loss}}",
    "evaluate.knn=false",
  ),
];

/** Digest of the last checkpoint, of the list of those that stay, and of the metrics. */
async function fingerprint(run: string): Promise<string[]> {
  const last = `step-${String(STEPS).padStart(8, "0")}.safetensors`;
  return await Promise.all([
    ...[last, "manifest.json"].map(async (file) =>
      createHash("sha256")
        .update(await Deno.readFile(join(run, "checkpoints", file)))
        .digest("hex")
    ),
    metricsDigest(run),
  ]);
}

/** Seconds of training at each step. */
async function secondsOf(run: string): Promise<number[]> {
  const text = await Deno.readTextFile(join(run, "metrics.jsonl"));
  return text.trim().split("\n").map((line) => JSON.parse(line).seconds);
}

Deno.test("A killed or interrupted run ends bit-identical to a whole one", () =>
  inFolder(async (folder) => {
    const whole = join(folder, "whole");
    const { code, stderr } = await stopgrad("run", ...args(whole));
    assert.equal(code, 0, stderr);
    const expected = await fingerprint(await onlyRun(whole, "moco"));

    const ends = [
      ["SIGKILL", 17, 137],
      ["SIGINT", 13, 130],
      ["SIGTERM", 21, 130],
    ] as const;
    for (const [signal, step, exit] of ends) {
      const cut = join(folder, signal);
      const child = start("run", ...args(cut));
      const done = outcome(child);
      await stepsLogged(() => onlyRun(cut, "moco"), step);
      child.kill(signal);
      const { code, stdout } = await done;
      assert.equal(code, exit);
      if (signal !== "SIGKILL") assert.match(stdout, /deno task resume/);
      const run = await onlyRun(cut, "moco");
      const resumed = await stopgrad("resume", run);
      assert.equal(resumed.code, 0, resumed.stderr);
      assert.match(resumed.stdout, /Going on after step \d+/);
      assert.deepEqual(await fingerprint(run), expected, signal);
      const times = await secondsOf(run);
      assert.deepEqual(times, times.toSorted((a, b) => a - b), signal);
      const { seconds } = await readJson(run, "summary.json");
      assert.ok(Number(seconds) >= (times.at(-1) ?? NaN), signal);
    }
  }));

Deno.test("A run that is interrupted as its encoder is judged is judged when it is resumed", () =>
  inFolder(async (runs) => {
    const child = start(
      "run",
      ...args(runs),
      ...sets("evaluate.linear={ c: 1 }"),
    );
    const done = outcome(child);
    await stepsLogged(() => onlyRun(runs, "moco"), STEPS);
    child.kill("SIGTERM");
    const { code, stdout } = await done;
    assert.equal(code, 130);
    assert.match(stdout, /moco: interrupted after 60 steps/);
    const run = await onlyRun(runs, "moco");
    const cut = await readJson(run, "summary.json");
    assert.equal(cut["linear"], null);
    assert.equal(cut["note"], "the run was interrupted");

    const fewer = [
      "--changed",
      ...sets("evaluate.linear={ c: 1, iterations: 2 }"),
    ];
    const resumed = await stopgrad("resume", run, ...fewer);
    assert.equal(resumed.code, 0, resumed.stderr);
    const whole = await readJson(run, "summary.json");
    assert.ok(Number(whole["linear"]) > 0);
    assert.ok(!("note" in whole));
    // There was no step left that would have told of these.
    for (const kept of ["loss", "seconds", "images_per_second"]) {
      assert.ok(Number(cut[kept]) > 0, kept);
      assert.equal(whole[kept], cut[kept], kept);
    }
  }));

Deno.test("A damaged checkpoint is passed over, a changed pipeline refused", () =>
  inFolder(async (runs) => {
    const first = await stopgrad("run", ...args(runs));
    assert.equal(first.code, 0, first.stderr);
    const run = await onlyRun(runs, "moco");
    const changed = await stopgrad("resume", run, ...sets("train.steps=70"));
    assert.equal(changed.code, 2);
    assert.match(changed.stderr, /train\.steps: 60 -> 70/);

    const allowed = ["--changed", ...sets("train.steps=61")];
    const longer = await stopgrad("resume", run, ...allowed);
    assert.equal(longer.code, 0, longer.stderr);
    assert.match(longer.stderr, /changed values:\n {2}train\.steps: 60 -> 61/);
    // The change is part of the run from now on.
    const same = await stopgrad("resume", run);
    assert.equal(same.code, 0, same.stderr);
    assert.match(same.stdout, /Nothing is left to train: 61 steps are done/);

    const last = join(run, "checkpoints", "step-00000061.safetensors");
    const bytes = await Deno.readFile(last);
    bytes[bytes.length - 5] = (bytes.at(-5) ?? 0) ^ 1;
    await Deno.writeFile(last, bytes);
    const resumed = await stopgrad("resume", run);
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.match(resumed.stderr, /passed over step-00000061.*checksum/);
  }));

Deno.test("What is no run cannot be resumed", () =>
  inFolder(async (folder) => {
    const { code, stderr } = await stopgrad("resume", folder);
    assert.equal(code, 2);
    assert.match(stderr, /^Cannot resume ".*": it is not the folder of a run/);
    assert.doesNotMatch(stderr, /\n\s+at /);
  }));
