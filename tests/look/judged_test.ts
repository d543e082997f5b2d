/** @file The monitors' thresholds and alarms, found again from metrics. */
import assert from "@std/assert";
import { Columns } from "../../lib/look/columns.ts";
import { Judge, judgeFacts } from "../../lib/look/judged.ts";
import { checkText } from "../../lib/pipeline/load.ts";

const { loaded } = checkText(
  "small.yaml",
  `data: { source: photos, batch: 32 }
stages:
  views: { augment: simclr, of: image, count: 2 }
  y: { encode: mlp, of: views, hidden: 6, out: 5, batch_norm: all }
  loss: { loss: nt_xent, between: [y, y], pairs: unordered }
train: { steps: 200, optimizer: { sgd: { lr: 0.05 } } }
monitor: { collapse: stop, every: 10, patience: 3 }
`,
);

Deno.test("A collapse is found at the step and with the threshold of the run", () => {
  if (!loaded) throw new Error("no pipeline");
  const columns = new Columns();
  const judge = new Judge(judgeFacts(loaded));
  for (let step = 1; step <= 100; step++) {
    columns.add({
      step,
      epoch: step / 10,
      lr: 0.1,
      loss: 1 - step / 1000,
      gradient_norm: 1,
      embedding_std: step < 50 ? 0.9 : 0,
      ...(step % 10 === 0 ? { correlation_rank: 4 } : {}),
    });
    // Whatever pieces it comes in.
    if (step % 7 === 0) judge.take(columns);
  }
  judge.take(columns);
  const [alarm, ...others] = judge.alarms;
  assert.deepEqual(others, []);
  assert.equal(alarm?.verdict, "collapsed");
  // 0.9 times 0.9 a step is below 0.36 after 9 steps: checks at 60, 70, 80.
  assert.equal(alarm?.step, 80);
  const threshold = judge.thresholds.find(({ figure }) =>
    figure === "embedding_std"
  );
  assert.ok(Math.abs((threshold?.values[0] ?? 0) - 0.36) < 1e-6);
  assert.equal(threshold?.steps[0], 10);
  assert.equal(judge.verdict, "collapsed");
});
