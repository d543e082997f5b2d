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
/** Of three kills one comes by then, whatever the tasks do: they may still wait. */
const START_MS = 6000;
/** Seconds that a task waits for one that was killed before it came. */
const WAIT = "20";

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
  const wait = ["--cluster-wait", WAIT];
  const begin = ["run", file, "--runs-dir", runs, "--threads", "2", ...wait];
  const goOn = async (): Promise<string[]> => {
    const run = await onlyRun(runs, "shared").catch(() => undefined);
    return run === undefined ? begin : ["resume", run, ...wait];
  };
  for (let kill = 1; kill <= KILLS; kill++) {
    const early = dice.below(3) === 0;
    const blow: Blow = {
      signal: "SIGKILL",
      task: dice.below(2),
      steps: early ? 0 : 1 + dice.below(MOST_STEPS),
      delay: dice.below(early ? START_MS : LONGEST_MS + 1),
    };
    const ended = await twoTasks(await goOn(), runs, "shared", blow);
    const codes = ended.map(({ code }) => code);
    console.log(
      `kill ${kill}: task ${blow.task}, ${blow.steps} steps and ${blow.delay} ms later; exit codes ${codes}`,
    );
    assert.equal(codes[blow.task], 137);
    const other = ended[1 - blow.task];
    const name = `ask ${blow.task} \\(127[^)]*\\)`;
    const said = early && other?.code === 2
      ? `t${name} (did not come )?within ${WAIT} s`
      : `T${name} is gone: its connection was closed\\.`;
    assert.match(other?.stderr ?? "", new RegExp(said));
    assert.ok([4, early ? 2 : 4].includes(other?.code ?? 0), String(codes));
  }
  const ended = await twoTasks(await goOn(), runs, "shared");
  assert.deepEqual(ended.map(({ code }) => code), [0, 0]);
  assert.deepEqual(
    await fingerprint(await onlyRun(runs, "shared")),
    await fingerprint(await onlyRun(whole, "shared")),
  );
  console.log(`${KILLS} kills: the same bits as of one process`);
});
Deno.exit(0);
