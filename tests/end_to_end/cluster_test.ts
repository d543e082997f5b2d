/** @file A run that two tasks share ends as one of a single process, whatever befalls them. */
import assert from "@std/assert";
import { join } from "node:path";
import { inFolder, onlyRun, stopgrad } from "./cli.ts";
import { type Blow, clusterPipeline, twoTasks } from "./cluster.ts";
import { fingerprint } from "./fingerprint.ts";

const STEPS = 20;

/** What befalls a run, one after the other, and what both tasks end with. */
const BLOWS: readonly (readonly [Blow, readonly number[], RegExp])[] = [
  [
    { signal: "SIGINT", task: 1, steps: 3 },
    [130, 130],
    /Ending, as task 1 \(127\.0\.0\.1:\d+\) does/,
  ],
  [
    { signal: "SIGKILL", task: 0, steps: 4 },
    [137, 4],
    /Task 0 \(127\.0\.0\.1:\d+\) is gone: its connection was closed/,
  ],
  [
    { signal: "SIGSTOP", task: 1, steps: 4 },
    [4, 4],
    /Task 1 \(127\.0\.0\.1:\d+\) is gone: it has not answered for 3 s\.\nTo go on .* resume/,
  ],
];

Deno.test("A run of two tasks, interrupted, killed and stopped, ends bit-identical to one of two replicas in one process", () =>
  inFolder(async (folder) => {
    const file = join(folder, "shared.yaml");
    await Deno.writeTextFile(file, clusterPipeline(STEPS));
    const [whole, runs] = [join(folder, "whole"), join(folder, "runs")];
    const threads = ["--threads", "2"];
    // Beside the first tasks, to save time.
    const single = stopgrad(
      ...["run", file, "--replicas", "2", "--runs-dir", whole, ...threads],
    );
    const silence = ["--cluster-silence", "3"];
    let command = ["run", file, "--runs-dir", runs, ...threads, ...silence];
    for (const [blow, codes, said] of BLOWS) {
      const ended = await twoTasks(command, runs, "shared", blow);
      const errors = ended.map(({ stderr }) => stderr).join("\n");
      assert.deepEqual(ended.map(({ code }) => code), codes, errors);
      assert.match(errors, said);
      command = ["resume", await onlyRun(runs, "shared"), ...silence];
    }
    const [leader, follower] = await twoTasks(command, runs, "shared");
    assert.equal(leader.code, 0, leader.stderr);
    assert.equal(follower.code, 0, follower.stderr);
    assert.match(leader.stdout, /Going on after step/);
    assert.match(leader.stdout, /2 tasks, a CPU each, 4 images each/);
    assert.match(follower.stdout, /The run has finished after step 20/);
    assert.match(follower.stderr, /Port \d+ of this machine is open on all/);
    const one = await single;
    assert.equal(one.code, 0, one.stderr);
    assert.deepEqual(
      await fingerprint(await onlyRun(runs, "shared")),
      await fingerprint(await onlyRun(whole, "shared")),
    );
  }));
