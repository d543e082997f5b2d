/** @file What a run takes of a disk. */
import assert from "@std/assert";
import { fullBefore, runDisk } from "../../lib/train/run_disk.ts";
import { retained } from "../../lib/checkpoint/retention.ts";
import { withFolder } from "../data/fixtures.ts";
import { Dice } from "../helpers/numeric.ts";

Deno.test("No run has more checkpoints at once than were told, whatever happens to it", () => {
  const dice = new Dice(5);
  for (const best of [undefined, { min: "loss" }]) {
    const checkpoint = { every: 1, keep: 2, ...(best ? { best } : {}) };
    const { checkpoints } = runDisk({ checkpoint }, 1000, undefined);
    let kept: Parameters<typeof retained>[0][number][] = [];
    let most = 0;
    for (let save = 0; save < 2000; save++) {
      // The new one is written before an old one goes.
      const there = [...kept, {
        metrics: { loss: dice.unit() },
        healthy: dice.unit() < 0.3,
        due: dice.unit() < 0.5,
      }];
      most = Math.max(most, there.length);
      kept = [...retained(there, checkpoint)];
    }
    assert.ok(most <= checkpoints, `${most} of ${checkpoints}`);
    assert.equal(most, checkpoints);
  }
});

Deno.test(
  "A disk with less left than a run may take is told of, with both numbers and what to do",
  withFolder(async (folder) => {
    const policy = { checkpoint: { every: 1, keep: 2 } };
    const small = runDisk(policy, 1000, 100);
    assert.deepEqual(small, {
      checkpoint: 1000,
      checkpoints: 5,
      metrics: 50_000,
      total: 55_000,
      left: 53_000,
    });
    assert.equal(await fullBefore(folder, small), undefined);
    const text = await fullBefore(folder, runDisk(policy, 1e15, 100));
    assert.match(
      text ?? "",
      /^the run may take 5000000\.\d\d GB .* 5 checkpoints of 1000000\.00 GB .* has [\d.]+ GB left: .*checkpoint\.keep.*--runs-dir/,
    );
    // What the runs of a sweep leave adds up.
    const sweep = await fullBefore(folder, runDisk(policy, 1e15, 100), 9);
    assert.match(
      sweep ?? "",
      /^the 10 runs of the sweep that are left may take 32000000\.\d\d GB /,
    );
  }),
);
