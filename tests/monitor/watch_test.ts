import assert from "@std/assert";
import {
  completeMonitor,
  FAULTS,
  isWatched,
  type Monitor,
  type WrittenMonitor,
} from "../../lib/monitor/policy.ts";
import { VERDICTS } from "../../lib/monitor/verdicts.ts";
import {
  COLLAPSED_BELOW,
  SHRUNK_TO,
} from "../../lib/monitor/verdicts/collapse.ts";
import type { RunFacts } from "../../lib/monitor/verdicts/define.ts";
import { FEW_DIRECTIONS } from "../../lib/monitor/verdicts/dimensional_collapse.ts";
import type { Fall } from "../../lib/monitor/fall.ts";
import { verdictText } from "../../lib/monitor/verdict.ts";
import { type Alarm, Watch } from "../../lib/monitor/watch.ts";

const policy = (written: Partial<WrittenMonitor> = {}): Monitor =>
  completeMonitor({ collapse: "stop", patience: 1, every: 10, ...written });

const RUN: RunFacts = {
  embedding: "z",
  features: 128,
  losses: new Map([["loss", {}]]),
  warmup: 0,
};

const CONTRASTIVE: RunFacts = {
  ...RUN,
  losses: new Map([["loss", { uniform: Math.log(100) }]]),
};

type Figures = Readonly<Record<string, number>>;

/** A healthy run: its loss falls, with a little noise. */
const healthy = (step: number): Figures => ({
  loss: 1 - step / 2000 + 0.01 * Math.sin(step * 7),
  embedding_std: 0.9,
  gradient_norm: 1,
  correlation_rank: 8,
});

/** What each step reports; checks are every ten steps. */
function follow(
  watch: Watch,
  steps: number,
  at: (step: number) => Figures,
  from = 1,
): Alarm[] {
  const alarms: Alarm[] = [];
  for (let step = from; step < from + steps; step++) {
    const checked = step % watch.monitor.every === 0;
    const { correlation_rank: rank, ...rest } = at(step);
    const figures = checked && rank !== undefined
      ? { ...rest, correlation_rank: rank }
      : rest;
    alarms.push(...watch.observe(step, figures, checked).alarms);
  }
  return alarms;
}

Deno.test("A run whose embeddings spread and whose loss falls is healthy", () => {
  const watch = new Watch(policy(), CONTRASTIVE);
  const at = (step: number) => ({
    ...healthy(step),
    "loss_to_uniform:loss": 0.8,
  });
  assert.deepEqual(follow(watch, 1000, at), []);
  assert.equal(watch.suspicious, false);
  assert.equal(watch.verdict, "healthy");
});

Deno.test("A run whose embeddings are alike collapses after so many checks in a row", () => {
  for (const patience of [1, 3]) {
    const watch = new Watch(policy({ patience }), RUN);
    const [alarm] = follow(
      watch,
      100,
      (step) => ({ ...healthy(step), embedding_std: 0.001 }),
    );
    assert.equal(alarm?.verdict, "collapsed");
    assert.equal(alarm?.step, 10 * patience);
    assert.equal(alarm?.stage, "z");
    assert.equal(alarm?.figure, "embedding_std");
    assert.equal(alarm?.threshold, COLLAPSED_BELOW);
    assert.equal(
      alarm?.message,
      'stage "z": embedding_std is 0.0010 (threshold 0.1): the embeddings of all images are nearly equal',
    );
    assert.ok((alarm?.cures.length ?? 0) > 0);
  }
});

Deno.test("A run that recovers between two checks starts to count anew", () => {
  const watch = new Watch(policy({ patience: 3, every: 1 }), RUN);
  const few = (step: number) => ({ ...healthy(step), correlation_rank: 1 });
  assert.deepEqual(follow(watch, 1, healthy), []);
  assert.deepEqual(follow(watch, 2, few, 2), []);
  assert.ok(watch.suspicious && watch.endangered);
  assert.deepEqual(follow(watch, 1, healthy, 4), []);
  assert.ok(!watch.suspicious && !watch.endangered);
  assert.deepEqual(follow(watch, 2, few, 5), []);
  const [alarm] = follow(watch, 1, few, 7);
  assert.equal(alarm?.verdict, "dimensional_collapse");
});

