/** @file A module that fails when nobody waits for it, or never ends, is told of. */
import assert from "@std/assert";
import { join } from "node:path";
import {
  inFolder,
  onlyRun,
  type Outcome,
  outcome,
  OWN_LOSS_PIPELINE,
  ownLoss,
  ROOT,
  stopgrad,
} from "./cli.ts";

/** What a module does later, and what is said of it. */
const LATER: Readonly<Record<string, RegExp>> = {
  'Promise.reject(new Error("late"));':
    /^Cannot use ".\/mine\.ts" in the stage "loss": late \(at mine\.ts:5:\d+\)\.$/m,
  'setTimeout(() => { throw "late"; }, 1);':
    /^Cannot use ".\/mine\.ts" in the stage "loss": it throws "late", which does not say where\.$/m,
  "export const drawn = Math.random();":
    /own\.yaml:6:16: Cannot use ".\/mine\.ts": it uses Math\.random as it is imported, and two runs of one seed would differ; .* \(at mine\.ts:5:\d+\)/,
  "Deno.exit(0);":
    /own\.yaml:6:16: Cannot use ".\/mine\.ts": it ends the process, which a module may not \(at mine\.ts:5:\d+\)/,
};

for (const [more, message] of Object.entries(LATER)) {
  Deno.test(`A run that executes ${more} says so and ends`, () =>
    inFolder(async (folder) => {
      const file = join(folder, "own.yaml");
      await Deno.writeTextFile(file, OWN_LOSS_PIPELINE);
      await Deno.writeTextFile(join(folder, "mine.ts"), ownLoss(more));
      const { code, stderr } = await stopgrad("ir", file);
      assert.equal(code, 2, stderr);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /\n\s+at /);
    }));
}

Deno.test("A module that fails while its run trains ends it, and what was trained is saved", () =>
  inFolder(async (folder) => {
    const file = join(folder, "own.yaml");
    await Deno.writeTextFile(file, OWN_LOSS_PIPELINE);
    // Once a step was done, so that there is something to save.
    await Deno.writeTextFile(
      join(folder, "mine.ts"),
      ownLoss(`const runs = import.meta.dirname + "/runs/own/";
const timer = setInterval(() => {
  try {
    const [{ name }] = Deno.readDirSync(runs) as Iterable<{ name: string }>;
    if (Deno.statSync(runs + name + "/metrics.jsonl").size === 0) return;
  } catch {
    return;
  }
  clearInterval(timer);
  Promise.reject(new Error("late"));
}, 20);`),
    );
    const runs = join(folder, "runs");
    const { code, stderr } = await stopgrad("run", file, "--runs-dir", runs);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /in the stage "loss": late \(at mine\.ts:\d+:\d+\)/);
    const run = await onlyRun(runs, "own");
    const { checkpoints } = JSON.parse(
      await Deno.readTextFile(join(run, "checkpoints", "manifest.json")),
    );
    assert.equal(checkpoints.length, 1);
  }));

/** Runs a script that imports parts of Stopgrad. */
const runScript = (script: string): Promise<Outcome> =>
  outcome(
    new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        "--config=deno.json",
        `data:text/typescript,${encodeURIComponent(script)}`,
      ],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn(),
  );

Deno.test("A module whose import waits for ever is told of in its place", () =>
  inFolder(async (folder) => {
    const file = join(folder, "own.yaml");
    await Deno.writeTextFile(file, OWN_LOSS_PIPELINE);
    await Deno.writeTextFile(
      join(folder, "mine.ts"),
      ownLoss("await new Promise(() => {});"),
    );
    const { code, stderr, stdout } = await runScript(`
import { checkPipeline } from "file://${ROOT}lib/pipeline/load.ts";
console.log((await checkPipeline("${file}", { importSeconds: 0.2 })).text);
Deno.exit(7);
`);
    assert.equal(code, 7, stderr);
    assert.match(
      stdout,
      /own\.yaml:6:16: Cannot use ".\/mine\.ts": it did not come to an end within 0\.2 s/,
    );
  }));

Deno.test("A module whose import loops for ever ends the process in time, with a word", async () => {
  const { code, stderr } = await runScript(`
import { watchImport } from "file://${ROOT}lib/cli/modules.ts";
const module = { file: "./mine.ts", path: ["stages", "loss", "use"], files: [] };
watchImport(module, -4.5);
for (;;);
`);
  assert.equal(code, 2, stderr);
  assert.match(
    stderr,
    /Cannot use ".\/mine\.ts" in the stage "loss": its import did not come to an end/,
  );
});
