/** @file `run`: from a file to a trained and judged encoder. */
import assert from "@std/assert";
import { join } from "node:path";
import { parse } from "yaml";
import { brief, inFolder, sets } from "./cli.ts";
import { runs } from "./short_run.ts";

Deno.test("A run of four steps at a method's own width is judged, and said to be too short", async () => {
  await using it = await runs("simsiam", ...brief(4));
  const { code, stdout, stderr, run, summary: { steps, verdict } } = it;
  assert.equal(code, 0, stderr);
  assert.match(stdout, /step \d+\/4 .*images\/s .*loss .*std .*left/);
  assert.match(stdout, /kNN \d+\.\d %/);
  assert.match(stdout, /too short to judge: .* \d+ steps to show/);
  assert.deepEqual({ steps, verdict }, { steps: 4, verdict: "too_short" });
  const text = await Deno.readTextFile(join(run, "pipeline.yaml"));
  assert.equal(parse(text).train.steps, 4);
});

Deno.test("Two epochs of VICReg beat raw pixels and the first weights", async () => {
  await using it = await runs(
    "vicreg",
    ...sets("train.epochs=2", "train.schedule=cosine", "data.batch=64"),
  );
  const { code, stderr, summary: { knn, linear } } = it;
  assert.equal(code, 0, stderr);
  // Raw pixels: 0.28 and 0.17; an untrained encoder: 0.50 and 0.53.
  assert.ok(Number(knn) > 0.6, `kNN ${knn}`);
  assert.ok(Number(linear) > 0.6, `linear ${linear}`);
});

Deno.test("An eager run takes the same steps as the compiled one", async () => {
  const losses: number[][] = [];
  for (const mode of [[], ["--eager"]]) {
    await using it = await runs(
      "moco",
      ...mode,
      ...brief(3),
      ...sets("evaluate.knn=false"),
    );
    assert.equal(it.code, 0, it.stderr);
    const text = await Deno.readTextFile(join(it.run, "metrics.jsonl"));
    losses.push(
      text.trim().split("\n").map((line) => Number(JSON.parse(line).loss)),
    );
  }
  const [compiled = [], eager = []] = losses;
  assert.equal(compiled.length, 3);
  compiled.forEach((loss, i) => {
    const other = eager[i] ?? Number.NaN;
    assert.ok(
      Math.abs(loss - other) <= 1e-5 * Math.abs(other),
      `step ${i}: ${loss} against ${other}`,
    );
  });
});

Deno.test("Images without labels train, and the missing evaluation is said", () =>
  inFolder(async (images) => {
    const { default: sharp } = await import("sharp");
    for (let i = 0; i < 40; i++) {
      const color = { r: 6 * i, g: 255 - 6 * i, b: 128 };
      await sharp({
        create: { width: 40, height: 36, channels: 3, background: color },
      }).png().toFile(join(images, `${i}.png`));
    }
    await using it = await runs(
      "simclr",
      ...brief(3),
      ...sets(`data={source: folder, path: "${images}", size: 32, batch: 16}`),
    );
    const { code, stdout, stderr, summary } = it;
    assert.equal(code, 0, stderr);
    assert.match(stdout, /no labels/);
    assert.equal(summary["knn"], null);
    assert.match(String(summary["note"]), /no labels/);
  }));