Deno.test("A single low step in a healthy run is no collapse", () => {
  const watch = new Watch(policy({ every: 1 }), RUN);
  const alarms = follow(
    watch,
    200,
    (step) => ({
      ...healthy(step),
      embedding_std: step % 20 === 0 ? 0 : 0.9,
    }),
  );
  assert.deepEqual(alarms, []);
});

Deno.test("A run that collapses later is found too", () => {
  const watch = new Watch(policy({ patience: 2 }), RUN);
  const [alarm] = follow(
    watch,
    1000,
    (step) => ({ ...healthy(step), embedding_std: step <= 100 ? 0.9 : 0 }),
  );
  // The running mean falls by a tenth a step; then two checks.
  const falling = Math.ceil(Math.log(SHRUNK_TO) / Math.log(0.9));
  const first = 10 * Math.ceil((100 + falling) / 10);
  assert.deepEqual([alarm?.verdict, alarm?.step], ["collapsed", first + 10]);
});

Deno.test("Embeddings that shrink to less than 0.4 of their spread are on their way to collapse", () => {
  const shrinking = (end: number) => (step: number) => ({
    ...healthy(step),
    embedding_std: Math.max(end, 0.8 - step / 1000),
  });
  const [alarm] = follow(new Watch(policy(), RUN), 1000, shrinking(0.25));
  assert.equal(alarm?.verdict, "collapsed");
  assert.ok((alarm?.threshold ?? 0) > COLLAPSED_BELOW);
  assert.ok((alarm?.threshold ?? 0) <= SHRUNK_TO * 0.8);
  assert.deepEqual(follow(new Watch(policy(), RUN), 1000, shrinking(0.4)), []);
});

Deno.test("Few features are no few directions", () => {
  for (const [features, rank, faults] of [[2, 1, 0], [4, 1, 0], [6, 1.4, 1]]) {
    const facts = { ...RUN, features: features as number };
    const alarms = follow(new Watch(policy(), facts), 200, (step) => ({
      ...healthy(step),
      correlation_rank: rank as number,
    }));
    assert.equal(alarms.length, faults, `${features} features`);
  }
});

Deno.test("Embeddings that spread in few directions are a dimensional collapse", () => {
  const watch = new Watch(policy({ patience: 2 }), RUN);
  const [alarm] = follow(
    watch,
    100,
    (step) => ({
      ...healthy(step),
      correlation_rank: step < 30
        ? 8
        : step < 50
        ? FEW_DIRECTIONS
        : FEW_DIRECTIONS - 0.1,
    }),
  );
  assert.deepEqual([alarm?.verdict, alarm?.step], ["dimensional_collapse", 60]);
  assert.match(alarm?.message ?? "", /^stage "z": correlation_rank is 1\.9/);
});

Deno.test("A rank that starts low is given time to rise", () => {
  const course = (end: number) => (step: number) => ({
    ...healthy(step),
    correlation_rank: Math.min(end, 1.2 + step / 100),
  });
  const rises = new Watch(policy(), RUN);
  assert.deepEqual(follow(rises, 1000, course(5)), []);
  const stays = new Watch(policy(), { ...RUN, warmup: 100 });
  const alarms = follow(stays, 1000, course(1.9));
  assert.deepEqual(alarms.map(({ fault, step }) => [fault, step]), [
    ["dimensional_collapse", 200],
  ]);
});

