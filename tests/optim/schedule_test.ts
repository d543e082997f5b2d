import assert from "@std/assert";
import { learningRateFactor, type Schedule } from "../../lib/optim/schedule.ts";
import { type Ramp, rampValue } from "../../lib/stages/ramp.ts";

const PER_EPOCH = 10;
const near = (actual: number, expected: number): void =>
  assert.ok(
    Math.abs(actual - expected) < 1e-12,
    `${actual}, expected ${expected}`,
  );
const factor = (schedule: Schedule, step: number, steps = 100): number =>
  learningRateFactor(schedule, step, steps, PER_EPOCH);
/** A ramp over the whole run, whatever an epoch is. */
const momentum = (ramp: Ramp, step: number, steps: number): number =>
  rampValue(ramp, step, steps, PER_EPOCH);

Deno.test("Warm-up climbs linearly and reaches 1 in its last step", () => {
  for (const kind of ["cosine", "linear", "multistep", "constant"] as const) {
    const schedule = { kind, warmup: 2 };
    for (let step = 0; step < 20; step++) {
      near(factor(schedule, step), (step + 1) / 20);
    }
    near(factor(schedule, 19), 1);
    near(factor(schedule, 20), 1);
  }
});

Deno.test("A warm-up of part of an epoch is rounded to steps", () => {
  const schedule = { kind: "constant", warmup: 0.26 } as const;
  near(factor(schedule, 0), 1 / 3);
  near(factor(schedule, 2), 1);
  near(factor(schedule, 3), 1);
});

Deno.test("A cosine falls from 1 over half a wave to its final factor", () => {
  for (
    const [warmup, final] of [[0, 0], [3, 0], [0, 0.1], [2, 0.25]] as const
  ) {
    const schedule = { kind: "cosine", warmup, final } as const;
    const warm = warmup * PER_EPOCH;
    near(factor(schedule, warm), 1);
    near(factor(schedule, (warm + 100) / 2), (1 + final) / 2);
    near(factor(schedule, 100), final);
    for (let step = warm; step < 100; step++) {
      const wave = Math.cos(Math.PI * (step - warm) / (100 - warm));
      near(factor(schedule, step), final + (1 - final) * 0.5 * (1 + wave));
      assert.ok(factor(schedule, step + 1) < factor(schedule, step));
    }
  }
});

Deno.test("A line falls evenly from 1 to its final factor", () => {
  const schedule = { kind: "linear", warmup: 1, final: 0.1 } as const;
  for (let step = 10; step <= 100; step++) {
    near(factor(schedule, step), 1 - 0.9 * (step - 10) / 90);
  }
});

Deno.test("A constant stays", () => {
  const schedule = { kind: "constant", warmup: 0 } as const;
  for (const step of [0, 1, 50, 99]) near(factor(schedule, step), 1);
});

Deno.test("A warm-up may begin above 0", () => {
  const schedule = { kind: "cosine", warmup: 2, first: 0.2 } as const;
  // The authors of I-JEPA and MSN count the step before they take the rate.
  for (let step = 0; step < 20; step++) {
    near(factor(schedule, step), 0.2 + (step + 1) / 20 * 0.8);
  }
  near(factor(schedule, 20), 1);
});

Deno.test("A schedule of its own length is cut off by the run's end, or stays at its last factor", () => {
  for (const kind of ["cosine", "linear"] as const) {
    const long = { kind, warmup: 1, final: 0.1, epochs: 12.5 };
    for (let step = 0; step < 100; step++) {
      near(
        factor(long, step),
        factor({ kind, warmup: 1, final: 0.1 }, step, 125),
      );
    }
    const short = { kind, warmup: 1, final: 0.1, epochs: 5 };
    near(factor(short, 30), factor({ kind, warmup: 1, final: 0.1 }, 30, 50));
    for (const step of [50, 51, 99]) near(factor(short, step), 0.1);
  }
});

Deno.test("One in steps falls after each milestone", () => {
  const schedule = {
    kind: "multistep",
    warmup: 1,
    milestones: [6, 8],
    gamma: 0.1,
  } as const;
  for (let step = 10; step < 100; step++) {
    near(factor(schedule, step), step < 60 ? 1 : step < 80 ? 0.1 : 0.01);
  }
  // Of a run that went on with a new cycle, epochs count from its start.
  const later = { ...schedule, start: 2 };
  near(factor(later, 20), 0.1);
  near(factor(later, 79), 1);
  near(factor(later, 80), 0.1);
});

Deno.test("A run that is all warm-up, or one step long, has finite factors", () => {
  const schedule = { kind: "cosine", warmup: 5, final: 0 } as const;
  for (let step = 0; step < 10; step++) {
    near(factor(schedule, step, 10), (step + 1) / 50);
  }
  near(factor({ ...schedule, warmup: 0 }, 0, 1), 1);
});

Deno.test("The EMA momentum goes from one value to the other along half a cosine", () => {
  const [from, to] = [0.99, 1];
  near(momentum({ from, to }, 0, 200), from);
  near(momentum({ from, to }, 100, 200), (from + to) / 2);
  near(momentum({ from, to }, 200, 200), to);
  for (let step = 0; step <= 200; step++) {
    // BYOL, section 3.2: 1 - (1 - base) (cos(pi k / K) + 1) / 2.
    const wave = (Math.cos(Math.PI * step / 200) + 1) / 2;
    near(momentum({ from, to }, step, 200), 1 - (1 - from) * wave);
  }
});

Deno.test("An EMA momentum with equal ends is constant", () => {
  for (const step of [0, 3, 10]) {
    near(momentum({ from: 0.9, to: 0.9 }, step, 10), 0.9);
  }
});

Deno.test("A ramp in one step stays at its first value until its epochs are over", () => {
  const ramp = { from: 0, to: 1, epochs: 2, shape: "step" } as const;
  for (let step = 0; step < 40; step++) {
    near(momentum(ramp, step, 100), step < 2 * PER_EPOCH ? 0 : 1);
  }
});
