/** @file `runs`: what became of the runs below a folder. */
import assert from "@std/assert";
import { join } from "node:path";
import { inFolder, stopgrad } from "../end_to_end/cli.ts";

async function write(folder: string, name: string, knn?: number) {
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
    verdict: knn > 0.5 ? "healthy" : "collapse",
  };
  await Deno.writeTextFile(join(run, "summary.json"), JSON.stringify(summary));
}

Deno.test("Runs are listed, those of sweeps too, sorted and filtered; a folder that is none is told of", () =>
  inFolder(async (folder) => {
    await write(folder, "a/one", 0.3);
    await write(folder, "b/sweep/two", 0.7);
    await write(folder, "c/three");
    const rows = async (...args: string[]) => {
      const { code, stdout } = await stopgrad("runs", folder, ...args);
      assert.equal(code, 0);
      return stdout.trim().split("\n").slice(2)
        .map((line) => line.split(/\s+/)[0]);
    };
    assert.deepEqual(await rows(), ["a/one", "b/sweep/two", "c/three"]);
    assert.deepEqual((await rows("--sort", "knn"))[0], "b/sweep/two");
    assert.deepEqual(await rows("--filter", "collapse"), ["a/one"]);
    const none = await stopgrad("runs", join(folder, "nowhere"));
    assert.equal(none.code, 2);
    assert.match(none.stderr, /there is no such folder/);
  }));