Deno.test("A figure that is no number diverges at once, and its stage is named", () => {
  for (const name of ["loss", "embedding_std", "gradient_norm:p"]) {
    for (const value of [NaN, Infinity, -Infinity]) {
      const watch = new Watch(policy({ patience: 1000 }), RUN);
      assert.deepEqual(follow(watch, 1, healthy), []);
      const { alarms: [alarm] } = watch.observe(2, {
        ...healthy(2),
        [name]: value,
      }, false);
      assert.equal(alarm?.verdict, "diverged");
      assert.equal(alarm?.step, 2);
      assert.equal(alarm?.value, null);
      assert.equal(alarm?.stage, name.split(":")[1] ?? "z");
      assert.match(alarm?.message ?? "", new RegExp(`${name} is ${value}`));
      assert.equal(watch.verdict, "diverged");
    }
  }
});

Deno.test("A variable that holds no number diverges, and its stage is named", () => {
  const watch = new Watch(policy(), RUN);
  const { alarms: [alarm] } = watch.observe(10, {
    ...healthy(10),
    "nonfinite:y": 3,
  }, true);
  assert.deepEqual([alarm?.verdict, alarm?.stage], ["diverged", "y"]);
});

Deno.test("A contrastive loss that stays at log K is stuck, once the warm-up is over", () => {
  const watch = new Watch(policy({ patience: 3 }), {
    ...CONTRASTIVE,
    warmup: 200,
  });
  const alarms = follow(watch, 500, (step) => ({
    ...healthy(step),
    "loss_to_uniform:loss": 1 + 0.005 * Math.sin(step),
  }));
  assert.deepEqual(
    alarms.map(({ verdict, action, stage, step }) => [
      verdict,
      action,
      stage,
      step,
    ]),
    [["stuck_at_uniform", "warn", "loss", 320]],
  );
  assert.equal(watch.verdict, "stuck_at_uniform");
});

Deno.test("A contrastive loss below or above log K is not stuck there", () => {
  for (const share of [0.95, 1.05]) {
    const watch = new Watch(policy(), CONTRASTIVE);
    const at = (step: number) => ({
      ...healthy(step),
      "loss_to_uniform:loss": share,
    });
    assert.deepEqual(follow(watch, 500, at), []);
  }
});

/** Noise that repeats, of deviation 0.1. */
const noise = (step: number): number =>
  0.14 * Math.sin(step * 12.9898) * (1 + 0.1 * Math.sin(step * 78.233));

Deno.test("A loss that is only noise is not learning, once the warm-up is over", () => {
  for (const warmup of [0, 300]) {
    const watch = new Watch(policy({ patience: 2 }), { ...RUN, warmup });
    const alarms = follow(
      watch,
      1000,
      (step) => ({ ...healthy(step), loss: 2 + noise(step) }),
    );
    assert.deepEqual(alarms.map(({ verdict }) => verdict), ["not_learning"]);
    const step = alarms[0]?.step ?? 0;
    assert.ok(step > warmup + 150 && step < warmup + 260, `${step}`);
  }
});

Deno.test("A loss that rises and then falls is learning, and so is one that fell and stays", () => {
  const courses = [
    // A queue that fills up makes the task harder at first.
    (step: number) => step < 100 ? step / 100 : 1 - (step - 100) / 1000,
    (step: number) => Math.max(-1, -step / 100),
  ];
  for (const course of courses) {
    const watch = new Watch(policy(), RUN);
    const alarms = follow(
      watch,
      1000,
      (step) => ({ ...healthy(step), loss: course(step) + 0.2 * noise(step) }),
    );
    assert.deepEqual(alarms, []);
  }
});

Deno.test("What is off is not judged, what warns does not end the run", () => {
  const lost = (step: number) => ({ ...healthy(step), embedding_std: 0 });
  const off = new Watch(policy({ collapse: "off" }), RUN);
  assert.deepEqual(follow(off, 200, lost), []);
  const warns = new Watch(policy({ collapse: "warn" }), RUN);
  const alarms = follow(warns, 200, lost);
  // One alarm a fault, however long it lasts.
  assert.deepEqual(alarms.map(({ action }) => action), ["warn"]);
  assert.ok(warns.suspicious && !warns.endangered);
  assert.equal(warns.verdict, "collapsed");
});

