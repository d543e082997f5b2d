/** @file What happens around a run does not lose it. */
import assert from "@std/assert";
import { join } from "node:path";
import { inFolder, MAIN, onlyRun, outcome, ROOT, start } from "./cli.ts";
import { pause } from "./fingerprint.ts";

const STEPS = 40;

const PIPELINE = `
data: { source: photos, batch: 16 }
stages:
  views: { augment: [horizontal_flip], of: image, count: 2 }
  y: { encode: mlp, of: views, hidden: 16, out: 16 }
  loss: { loss: nt_xent, between: [y, y], pairs: unordered }
train: { steps: ${STEPS}, optimizer: { sgd: { lr: 0.01 } } }
monitor: off
evaluate: false
`;

Deno.test({
  name: "A run whose words cannot be printed trains on to its end",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (folder) => {
      const file = join(folder, "mute.yaml");
      await Deno.writeTextFile(file, PIPELINE);
      const runs = join(folder, "runs");
      const { code } = await new Deno.Command("sh", {
        args: [
          "-c",
          '"$0" run -A --no-check "$@" > /dev/full 2> /dev/full',
          Deno.execPath(),
          MAIN,
          "run",
          file,
          "--runs-dir",
          runs,
        ],
        cwd: ROOT,
        stdin: "null",
      }).output();
      assert.equal(code, 0);
      const run = await onlyRun(runs, "mute");
      const metrics = await Deno.readTextFile(join(run, "metrics.jsonl"));
      assert.equal(metrics.trimEnd().split("\n").length, STEPS);
      assert.ok(await Deno.stat(join(run, "summary.json")));
    }),
});

Deno.test({
  name: "A plan that cannot be printed says so",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const { code, stderr } = await new Deno.Command("sh", {
      args: [
        "-c",
        '"$0" run -A --no-check "$@" > /dev/full',
        Deno.execPath(),
        MAIN,
        "config",
        "pipelines/simsiam.yaml",
      ],
      cwd: ROOT,
      stdin: "null",
    }).output();
    assert.equal(code, 2);
    assert.match(
      new TextDecoder().decode(stderr),
      /^Cannot print what was asked for: No space left/,
    );
  },
});

Deno.test("A run whose folder is renamed ends with a word, and the folder stays whole", () =>
  inFolder(async (folder) => {
    const file = join(folder, "moved.yaml");
    const endless = PIPELINE.replace(`steps: ${STEPS}`, "steps: 100000");
    await Deno.writeTextFile(
      file,
      `${endless}checkpoint: { every: 0.02, keep: 1 }\n`,
    );
    const runs = join(folder, "runs");
    const child = start("run", file, "--runs-dir", runs);
    let isOver = false;
    const ended = outcome(child).finally(() => isOver = true);
    let run = "";
    // A run that cannot begin is told of below, and not waited for.
    while (!isOver) {
      run = await onlyRun(runs, "moved").catch(() => "");
      const manifest = join(run, "checkpoints", "manifest.json");
      if (run && await Deno.stat(manifest).catch(() => undefined)) break;
      await pause(20);
    }
    const moved = join(folder, "elsewhere");
    if (isOver) assert.fail((await ended).stderr);
    await Deno.rename(run, moved);
    const { code, stderr } = await ended;
    assert.equal(code, 2, stderr);
    assert.match(stderr, /was removed or renamed while it trained/);
    await assert.rejects(Deno.stat(run), Deno.errors.NotFound);
    const resumed = start(
      "resume",
      moved,
      "--changed",
      "--set",
      "train.steps=1",
    );
    // It goes on from there; that it is done already is told otherwise.
    assert.notEqual((await outcome(resumed)).code, 1);
  }));

Deno.test("Ctrl-C while data loads ends at once", () =>
  inFolder(async (folder) => {
    // A server that never answers: the load cannot end by itself.
    const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = server.addr as Deno.NetAddr;
    const accepted = server.accept();
    try {
      const file = join(folder, "slow.yaml");
      await Deno.writeTextFile(
        join(folder, "slow.ts"),
        `import { defineSource } from "stopgrad";
import { z } from "zod";
export default defineSource({
  name: "slow",
  summary: "Never there",
  options: z.strictObject({}),
  shape: () => ({ height: 8, width: 8, channels: 3 }),
  load: async () => (await fetch("http://127.0.0.1:${port}/")).json(),
});
`,
      );
      await Deno.writeTextFile(
        file,
        PIPELINE.replace("source: photos", "source: ./slow.ts"),
      );
      const runs = join(folder, "runs");
      const child = start("run", file, "--runs-dir", runs);
      const connection = await accepted;
      child.kill("SIGINT");
      const { code, stderr } = await outcome(child);
      connection.close();
      assert.equal(code, 130, stderr);
      assert.match(stderr, /Interrupted before the first step/);
      await assert.rejects(Deno.stat(runs), Deno.errors.NotFound);
    } finally {
      server.close();
    }
  }));
