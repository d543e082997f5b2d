/**
 * @file A run of two tasks, one of which is killed over and over at random
 * moments, ends as one that never was.
 *
 *     deno run -A bench/cluster/kills.ts --kills 10 --seed 1
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { inFolder, onlyRun, stopgrad } from "../../tests/end_to_end/cli.ts";
import {
  type Blow,
  clusterPipeline,
  twoTasks,
} from "../../tests/end_to_end/cluster.ts";
import { fingerprint } from "../../tests/end_to_end/fingerprint.ts";
import { Dice } from "../../tests/helpers/numeric.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "10" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const KILLS = Number(values.kills);
/** Enough that none of the kills comes after the end. */
const STEPS = 12 * (KILLS + 1);
const MOST_STEPS = 8;
const LONGEST_MS = 30;

console.log(`seed ${values.seed}, ${STEPS} steps`);
await inFolder(async (folder) => {
  const dice = new Dice(Number(values.seed));
  const file = join(folder, "shared.yaml");
  await Deno.writeTextFile(file, clusterPipeline(STEPS));
  const [whole, runs] = [join(folder, "whole"), join(folder, "runs")];
  const one = await stopgrad(
    ...["run", file, "--replicas", "2", "--runs-dir", whole, "--threads", "2"],
  );
  assert.equal(one.code, 0, one.stderr);
  let command = ["run", file, "--runs-dir", runs, "--threads", "2"];
  for (let kill = 1; kill <= KILLS; kill++) {
    const blow: Blow = {
      signal: "SIGKILL",
      task: dice.below(2),
      steps: 1 + dice.below(MOST_STEPS),
      delay: dice.below(LONGEST_MS + 1),
    };
    const ended = await twoTasks(command, runs, "shared", blow);
    const codes = ended.map(({ code }) => code);
    console.log(
      `kill ${kill}: task ${blow.task}, ${blow.steps} steps and ${blow.delay} ms later; exit codes ${codes}`,
    );
    const expected = [4, 4].with(blow.task, 137);
    const errors = ended.map(({ stderr }) => stderr).join("\n");
    assert.deepEqual(codes, expected, errors);
    assert.match(errors, new RegExp(`Task ${blow.task} \\(.* is gone: `));
    command = ["resume", await onlyRun(runs, "shared")];
  }
  const ended = await twoTasks(command, runs, "shared");
  assert.deepEqual(ended.map(({ code }) => code), [0, 0]);
  assert.deepEqual(
    await fingerprint(await onlyRun(runs, "shared")),
    await fingerprint(await onlyRun(whole, "shared")),
  );
  console.log(`${KILLS} kills: the same bits as of one process`);
});
Deno.exit(0);
