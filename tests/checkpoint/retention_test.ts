import assert from "@std/assert";
import { bestOf, retained } from "../../lib/checkpoint/retention.ts";

const checkpoint = (step: number, loss: number | null, healthy = true) => ({
  step,
  metrics: { loss },
  healthy,
});

/** Losses of checkpoints, the oldest first. */
const run = (...losses: (number | null)[]) =>
  losses.map((loss, i) => checkpoint(i + 1, loss));

const steps = (kept: readonly { readonly step: number }[]): number[] =>
  kept.map(({ step }) => step);

Deno.test("The newest checkpoints stay", () => {
  assert.deepEqual(steps(retained(run(3, 1, 2, 4), { keep: 2 })), [3, 4]);
  assert.deepEqual(steps(retained(run(3), { keep: 2 })), [1]);
  assert.deepEqual(steps(retained([], { keep: 2 })), []);
});

Deno.test("The best one stays beside them, and takes no place of theirs", () => {
  const best = { min: "loss" };
  assert.deepEqual(steps(retained(run(3, 1, 2, 4), { keep: 1, best })), [2, 4]);
  assert.deepEqual(steps(retained(run(3, 2, 1), { keep: 2, best })), [2, 3]);
  const most = { keep: 1, best: { max: "loss" } };
  assert.deepEqual(steps(retained(run(3, 1, 5, 4), most)), [3, 4]);
});

Deno.test("Of equals the newest is the best; what is no number is none", () => {
  assert.equal(bestOf(run(1, 1, 2), { min: "loss" })?.step, 2);
  assert.equal(bestOf(run(null, 5, null), { min: "loss" })?.step, 2);
  assert.equal(bestOf(run(null, null), { min: "loss" }), undefined);
  assert.equal(bestOf(run(1, 2), { min: "accuracy" }), undefined);
  const kept = retained(run(null, null), { keep: 1, best: { max: "loss" } });
  assert.deepEqual(steps(kept), [2]);
});

Deno.test("A best one that was kept is judged against every later one", () => {
  const policy = { keep: 1, best: { min: "loss" } };
  let kept = retained(run(5), policy);
  for (const [i, loss] of [2, 3, 4, 1, 6].entries()) {
    kept = retained([...kept, checkpoint(i + 2, loss)], policy);
  }
  assert.deepEqual(steps(kept), [5, 6]);
});

Deno.test("The newest healthy one stays, however many follow that are not", () => {
  const all = [1, 2, 3, 4, 5].map((step) => checkpoint(step, 1, step < 3));
  assert.deepEqual(steps(retained(all, { keep: 2 })), [2, 4, 5]);
});

Deno.test("What an interruption writes stays while it is the newest, and takes no place of those that were due", () => {
  const between = (step: number) => ({ ...checkpoint(step, 1), due: false });
  const [a, b] = run(4, 3) as [
    ReturnType<typeof checkpoint>,
    ReturnType<typeof checkpoint>,
  ];
  assert.deepEqual(steps(retained([a, b, between(3)], { keep: 2 })), [1, 2, 3]);
  assert.deepEqual(
    steps(retained([a, b, between(3), between(4)], { keep: 2 })),
    [1, 2, 4],
  );
  assert.deepEqual(
    steps(retained([a, b, between(3), checkpoint(4, 1)], { keep: 2 })),
    [2, 4],
  );
});
