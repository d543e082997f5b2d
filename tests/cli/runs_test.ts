/** @file `runs`: what became of the runs below a folder. */
import assert from "@std/assert";
import { join } from "node:path";
import { inFolder } from "../end_to_end/cli.ts";
import { printed } from "./console.ts";

async function write(
  folder: string,
  name: string,
  knn?: number | null,
  more: object = {},
) {
  const run = join(folder, name);
  await Deno.mkdir(run, { recursive: true });
  await Deno.writeTextFile(join(run, "run.json"), "{}");
  if (knn === undefined) return;
  const summary = {
    pipeline: "small",
    steps: 10,
    epochs: 2,
    seconds: 3,
    loss: -0.5,
    knn,
    linear: null,
    verdict: (knn ?? 0) > 0.5 ? "healthy" : "collapse",
    ...more,
  };
  await Deno.writeTextFile(join(run, "summary.json"), JSON.stringify(summary));
}

Deno.test("The accuracy of a classifier has its column where a run has one, and can be sorted by", () =>
  inFolder(async (folder) => {
    await write(folder, "plain", 0.3);
    const without = await printed("runs", folder);
    assert.doesNotMatch(without.stdout, /accuracy/);
    await write(folder, "tuned", null, { accuracy: 0.625 });
    const { stdout } = await printed("runs", folder, "--sort", "accuracy");
    const [head, , first, second] = stdout.split("\n");
    assert.match(head ?? "", /kNN +linear +accuracy +verdict$/);
    assert.match(first ?? "", /^tuned .* 62\.5 % {2}collapse$/);
    assert.match(second ?? "", /^plain .* 30\.0 % +– +– {2}collapse$/);
  }));

Deno.test("Runs are listed, those of sweeps too, sorted and filtered; a folder that is none is told of", () =>
  inFolder(async (folder) => {
    await write(folder, "a/one", 0.3);
    await write(folder, "b/sweep/two", 0.7);
    await write(folder, "c/three");
    const rows = async (...args: string[]) => {
      const { code, stdout } = await printed("runs", folder, ...args);
      assert.equal(code, 0);
      return stdout.trim().split("\n").slice(2)
        .map((line) => line.split(/\s+/)[0]);
    };
    assert.deepEqual(await rows(), ["a/one", "b/sweep/two", "c/three"]);
    assert.deepEqual((await rows("--sort", "knn"))[0], "b/sweep/two");
    assert.deepEqual(await rows("--filter", "collapse"), ["a/one"]);
    const none = await printed("runs", join(folder, "nowhere"));
    assert.equal(none.code, 2);
    assert.match(none.stderr, /there is no such folder/);
  }));
