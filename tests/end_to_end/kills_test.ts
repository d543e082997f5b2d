/** @file A run that is killed over and over ends as one that never was. */
import assert from "@std/assert";
import { join } from "node:path";
import { Dice } from "../helpers/numeric.ts";
import {
  engineFolder,
  inFolder,
  onlyRun,
  outcome,
  start,
  stopgrad,
} from "./cli.ts";
import { fingerprint, linesOf, namesIn, pause } from "./fingerprint.ts";

const STEPS = 120;
const KILLS = 20;
/** Runs side by side, each killed several times. */
const CHAINS = 2;

/** Its checkpoints, one for every second step, are large enough to be hit. */
const PIPELINE = `
data: { source: photos, batch: 16 }
stages:
  views: { augment: [horizontal_flip], of: image, count: 2 }
  y: { encode: mlp, of: views, hidden: 256, out: 16 }
  loss: { loss: nt_xent, between: [y, y], pairs: unordered }
train: { steps: ${STEPS}, optimizer: { sgd: { lr: 0.01, momentum: 0.9 } } }
monitor: off
checkpoint: { every: ${2 / 450}, keep: 2, best: { min: loss } }
evaluate: { knn: false, linear: false }
`;

const isPart = (name: string): boolean => name.endsWith(".part");

/** When a process is to be killed. */
interface Moment {
  readonly kind: "start" | "step" | "checkpoint";
  /** Steps that it does before. */
  readonly steps: number;
  /** Milliseconds after that. */
  readonly delay: number;
}

function draw(dice: Dice, first: boolean): Moment {
  const kind = dice.pick(
    first ? ["step", "checkpoint"] : ["start", "step", "step", "checkpoint"],
  ) as Moment["kind"];
  const delays = { start: 1500, step: 15, checkpoint: 3 };
  return {
    kind,
    steps: kind === "start" ? 0 : 1 + dice.below(5),
    delay: dice.below(delays[kind] + 1),
  };
}

/** Waits for the moment, or for the end of the process. */
async function waitFor(
  { kind, steps, delay }: Moment,
  runOf: () => Promise<string>,
  before: number,
  ended: () => boolean,
): Promise<void> {
  // A resumed run first forgets lines; what it has done since, is not seen.
  const reached = async (): Promise<boolean> =>
    kind === "start" ||
    await linesOf(await runOf().catch(() => "")) >= before + steps;
  while (!ended() && !await reached()) await pause(2);
  if (kind === "checkpoint") {
    const folder = join(await runOf(), "checkpoints");
    while (!ended() && !(await namesIn(folder)).some(isPart)) await pause(0);
  }
  await pause(delay);
}

Deno.test(`A run that is killed ${KILLS} times ends bit-identical to a whole one`, () =>
  inFolder(async (folder) => {
    const seed = Number(Deno.env.get("KILL_SEED") ?? Date.now() % 1_000_000);
    console.log(`seed ${seed} (KILL_SEED=${seed} draws the same moments)`);
    const engine = await engineFolder();
    if (engine) Deno.env.set("STOPGRAD_LIBTENSORFLOW", engine);
    const file = join(folder, "killed.yaml");
    await Deno.writeTextFile(file, PIPELINE);
    const whole = join(folder, "whole");
    const { code, stderr } = await stopgrad("run", file, "--runs-dir", whole);
    assert.equal(code, 0, stderr);
    const expected = await fingerprint(await onlyRun(whole, "killed"));
    assert.ok(`/checkpoints/step-00000${STEPS}.safetensors` in expected);

    let [kills, parts, runs] = [0, 0, 0];
    /** Trains one run to its end, through as many kills as are wanted. */
    const oneRun = async (dice: Dice): Promise<void> => {
      const dir = join(folder, `run${runs++}`);
      const runOf = () => onlyRun(dir, "killed");
      const log: string[] = [];
      for (let first = true;; first = false) {
        const run = await runOf().catch(() => undefined);
        const child = run === undefined
          ? start("run", file, "--runs-dir", dir)
          : start("resume", run);
        const wanted = kills < KILLS || parts === 0;
        const moment = draw(dice, first);
        let over = false;
        const done = outcome(child).finally(() => over = true);
        if (wanted) {
          const before = run === undefined ? 0 : await linesOf(run);
          await waitFor(moment, runOf, before, () => over);
          if (!over) child.kill("SIGKILL");
        }
        const { code, stderr } = await done;
        if (code === 0) {
          assert.deepEqual(
            await fingerprint(await runOf()),
            expected,
            log.join("\n"),
          );
          return;
        }
        assert.equal(code, 137, `${log.join("\n")}\n${stderr}`);
        kills++;
        const left = (await namesIn(join(await runOf(), "checkpoints")))
          .filter(isPart);
        if (left.length > 0) parts++;
        log.push(
          `killed at ${JSON.stringify(moment)}, after step ${await linesOf(
            await runOf(),
          )}${left.length > 0 ? `, writing ${left}` : ""}`,
        );
      }
    };
    await Promise.all(
      Array.from({ length: CHAINS }, async (_, chain) => {
        const dice = new Dice(seed + chain);
        while (kills < KILLS || parts === 0) await oneRun(dice);
      }),
    );
    console.log(
      `${kills} kills, ${parts} of them in the writing of a checkpoint, ${runs} runs`,
    );
  }));