Deno.test("A run that was warned of and recovered is healthy at its end", () => {
  const watch = new Watch(policy({ dimensional_collapse: "warn" }), RUN);
  const alarms = follow(
    watch,
    200,
    (step) => ({
      ...healthy(step),
      correlation_rank: step > 50 && step < 90 ? 1 : 8,
    }),
  );
  assert.equal(alarms.length, 1);
  assert.equal(watch.verdict, "healthy");
});

Deno.test("Faults that are not written are treated as a collapse is, or warn", () => {
  assert.deepEqual(policy(), {
    divergence: "stop",
    collapse: "stop",
    dimensional_collapse: "stop",
    prototype_collapse: "stop",
    stuck_at_uniform: "warn",
    not_learning: "warn",
    patience: 1,
    every: 10,
  });
  const warns = policy({ collapse: "warn", divergence: "stop" });
  assert.equal(warns.dimensional_collapse, "warn");
  assert.equal(warns.divergence, "stop");
  assert.ok(!isWatched(policy({ collapse: "off" })));
  assert.ok(isWatched(policy({ collapse: "off", not_learning: "warn" })));
});

Deno.test("A run is healthy only when every fault that is watched would have shown", () => {
  const watch = new Watch(policy({ patience: 3 }), { ...RUN, warmup: 60 });
  // Not learning needs the longest: 150 steps after the warm-up, and three checks.
  assert.equal(watch.enough, 60 + 150 + 20);
  follow(watch, watch.enough - 1, healthy);
  assert.equal(watch.verdict, "too_short");
  assert.equal(verdictText(watch.verdict), "too short to judge");
  follow(watch, 1, healthy, watch.enough);
  assert.equal(watch.verdict, "healthy");
  const collapse = policy({ not_learning: "off", stuck_at_uniform: "off" });
  assert.equal(new Watch(collapse, RUN).enough, 100);
  assert.equal(
    new Watch(policy({ collapse: "off" }), RUN).verdict,
    "not_watched",
  );
});

/** What falls, of a run whose figures are these. */
function falls(at: (step: number) => Figures): [Fall[], Watch] {
  const watch = new Watch(policy({ patience: 3 }), RUN);
  const all: Fall[] = [];
  for (let step = 10; step <= 400; step += 10) {
    all.push(...watch.observe(step, at(step), true).falls);
  }
  return [all, watch];
}

Deno.test("A spread that falls is told before it is a collapse, once, with its pace", () => {
  const course = (end: number) => (step: number) => ({
    ...healthy(step),
    embedding_std: Math.max(end, 1 - step / 200),
  });
  const [[fall, ...others], watch] = falls(course(0.46));
  assert.deepEqual(others, []);
  assert.equal(fall?.fault, "collapse");
  assert.ok((fall?.value ?? 1) < 0.6 && (fall?.value ?? 0) > SHRUNK_TO);
  assert.match(
    fall?.message ?? "",
    /^stage "z": embedding_std has fallen from 0\.95 to 0\.5\d: at this pace it is below 0\.38 by step \d+, and the run has collapsed$/,
  );
  // It stays low: not a collapse, and not healthy.
  assert.equal(watch.verdict, "falling");
  // What falls less, or falls and recovers, is healthy.
  assert.deepEqual(falls(course(0.7))[0], []);
  const dip = (step: number) => ({
    ...healthy(step),
    embedding_std: 1 - 0.56 * Math.sin(Math.PI * step / 400),
  });
  const [found, recovered] = falls(dip);
  assert.equal(found.length, 1);
  assert.equal(recovered.verdict, "healthy");
});

Deno.test("A rank that falls to half and near the threshold is told, one that starts low is not", () => {
  const course = (step: number) => ({
    ...healthy(step),
    correlation_rank: Math.max(2.2, 8 - step / 20),
  });
  assert.deepEqual(falls(course)[0].map(({ fault }) => fault), [
    "dimensional_collapse",
  ]);
  const low = (step: number) => ({
    ...healthy(step),
    correlation_rank: 2.6 - step / 1000,
  });
  assert.deepEqual(falls(low)[0], []);
});

