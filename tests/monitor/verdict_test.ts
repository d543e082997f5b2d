import assert from "@std/assert";
import {
  COLLAPSED_BELOW,
  type Signals,
  Watch,
} from "../../lib/monitor/verdict.ts";

const HEALTHY: Signals = { loss: -0.5, embedding_std: 0.9, gradient_norm: 1 };
const signals = (changes: Partial<Signals>): Signals => ({
  ...HEALTHY,
  ...changes,
});

/** Observes until the first alarm, at most so many steps. */
function alarm(watch: Watch, steps: number, at: (step: number) => Signals) {
  for (let step = 1; step <= steps; step++) {
    const found = watch.observe(step, at(step));
    if (found) return found;
  }
  return undefined;
}

Deno.test("A run whose embeddings spread is healthy", () => {
  const watch = new Watch({ every: 5, patience: 1 });
  assert.equal(alarm(watch, 1000, () => HEALTHY), undefined);
  assert.equal(watch.suspicious, false);
  assert.ok(Math.abs(watch.embeddingStd - 0.9) < 1e-9);
});

Deno.test("A run whose embeddings are alike collapses after so many checks in a row", () => {
  for (const patience of [1, 3]) {
    const watch = new Watch({ every: 10, patience });
    const found = alarm(watch, 1000, () => signals({ embedding_std: 0.001 }));
    assert.equal(found?.verdict, "collapsed");
    assert.equal(found?.step, 10 * patience);
    assert.match(found?.message ?? "", /embedding_std is 0\.0010/);
  }
});

Deno.test("A run that recovers between two checks starts to count anew", () => {
  const watch = new Watch({ every: 1, patience: 3 });
  const dead = signals({ embedding_std: 0 });
  assert.equal(watch.observe(1, dead), undefined);
  assert.equal(watch.observe(2, dead), undefined);
  assert.ok(watch.suspicious);
  // A tenth of it lifts the running mean above the limit.
  const high = signals({ embedding_std: 20 * COLLAPSED_BELOW });
  assert.equal(watch.observe(3, high), undefined);
  assert.ok(!watch.suspicious);
  // The running mean needs a while to fall again, then three checks.
  let [step, below] = [3, 0];
  let found;
  while (!found && step < 200) {
    found = watch.observe(++step, dead);
    if (watch.embeddingStd < COLLAPSED_BELOW) below++;
  }
  assert.equal(found?.verdict, "collapsed");
  assert.equal(below, 3);
});

Deno.test("A single low step in a healthy run is no collapse", () => {
  const watch = new Watch({ every: 1, patience: 1 });
  const found = alarm(
    watch,
    200,
    (step) => signals({ embedding_std: step % 20 === 0 ? 0 : 0.9 }),
  );
  assert.equal(found, undefined);
});

Deno.test("A run that collapses later is found too", () => {
  const watch = new Watch({ every: 10, patience: 2 });
  const found = alarm(
    watch,
    1000,
    (step) => signals({ embedding_std: step <= 100 ? 0.9 : 0 }),
  );
  // The running mean falls by a tenth a step; then two checks.
  const falling = Math.ceil(Math.log(COLLAPSED_BELOW / 0.9) / Math.log(0.9));
  const first = 10 * Math.ceil((100 + falling) / 10);
  assert.deepEqual([found?.verdict, found?.step], ["collapsed", first + 10]);
});

Deno.test("The running mean starts at the first value, and moves by a tenth", () => {
  const watch = new Watch({ every: 1, patience: 1 });
  assert.ok(Number.isNaN(watch.embeddingStd));
  watch.observe(1, signals({ embedding_std: 0.5 }));
  assert.equal(watch.embeddingStd, 0.5);
  watch.observe(2, signals({ embedding_std: 1 }));
  assert.ok(Math.abs(watch.embeddingStd - 0.55) < 1e-12);
});

Deno.test("A signal that is no number diverges at once, and is named", () => {
  for (const name of ["loss", "embedding_std", "gradient_norm"] as const) {
    for (const value of [NaN, Infinity, -Infinity]) {
      const watch = new Watch({ every: 1000, patience: 1000 });
      assert.equal(watch.observe(1, HEALTHY), undefined);
      assert.deepEqual(watch.observe(2, signals({ [name]: value })), {
        verdict: "diverged",
        step: 2,
        message: `${name} is ${value}`,
      });
      // It does not spoil the running mean.
      assert.equal(watch.embeddingStd, HEALTHY.embedding_std);
    }
  }
});
