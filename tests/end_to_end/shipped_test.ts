/** @file What is shipped trains, is not flagged, and leaves a whole run behind. */
import assert from "@std/assert";
import { join } from "node:path";
import { parse } from "yaml";
import { readJson, sets } from "./cli.ts";
import { runs, short } from "./short_run.ts";
import { SHIPPED } from "./shipped.ts";

const STEPS = 240;

const SUMMARY_KEYS = [
  "pipeline",
  "steps",
  "epochs",
  "seconds",
  "images_per_second",
  "loss",
  "knn",
  "linear",
  "embedding_std",
  "verdict",
  "engine",
  "device",
];

/** A warm-up that such a run has time for. */
const SOON = sets("train.schedule.cosine.warmup=0.5");

for (const { method, encoder, small } of SHIPPED) {
  Deno.test(`${method}.yaml trains, is not flagged, and leaves a whole run behind`, async () => {
    await using it = await runs(
      method,
      ...short(STEPS),
      ...sets("evaluate={linear: false}"),
      ...small,
      ...encoder === "vit" ? SOON : [],
    );
    const { code, stdout, stderr, summary, run } = it;
    assert.equal(code, 0, stderr);
    // Nor does TensorFlow's log break in.
    assert.doesNotMatch(stderr, /^[IWEF]\d{4} /m);
    // With the warm-up of an epoch so few steps are short; but nothing is seen.
    assert.match(String(summary["verdict"]), /^(healthy|too_short)$/);
    assert.deepEqual(summary["alarms"], []);
    assert.deepEqual(summary["falls"], []);

    assert.match(stdout, /step \d+\/240 .*images\/s .*loss .*std .*left/);
    assert.match(stdout, /kNN \d+\.\d %/);
    for (const key of SUMMARY_KEYS) assert.ok(key in summary, key);
    assert.equal(summary["steps"], STEPS);
    assert.match(String(summary["engine"]), /^TensorFlow \d/);
    assert.equal(summary["linear"], null);
    const lines = (await Deno.readTextFile(join(run, "metrics.jsonl")))
      .trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map(({ step }) => step),
      Array.from({ length: STEPS }, (_, i) => i + 1),
    );
    assert.ok(Number.isFinite(lines.at(-1).loss));
    const manifest = await readJson(run, "checkpoints", "manifest.json");
    const checkpoints = manifest["checkpoints"] as { step: number }[];
    assert.equal(checkpoints.at(-1)?.step, STEPS);
    const text = await Deno.readTextFile(join(run, "pipeline.yaml"));
    assert.equal(parse(text).train.steps, STEPS);
  });
}