/** What a loss over 64 prototypes reports, by its name. */
const targets = (
  { loss = "loss", entropy, information, prototypes }: {
    readonly loss?: string;
    readonly entropy: number;
    readonly information: number;
    readonly prototypes: number;
  },
): Figures => ({
  [`target_entropy:${loss}`]: entropy,
  [`prototype_information:${loss}`]: information,
  [`prototype_use:${loss}`]: prototypes / 64,
});

const SOUND = { entropy: 0.5, information: 0.3, prototypes: 40 };

for (
  const [what, of, figure, meaning] of [
    [
      "uniform",
      { entropy: 0.95, information: 0.04, prototypes: 60 },
      "prototype_information",
      /: the targets of all images are uniform$/,
    ],
    [
      "alike",
      { entropy: 0.6, information: 0.01, prototypes: 12 },
      "prototype_information",
      /: the targets of all images are alike$/,
    ],
    [
      "of the same few prototypes",
      { entropy: 0.05, information: 0.1, prototypes: 2 },
      "prototype_use",
      /: the targets of all images are the same few of 64 prototypes$/,
    ],
  ] as const
) {
  Deno.test(`Targets that are ${what} are a collapse, of whichever loss they are`, () => {
    for (const ill of ["loss", "patches.loss"]) {
      const facts: RunFacts = {
        ...RUN,
        losses: new Map([
          ["loss", { prototypes: 64 }],
          ["patches.loss", { prototypes: 64 }],
        ]),
      };
      const [alarm, ...others] = follow(
        new Watch(policy({ patience: 3 }), facts),
        300,
        (step) => ({
          ...healthy(step),
          ...targets({ loss: "loss", ...SOUND }),
          ...targets({ loss: "patches.loss", ...SOUND }),
          ...targets({ loss: ill, ...of }),
        }),
      );
      assert.deepEqual(
        [alarm?.verdict, alarm?.action, alarm?.stage, alarm?.step],
        ["prototype_collapse", "stop", ill, 120],
      );
      assert.equal(alarm?.figure, `${figure}:${ill}`);
      assert.match(alarm?.message ?? "", meaning);
      assert.deepEqual(others, []);
    }
  });
}

Deno.test("Targets that tell of their images are no collapse, nor are few prototypes of few", () => {
  const alarms = (prototypes: number, at: () => Figures): Alarm[] =>
    follow(
      new Watch(policy(), {
        ...RUN,
        losses: new Map([["loss", { prototypes }]]),
      }),
      300,
      (step) => ({ ...healthy(step), ...at() }),
    );
  assert.deepEqual(alarms(64, () => targets(SOUND)), []);
  // Little is told, by targets that are not uniform, and uniform ones that tell enough.
  for (
    const [entropy, information] of [[0.8, 0.04], [0.93, 0.06]] as const
  ) {
    const at = targets({ ...SOUND, entropy, information });
    assert.deepEqual(alarms(64, () => at), []);
  }
  // Six that were as few before, and four that were sixty.
  const few = (step: number) =>
    targets({ ...SOUND, prototypes: step < 20 ? 8 : 6 });
  const facts: RunFacts = {
    ...RUN,
    losses: new Map([["loss", { prototypes: 64 }]]),
  };
  const sound = (step: number) => ({ ...healthy(step), ...few(step) });
  assert.deepEqual(follow(new Watch(policy(), facts), 300, sound), []);
  const [alarm] = follow(
    new Watch(policy(), facts),
    300,
    (step) => ({
      ...healthy(step),
      ...targets({ ...SOUND, prototypes: step < 20 ? 60 : 4 }),
    }),
  );
  assert.equal(alarm?.figure, "prototype_use:loss");
  // Two of eight.
  const eight = { ...targets(SOUND), "prototype_use:loss": 2 / 8 };
  assert.deepEqual(alarms(8, () => eight), []);
});

