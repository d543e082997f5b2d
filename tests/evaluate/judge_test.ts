/** @file A finished run judged by labelled images, which it need not have seen. */
import assert from "@std/assert";
import { join } from "node:path";
import { encodingLine } from "../../lib/cli/encoder_words.ts";
import { reportText } from "../../lib/cli/evaluate.ts";
import { Encoder } from "../../lib/encoder/encoder.ts";
import { bootstrap } from "../../lib/evaluate/interval.ts";
import { judge, type Report } from "../../lib/evaluate/judge.ts";
import { judgeData, type JudgeSource } from "../../lib/evaluate/judge_data.ts";
import { share, shots } from "../../lib/data/share.ts";
import { rejects, withFolder } from "../data/fixtures.ts";
import { contents, trainSmall, writeImages } from "../encoder/trained.ts";
import { engine } from "../helpers/engine.ts";

async function judged(
  run: string,
  folder: string,
  source: JudgeSource,
): Promise<{ report: Report; said: string; encoded: string[] }> {
  const encoder = await Encoder.open(run, { engine });
  const untrained = await Encoder.open(run, {
    engine,
    checkpoint: "untrained",
  });
  try {
    const { loaded, said } = await judgeData(encoder, source, {
      baseDir: folder,
      cacheDir: folder,
    });
    const encoded: string[] = [];
    const report = await judge(encoder, loaded, {
      untrained,
      onEncoded: (name, done, all) => encoded.push(`${name} ${done}/${all}`),
    });
    return { report, said, encoded };
  } finally {
    encoder.close();
    untrained.close();
  }
}

Deno.test(
  "A run without labels is judged by labelled images from elsewhere, beside its baselines, and is not changed",
  withFolder(async (folder) => {
    const run = await trainSmall(folder, "evaluate: false", [""]);
    const before = await contents(run);
    const data = join(folder, "labelled");
    await writeImages(data, 60, 5);
    const { report, said, encoded } = await judged(run, folder, { data });
    assert.match(said, /0\.2 of each class/);
    assert.deepEqual(encoded, [
      '"y" 48/60',
      '"y" 60/60',
      "untrained 48/60",
      "untrained 60/60",
    ]);
    assert.deepEqual([report.images.train, report.images.test], [48, 12]);
    assert.deepEqual(
      report.features.map(({ features }) => features),
      ["trained", "untrained", "pixels"],
    );
    const keys = report.features[0]!.scores.map(({ key }) => key);
    assert.deepEqual(keys, [
      "knn1",
      "knn5",
      "knn10",
      "knn20",
      "linear",
      "linear10%",
      "linear1%",
      "linear5shot",
      "linear1shot",
    ]);
    for (const { scores } of report.features) {
      assert.deepEqual(scores.map(({ key }) => key), keys);
      for (const { accuracy, interval: [low, high], protocol } of scores) {
        assert.ok(low <= accuracy && accuracy <= high);
        assert.ok(protocol.length > 20);
      }
    }
    // Bright and dark are told apart by anything.
    const pixels = report.features[2]!.scores.find(({ key }) =>
      key === "linear"
    )!;
    assert.equal(pixels.accuracy, 1);
    assert.equal(report.majority.accuracy, 0.5);
    const total = report.confusion.flat().reduce((sum, one) => sum + one, 0);
    assert.equal(total, 12);
    assert.equal(report.per_class.length, 2);
    const text = reportText(report);
    assert.match(text, /"y", 5 .*untrained, 5 .*raw pixels, 192/);
    assert.match(text, /majority class +50\.0 %/);
    assert.deepEqual(text.match(/^ +kNN.*nearest/gm), ["  kNN: k nearest"]);
    assert.deepEqual(await contents(run), before);
  }),
);

Deno.test(
  "Images that cannot judge are refused with the reason",
  withFolder(async (folder) => {
    const run = await trainSmall(folder, "evaluate: false", [""]);
    await rejects(
      judged(run, folder, { data: join(folder, "images") }),
      /Cannot judge the encoder: the images have no labels/,
      /--data/,
    );
    await rejects(
      judged(run, folder, { data: join(folder, "nowhere") }),
      /does not exist/,
    );
    await rejects(
      judged(run, folder, { test: "0.5" }),
      /--test goes with --data/,
    );
  }),
);

Deno.test("How far features are is shown with their speed and what is left", () => {
  const lines: string[] = [];
  let now = 0;
  const tell = encodingLine({ live: (line) => lines.push(line) }, () => now);
  for (const [done, at] of [[256, 0], [1256, 500], [3256, 1500]] as const) {
    now = at;
    tell('"y"', done, 13256);
  }
  tell("untrained", 256, 13256);
  assert.match(lines[0]!, /^Features of "y" .* 256 of 13,256 images$/);
  assert.match(
    lines[2]!,
    /3,256 of 13,256 images {2}2,000 images\/s {2}5s left$/,
  );
  assert.match(lines[3]!, /^Features of untrained .* 256 of 13,256 images$/);
});

Deno.test("A bootstrap's interval is that of a binomial", () => {
  const right = Float64Array.from(
    { length: 400 },
    (_, i) => i % 4 === 0 ? 0 : 1,
  );
  const [low, high] = bootstrap(right);
  // 0.75 within 1.96 times sqrt(0.75 * 0.25 / 400).
  assert.ok(Math.abs(low - 0.7076) < 0.01, `${low}`);
  assert.ok(Math.abs(high - 0.7924) < 0.01, `${high}`);
});

Deno.test("Fewer labels are those of every class, and others in another draw", () => {
  const labels = Int32Array.from({ length: 300 }, (_, i) => i % 3);
  const count = (rows: number[]) =>
    [0, 1, 2].map((label) =>
      rows.filter((row) => labels[row] === label).length
    );
  assert.deepEqual(count(share(labels, 0.1, 0)), [10, 10, 10]);
  assert.deepEqual(count(share(labels, 0.001, 0)), [1, 1, 1]);
  assert.deepEqual(count(shots(labels, 5, 0)), [5, 5, 5]);
  assert.notDeepEqual(shots(labels, 5, 0), shots(labels, 5, 1));
});
