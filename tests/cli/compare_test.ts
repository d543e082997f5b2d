/** @file `compare`: runs beside each other, of files that are written here. */
import assert from "@std/assert";
import { join } from "node:path";
import { withFolder } from "../data/fixtures.ts";
import { printed } from "./console.ts";

/** Writes what a run leaves. */
async function writeRun(
  folder: string,
  name: string,
  lr: number,
  losses: readonly (number | null)[],
  summary?: object,
): Promise<string> {
  const run = join(folder, name);
  await Deno.mkdir(run);
  const pipeline = {
    name,
    train: { lr, steps: losses.length },
    data: { batch: 8 },
  };
  await Deno.writeTextFile(
    join(run, "run.json"),
    JSON.stringify({ baseDir: ".", id: "", pipeline }),
  );
  await Deno.writeTextFile(
    join(run, "metrics.jsonl"),
    losses.map((loss, i) =>
      `${
        JSON.stringify({
          step: i + 1,
          epoch: (i + 1) / 4,
          seconds: i,
          loss,
          ...(name === "b" ? { tau: 0.5 } : {}),
        })
      }\n`
    ).join(""),
  );
  if (summary) {
    await Deno.writeTextFile(
      join(run, "summary.json"),
      JSON.stringify(summary),
    );
  }
  return run;
}

const SUMMARY = {
  pipeline: "a",
  steps: 8,
  epochs: 2,
  seconds: 7,
  images_per_second: 123.4,
  loss: 0.125,
  knn: 0.5,
  knn_interval: [0.45, 0.561],
  linear: null,
  verdict: "healthy",
};

Deno.test(
  "Runs are compared: outcomes with intervals, settings that differ, curves, end values",
  withFolder(async (folder) => {
    const falling = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.125];
    const runs = [
      await writeRun(folder, "a", 0.1, falling, SUMMARY),
      await writeRun(folder, "b", 0.2, [2, 2, 2, null]),
    ];
    const out = join(folder, "all.json");
    const { code, stdout } = await printed("compare", ...runs, "--out", out);
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^A .*a +8 +2\.0 +7s +123 +0\.1250 +50\.0 % \(45\.0 to 56\.1\) +– +healthy$/m,
    );
    assert.match(stdout, /^B .*b +– .*not ended$/m);
    assert.match(stdout, /^train\.lr +0\.1 +0\.2$/m);
    assert.match(stdout, /^train\.steps +8 +4$/m);
    assert.doesNotMatch(stdout, /data\.batch/);
    // Half as long, and above.
    const [high = ""] = /.*┤.*/.exec(stdout) ?? [];
    assert.match(high, /^ *2┤B+ *B* *B* *B*$/);
    assert.match(stdout, /A$/m);
    assert.match(stdout, /^loss +0\.125 +–$/m);
    assert.match(stdout, /^tau +– +0\.5$/m);
    const all = JSON.parse(await Deno.readTextFile(out));
    assert.deepEqual(all.runs[0].summary.knn_interval, [0.45, 0.561]);
    assert.deepEqual(all.differences.map(({ key }: { key: string }) => key), [
      "name",
      "train.lr",
      "train.steps",
    ]);

    const [first = ""] = runs;
    for (
      const [args, message] of [
        [[first], /^Cannot compare one run/],
        [[first, first], /is given twice/],
        [[first, folder], /is not the folder of a run/],
        [
          [...runs, "--metric", "lost"],
          /none of the runs has such a metric\.\nThey have epoch, seconds, loss, tau/,
        ],
        [[...runs, "--out", out], /it exists already/],
        [[...runs, "--out", "all.png"], /ends with \.json/],
      ] as const
    ) {
      const { code, stderr } = await printed("compare", ...args);
      assert.equal(code, 2);
      assert.match(stderr, message);
    }
  }),
);