Deno.test("A teacher whose tokens come to be the same for all images is a collapse", () => {
  const facts: RunFacts = {
    ...RUN,
    losses: new Map([["loss", { floor: 0, hidden: true }]]),
  };
  const course = (end: number) => (step: number) => ({
    ...healthy(step),
    // Of the mean of the tokens: no matter.
    embedding_std: 0.2 + 0.6 * Math.exp(-step / 100),
    "explained:loss": 0.5 + 0.01 * Math.sin(step),
    "target_spread:loss": Math.max(end, 0.8 - step / 1000),
  });
  const alarms = follow(new Watch(policy(), facts), 800, course(0.15));
  assert.deepEqual(
    alarms.map(({ verdict, stage, figure }) => [
      verdict,
      stage,
      figure,
    ]),
    [["collapsed", "loss", "target_spread:loss"]],
  );
  assert.match(alarms[0]?.message ?? "", /a teacher's tokens of all images/);
  assert.deepEqual(follow(new Watch(policy(), facts), 800, course(0.4)), []);
});

Deno.test("A loss of hidden tokens of which nothing is explained is not learning, however it falls", () => {
  const facts: RunFacts = {
    ...RUN,
    losses: new Map([["loss", { hidden: true }]]),
    warmup: 100,
  };
  const course = (end: number) => (step: number) => ({
    ...healthy(step),
    "explained:loss": -1 / step + (step > 200 ? end : 0) +
      0.002 * Math.sin(7 * step),
  });
  const nothing = new Watch(policy({ patience: 3 }), facts);
  // 600 steps after the warm-up, and three checks.
  assert.equal(nothing.enough, 100 + 600 + 20);
  const alarms = follow(nothing, 900, course(0));
  assert.deepEqual(
    alarms.map(({ fault, step, figure }) => [
      fault,
      step,
      figure,
    ]),
    [["not_learning", 720, "explained:loss"]],
  );
  assert.deepEqual(
    follow(new Watch(policy({ patience: 3 }), facts), 900, course(0.01)),
    [],
  );
  // It may take its time, and its loss need not have fallen.
  const still = (step: number) => ({ ...course(0.01)(step), loss: 1 });
  assert.deepEqual(
    follow(new Watch(policy({ patience: 3 }), facts), 900, still),
    [],
  );
});

Deno.test("What a look at the pipeline told is named first among the cures", () => {
  const watch = new Watch(policy(), { ...RUN, causes: ["no stop-gradient"] });
  const [alarm] = follow(watch, 100, (step) => ({
    ...healthy(step),
    embedding_std: 0.001,
  }));
  assert.deepEqual(alarm?.cures, [
    "no stop-gradient",
    ...VERDICTS.collapse.cures,
  ]);
});

Deno.test("Each fault has a verdict with a rule and cures", () => {
  assert.deepEqual(Object.keys(VERDICTS), [...FAULTS]);
  for (const fault of FAULTS) {
    const { summary, cures, phrase } = VERDICTS[fault];
    assert.equal(VERDICTS[fault].fault, fault);
    assert.ok(summary && phrase && cures.length > 0, fault);
  }
});

Deno.test("Gradients that grow a thousandfold are a divergence", () => {
  const watch = new Watch(policy({ patience: 2 }), RUN);
  const alarms = follow(
    watch,
    400,
    (step) => ({ ...healthy(step), gradient_norm: Math.exp(step / 20) }),
  );
  assert.deepEqual(alarms.map(({ verdict }) => verdict), ["diverged"]);
  assert.equal(alarms[0]?.figure, "gradient_norm");
  const calm = new Watch(policy(), RUN);
  const falling = (step: number) => ({
    ...healthy(step),
    gradient_norm: 100 / step,
  });
  assert.deepEqual(follow(calm, 400, falling), []);
});
