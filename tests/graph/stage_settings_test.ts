/** @file `train.per_stage`: rate, schedule, optimizer, decay and freezing of single stages. */
import assert from "@std/assert";
import { layerDepths } from "../../lib/graph/layer_depth.ts";
import {
  scalarValues,
  scheduledValues,
  slotsOf,
} from "../../lib/graph/slots.ts";
import { trainedOf } from "../../lib/graph/stage_graph.ts";
import { resolve } from "../../lib/pipeline/explain/resolve.ts";
import { planRun } from "../../lib/train/plan.ts";
import { engine } from "../helpers/engine.ts";
import { close } from "../helpers/numeric.ts";
import {
  at,
  bits,
  check,
  load,
  moved,
  type Sketch,
  sketchText,
  train,
} from "../helpers/training.ts";
import type { Course } from "./agreement.ts";

/** An encoder, a projector and a twin, with batch norm. Three steps an epoch. */
const STAGES =
  `  views: { augment: [{ color_jitter: { brightness: 0.5, p: 1 } }], of: image }
  y: { encode: mlp, of: views, hidden: 7, out: 6, batch_norm: all }
  z: { project: mlp, of: y, hidden: 7, out: 5, batch_norm: all }
  t.y: { ema: y, of: views, momentum: 0.75 }
  t.z: { ema: z, of: t.y, momentum: 0.75 }
  p: { predict: mlp, of: z, hidden: 7, out: 5 }
  loss: { loss: mse, between: [p, t.z] }`;

const SGD = "sgd: { lr: 0.5, momentum: 0 }";
const LENGTH = "epochs: 4";

const sketch = (perStage = "", optimizer = SGD, length = LENGTH): Sketch => ({
  stages: STAGES,
  length,
  optimizer,
  ...(perStage ? { train: `per_stage: { ${perStage} }` } : {}),
});

/** Change of a variable in one step. */
function change(course: Course, step: number, path: string): number[] {
  const before = at(course, step, path);
  return at(course, step + 1, path).map((v, i) => v - before[i]!);
}

const [Y, Z, P] = ["y", "z", "p"].map((name) => `${name}/linear1/kernel`) as [
  string,
  string,
  string,
];

// Rates and schedules.

Deno.test("A stage's own rate takes the place of the optimizer's, and only there", async () => {
  const [plain, own] = [
    await train(sketch(), 1),
    await train(sketch("z: { lr: 0.25 }"), 1),
  ];
  close(change(own, 0, Z), change(plain, 0, Z).map((v) => v / 2), 1e-7);
  for (const path of [Y, P]) {
    assert.deepEqual(at(own, 1, path), at(plain, 1, path), path);
  }
});

Deno.test("With a rate of 0 a stage's weights stay, but its statistics move and gradients pass", async () => {
  const { states } = await train(sketch("z: { lr: 0 }"), 2);
  const found = moved(states[0], states[2]);
  const ofZ = Object.keys(states[0] ?? {}).filter((path) =>
    path.startsWith("z/")
  );
  assert.deepEqual(
    ofZ.filter((path) => found.includes(path)),
    ofZ.filter((path) => /(mean|variance)$/.test(path)),
  );
  assert.ok(found.includes(Y) && found.includes(P));
});

/** Values of a slot in the steps of a run of 12. */
function values(of: Sketch, stage: string, option: string): number[] {
  const { pipeline, graph } = load(of);
  const slots = slotsOf(pipeline, graph);
  const place = slots.findIndex((one) =>
    one.stage === stage && one.option === option
  );
  assert.ok(place >= 0, `${slots.map((one) => `${one.stage} ${one.option}`)}`);
  return Array.from(
    { length: 12 },
    (_, step) =>
      scalarValues(slots, step, { steps: 12, stepsPerEpoch: 3 })[
        place
      ] as number,
  );
}

Deno.test("A stage's own schedule takes the place of the run's", async () => {
  const of = {
    ...sketch(),
    train:
      "schedule: { linear: { final: 0 } }, per_stage: { z: { schedule: constant }, p: { lr: 0.2, schedule: { constant: { warmup: 1 } } } }",
  };
  close(values(of, "z", "lr"), Array(12).fill(0.5), 1e-7);
  close(
    values(of, "y", "lr"),
    Array.from({ length: 12 }, (_, i) => 0.5 * (1 - i / 12)),
    1e-7,
  );
  close(values(of, "p", "lr").slice(0, 4), [0.2 / 3, 0.4 / 3, 0.2, 0.2], 1e-7);
  const course = await train(of, 1);
  const whole = await train(sketch(), 1);
  close(
    change(course, 0, P),
    change(whole, 0, P).map((v) => v * 0.4 / 3),
    1e-6,
  );
});

// Optimizers.

Deno.test("A stage's own optimizer moves it as it would in a run of its own, and keeps its own slots", async () => {
  const ADAM = "adam: { lr: 0.02, epsilon: 0.01 }";
  const [mixed, sgd, adam] = [
    await train(sketch(`z: { optimizer: { ${ADAM} } }`), 1),
    await train(sketch(), 1),
    await train(sketch("", ADAM), 1),
  ];
  // The first gradients are the same in all three.
  assert.deepEqual(at(mixed, 1, Z), at(adam, 1, Z));
  assert.deepEqual(at(mixed, 1, Y), at(sgd, 1, Y));
  assert.notDeepEqual(at(mixed, 1, Z), at(sgd, 1, Z));
  const slots = Object.keys(mixed.states[0] ?? {}).filter((path) =>
    path.startsWith("optimizer/")
  );
  const of = (stage: string): string[] => [
    ...new Set(
      slots.filter((path) => path.includes(`/${stage}/`)).map((path) =>
        path.split("/")[1] as string
      ),
    ),
  ];
  assert.deepEqual([of("y"), of("z"), of("p")], [
    ["momentum"],
    ["mean", "square"],
    ["momentum"],
  ]);
  assert.deepEqual(
    at(mixed, 1, `optimizer/mean/${Z}`),
    at(adam, 1, `optimizer/mean/${Z}`),
  );
});

Deno.test("A stage's own rate and decay come before those of its own optimizer", async () => {
  const own = "z: { optimizer: { sgd: { lr: 9, momentum: 0 } }, lr: 0.25 }";
  const [course, plain] = [
    await train(sketch(own), 1),
    await train(sketch("z: { lr: 0.25 }"), 1),
  ];
  assert.deepEqual(at(course, 1, Z), at(plain, 1, Z));
});

Deno.test("A stage's own optimizer is saved, restored and written out", () => {
  const { pipeline } = load(
    sketch(
      "z: { optimizer: { adam: { lr: 0.02 } }, schedule: constant }, y: { layer_decay: 0.5, weight_decay: { from: 0, to: 0.1 } }, p: { freeze: 1 }",
    ),
  );
  const { train: { per_stage: written } } = resolve(pipeline) as {
    train: { per_stage: Record<string, Record<string, unknown>> };
  };
  assert.deepEqual(written["p"], { freeze: 1 });
  assert.deepEqual(written["y"], {
    layer_decay: 0.5,
    weight_decay: { from: 0, to: 0.1 },
  });
  assert.deepEqual(written["z"]?.["schedule"], { constant: { warmup: 0 } });
  assert.ok("adam" in (written["z"]?.["optimizer"] as object));
});

// Weight decay.

Deno.test("A stage's own weight decay takes the place of the optimizer's", async () => {
  const still = (perStage: string, decay = 0.2): Sketch => ({
    ...sketch(perStage, `adamw: { lr: 0.1, weight_decay: ${decay} }`),
    // Without a gradient nothing but decay moves the weights.
    stages: STAGES.replace("[p, t.z]", "[p, t.z], weight: { from: 0, to: 0 }"),
  });
  const { states } = await train(
    still("z: { weight_decay: 0 }, y: { weight_decay: 0.5 }"),
    1,
  );
  const course = { metrics: [], states };
  const shrunk = (path: string, by: number): void =>
    close(
      at(course, 1, path),
      at(course, 0, path).map((v) => v * by),
      1e-6,
      path,
    );
  shrunk(Z, 1);
  shrunk(Y, 1 - 0.1 * 0.5);
  shrunk(P, 1 - 0.1 * 0.2);
  // Where the run has none, a stage may have some.
  const alone = await train(still("z: { weight_decay: 0.3 }", 0), 1);
  close(at(alone, 1, Z), at(alone, 0, Z).map((v) => v * 0.97), 1e-6);
  assert.deepEqual(at(alone, 1, Y), at(alone, 0, Y));
});

Deno.test("A stage's own weight decay may change over the run", () => {
  const of = sketch(
    "z: { weight_decay: { from: 0.1, to: 0.4, epochs: 1, shape: linear } }",
    "adamw: { lr: 0.1, weight_decay: 0.2 }",
  );
  close(
    values(of, "z", "weight_decay").slice(0, 5),
    [0.1, 0.2, 0.3, 0.4, 0.4],
    1e-7,
  );
});

// Layer decay.

const depths = (encoder: string): Record<string, number> => {
  const { graph } = load({
    stages: `  views: { augment: [{ resize: { size: 8 } }], of: image }
  y: { ${encoder}, of: views }
  loss: { loss: nt_xent, between: [y, y] }`,
  });
  const y = graph.byName.get("y");
  const found = layerDepths("y", y ? trainedOf(y) : []);
  return Object.fromEntries(
    [...found].map(([{ path }, depth]) => [
      path.split("/").slice(1, 2).join(),
      depth,
    ]),
  );
};

Deno.test("A resnet's layers are its stem and its blocks, counted from the end", () => {
  assert.deepEqual(depths("encode: resnet, width: 4, blocks: [1, 2]"), {
    stem: 3,
    "block1.0": 2,
    "block2.0": 1,
    "block2.1": 0,
  });
});

Deno.test("A vision transformer's layers are what comes before its blocks, the blocks, and its last norm", () => {
  assert.deepEqual(
    depths("encode: vit, patch: 4, width: 8, heads: 2, depth: 3"),
    {
      patch: 4,
      position: 4,
      class_token: 4,
      block0: 3,
      block1: 2,
      block2: 1,
      norm: 0,
    },
  );
});

Deno.test("A network without blocks has a layer for each of its parts", () => {
  const found = depths(
    "encode: mlp, hidden: 4, out: 4, layers: 2, batch_norm: hidden",
  );
  assert.equal(found["linear2"], 0);
  assert.ok((found["linear1"] ?? 0) > 0);
  assert.equal(new Set(Object.values(found)).size, Object.keys(found).length);
});

Deno.test("With layer_decay the rate falls by that factor from each layer to the one before", async () => {
  const of = (settings: string): Sketch => ({
    stages:
      `  views: { augment: [{ color_jitter: { brightness: 0.5, p: 1 } }], of: image }
  y: { encode: resnet, of: views, width: 4, blocks: [1, 1] }
  loss: { loss: nt_xent, between: [y, y], pairs: unordered }`,
    optimizer: SGD,
    ...(settings ? { train: `per_stage: { y: { ${settings} } }` } : {}),
  });
  const [plain, own] = [
    await train(of(""), 1),
    await train(of("layer_decay: 0.5"), 1),
  ];
  for (
    const [path, factor] of [
      ["y/stem/conv/kernel", 0.25],
      ["y/stem/bn/scale", 0.25],
      ["y/block1.0/conv1/kernel", 0.5],
      ["y/block2.0/conv1/kernel", 1],
      ["y/block2.0/bn2/offset", 1],
    ] as const
  ) {
    const expected = change(plain, 0, path).map((v) => v * factor);
    assert.ok(Math.max(...expected.map(Math.abs)) > 1e-4, path);
    close(change(own, 0, path), expected, 1e-6, path);
  }
  // Of a rate of its own as of the optimizer's.
  const both = await train(of("layer_decay: 0.5, lr: 0.25"), 1);
  const path = "y/stem/conv/kernel";
  close(change(both, 0, path), change(plain, 0, path).map((v) => v / 8), 1e-6);
});

// Frozen throughout.

for (
  const [name, optimizer] of [
    ["SGD", "sgd: { lr: 0.5 }"],
    ["Adam", "adam: { lr: 0.02, weight_decay: 0.1 }"],
  ] as const
) {
  Deno.test(`With freeze: true nothing of a stage moves by a bit, with ${name}: weights, statistics, and it has no slots`, async () => {
    const { states } = await train(sketch("z: { freeze: true }", optimizer), 3);
    const frozen = (path: string): boolean => path.startsWith("z/");
    assert.ok(Object.keys(bits(states[0], frozen)).length >= 10);
    assert.deepEqual(bits(states[3], frozen), bits(states[0], frozen));
    assert.deepEqual(
      Object.keys(states[0] ?? {}).filter((path) =>
        /^optimizer\/.*\/z\//.test(path)
      ),
      [],
    );
    // Gradients pass through it, and the others move.
    const found = moved(states[0], states[3]);
    for (const path of [Y, P, "y/bn1/mean", "t.y/linear1/kernel"]) {
      assert.ok(found.includes(path), path);
    }
  });
}

Deno.test("A frozen stage runs as in evaluation: with its running statistics", async () => {
  // At first they are mean 0 and variance 1, which those of a batch are not.
  const [frozen, free] = [
    await train(sketch("z: { freeze: true }"), 1),
    await train(sketch("z: { lr: 0 }"), 1),
  ];
  const gap = Math.abs(
    (frozen.metrics[0]?.["loss"] ?? 0) - (free.metrics[0]?.["loss"] ?? 0),
  );
  assert.ok(gap > 1e-4, `${gap}`);
});

Deno.test("The twin of a frozen stage stays what it is: a copy", async () => {
  const { states } = await train(sketch("z: { freeze: true }"), 3);
  const course = { metrics: [], states };
  for (const path of ["z/linear1/kernel", "z/linear2/kernel", "z/bn1/scale"]) {
    close(at(course, 3, `t.${path}`), at(course, 3, path), 1e-7, path);
  }
});

/** A frozen stage whose weights another place uses, too. */
const SHARED = (freeze: string): Sketch => ({
  stages:
    `  views: { augment: [{ color_jitter: { brightness: 0.5, p: 1 } }], of: image }
  others: { augment: [{ color_jitter: { brightness: 0.9, p: 1 } }], of: image }
  y: { encode: mlp, of: views, hidden: 7, out: 6, batch_norm: all }
  w: { with: y, of: others }
  p: { predict: mlp, of: y, hidden: 7, out: 6 }
  loss: { loss: mse, between: [p, w] }`,
  length: LENGTH,
  optimizer: SGD,
  train: `per_stage: { y: { freeze: ${freeze} } }`,
});

for (const freeze of ["true", "1"]) {
  Deno.test(`Where another stage has the weights of a frozen one (freeze: ${freeze}), they and their statistics stay, too`, async () => {
    const { states } = await train(SHARED(freeze), 3);
    const frozen = (path: string): boolean => path.startsWith("y/");
    assert.deepEqual(bits(states[3], frozen), bits(states[0], frozen));
    assert.ok(moved(states[0], states[3]).includes(P));
  });
}

Deno.test("plan counts no parameters of a frozen stage among the trained", () => {
  const of = (perStage: string) =>
    planRun(load(sketch(perStage)), engine, { images: 12 });
  const [all, some] = [of(""), of("z: { freeze: true }")];
  const z = all.stages.find(({ wired }) => wired.name === "z");
  assert.ok((z?.parameters ?? 0) > 50);
  assert.equal(some.parameters, all.parameters - (z?.parameters ?? 0));
});

// Frozen at first.

for (
  const [name, optimizer] of [
    ["SGD", "sgd: { lr: 0.5 }"],
    ["Adam", "adam: { lr: 0.02, weight_decay: 0.1 }"],
  ] as const
) {
  Deno.test(`With freeze: 1 nothing of a stage moves in the first epoch, with ${name}, and it does after`, async () => {
    const { states } = await train(sketch("z: { freeze: 1 }", optimizer), 5);
    const own = (path: string): boolean =>
      path.startsWith("z/") || /^optimizer\/.*\/z\//.test(path);
    assert.ok(Object.keys(bits(states[0], own)).length >= 15);
    for (const step of [1, 2, 3]) {
      assert.deepEqual(
        bits(states[step], own),
        bits(states[0], own),
        `${step}`,
      );
    }
    for (const step of [3, 4]) {
      const found = moved(states[step], states[step + 1]);
      assert.ok(found.includes(Z), `${step}`);
      assert.ok(found.some((path) => /^optimizer\/.*\/z\//.test(path)));
      assert.ok(found.includes("z/bn1/mean"));
    }
    // The others move all the while.
    for (const step of [0, 1, 2, 3]) {
      const found = moved(states[step], states[step + 1]);
      for (const path of [Y, P]) {
        assert.ok(found.includes(path), `${step} ${path}`);
      }
    }
  });
}

Deno.test("The twin of a stage that is frozen at first does not run ahead of it", async () => {
  const { states } = await train(sketch("z: { freeze: 1 }"), 5);
  const course = { metrics: [], states };
  for (const path of ["z/linear1/kernel", "z/linear2/kernel", "z/bn1/scale"]) {
    const twin = `t.${path}`;
    for (const step of [1, 2, 3]) {
      close(
        at(course, step, twin),
        at(course, step, path),
        1e-7,
        `${path}, ${step}`,
      );
    }
    for (const step of [4, 5]) {
      const expected = at(course, step - 1, twin).map((old, i) =>
        0.75 * old + 0.25 * at(course, step, path)[i]!
      );
      close(at(course, step, twin), expected, 1e-6, `${path}, ${step}`);
    }
  }
});

Deno.test("Adam's count of steps starts when a stage starts to move", async () => {
  const adam = "adam: { lr: 0.02, epsilon: 1e-8 }";
  const course = await train(sketch("z: { freeze: 1 }", adam), 4);
  // Its first step is as long as the rate, whatever the gradient.
  const steps = change(course, 3, Z).filter((v) => v !== 0).map(Math.abs);
  assert.ok(steps.length > 20);
  close(steps, steps.map(() => 0.02), 2e-4);
  // That of the others is the fourth.
  const fourth = change(course, 3, Y).map(Math.abs);
  assert.ok(fourth.some((v) => Math.abs(v - 0.02) > 1e-3));
});

Deno.test("A stage may be frozen for part of an epoch, or for longer than the run", async () => {
  const part = await train(sketch("z: { freeze: 0.34 }"), 3);
  assert.deepEqual(at(part, 1, Z), at(part, 0, Z));
  assert.notDeepEqual(at(part, 2, Z), at(part, 1, Z));
  const long = await train(sketch("z: { freeze: 100 }"), 3);
  assert.deepEqual(at(long, 3, Z), at(long, 0, Z));
});

Deno.test("Compiled steps with all settings of stages are eager ones", async () => {
  const of = sketch(
    "y: { layer_decay: 0.5, weight_decay: { from: 0, to: 0.1 } }, z: { freeze: 0.34, optimizer: { adam: { lr: 0.02, epsilon: 0.1 } } }, p: { lr: 0.1, schedule: constant }",
  );
  const [compiled, eager] = [
    await train(of, 3),
    await train(of, 3, { eager: true }),
  ];
  for (const step of [1, 2, 3]) {
    for (const path of Object.keys(eager.states[step] ?? {})) {
      close(at(compiled, step, path), at(eager, step, path), 1e-5, path);
    }
  }
});

// What is wrong with settings.

const WRONG: readonly (readonly [string, string, string, string?])[] = [
  [
    "zz: { lr: 1 }",
    'Cannot find a trained stage "zz"',
    "train.per_stage.zz",
    'did you mean "z"?',
  ],
  [
    "views: { lr: 1 }",
    'Cannot find a trained stage "views"',
    "train.per_stage.views",
  ],
  [
    "t.y: { freeze: true }",
    'Cannot find a trained stage "t.y"',
    "train.per_stage.t.y",
  ],
  [
    "loss: { lr: 1 }",
    'Cannot train "loss" in its own way: it has no weights of its own',
    "train.per_stage.loss",
    'trained stages: "y", "z", "p"',
  ],
  [
    "z: { rate: 1 }",
    'Cannot use "rate" in "z"',
    "train.per_stage.z.rate",
  ],
  [
    "z: { frieze: 1 }",
    'Cannot use "frieze" in "z"',
    "train.per_stage.z.frieze",
    'did you mean "freeze"?',
  ],
  [
    "z: { lr: -1 }",
    'Cannot use -1 as "lr" of "z": expected at least 0',
    "train.per_stage.z.lr",
  ],
  [
    "z: { layer_decay: 0 }",
    'Cannot use 0 as "layer_decay" of "z": expected more than 0',
    "train.per_stage.z.layer_decay",
  ],
  [
    "z: { layer_decay: 2 }",
    'Cannot use 2 as "layer_decay" of "z": expected at most 1',
    "train.per_stage.z.layer_decay",
  ],
  [
    "z: { weight_decay: 2 }",
    'Cannot use 2 as "weight_decay" of "z": expected at most 1',
    "train.per_stage.z.weight_decay",
  ],
  [
    "z: { freeze: 0 }",
    'Cannot use 0 as "freeze" of "z": expected more than 0',
    "train.per_stage.z.freeze",
  ],
  [
    "z: { freeze: false }",
    'Cannot use false as "freeze" of "z": expected true or a number',
    "train.per_stage.z.freeze",
  ],
  [
    "z: { optimizer: { adm: { lr: 1 } } }",
    'Cannot find an optimizer "adm"',
    "train.per_stage.z.optimizer.adm",
    'did you mean "adam"?',
  ],
  [
    "z: { optimizer: { adam: { lr: 1, bta1: 0 } } }",
    'Cannot use "bta1" in the optimizer "adam"',
    "train.per_stage.z.optimizer.adam.bta1",
    'did you mean "beta1"?',
  ],
  [
    "z: { schedule: cosin }",
    'Cannot find a schedule "cosin"',
    "train.per_stage.z.schedule",
    'did you mean "cosine"?',
  ],
  [
    "z: { freeze: true, weight_decay: 0.1 }",
    'Cannot train "z" in its own way: it is frozen throughout',
    "train.per_stage.z.freeze",
    "give the epochs that it is frozen for, or take the other settings away",
  ],
  [
    "z: { freeze: true, lr: 0.1 }",
    'Cannot train "z" in its own way: it is frozen throughout',
    "train.per_stage.z.freeze",
  ],
  [
    "z: { freeze: true, schedule: constant }",
    'Cannot train "z" in its own way: it is frozen throughout',
    "train.per_stage.z.freeze",
  ],
];

for (const [settings, message, path, hint] of WRONG) {
  Deno.test(`per_stage: { ${settings} } is reported in its place`, () => {
    const { findings, text, loaded } = check(sketch(settings));
    assert.ok(!loaded, sketchText(sketch(settings)));
    assert.deepEqual(
      findings.map((one) => [one.path.join("."), one.message]),
      [[path, message]],
      text,
    );
    if (hint) assert.ok(findings[0]?.hints.includes(hint), text);
  });
}

Deno.test("A run in which every stage is frozen is refused, and it is said why", () => {
  const { findings, text } = check(
    sketch(
      "y: { freeze: true }, z: { freeze: true }, p: { freeze: true }",
    ),
  );
  assert.ok(
    findings.some(({ path, message }) =>
      path.join(".") === "train.per_stage" &&
      message === "Cannot train: every stage with weights is frozen"
    ),
    text,
  );
});

Deno.test("A frozen encoder, for a probe, needs nothing that trains it", () => {
  const { loaded, text } = check({
    stages: `  views: { augment: [], of: image, count: 1 }
  y: { encode: mlp, of: views, hidden: 7, out: 6 }
  c: { predict: mlp, of: y, hidden: 4, out: 2, batch_norm: none }
  loss: { loss: cross_entropy, of: c, labels: label }`,
    train: "per_stage: { y: { freeze: true } }",
  });
  assert.ok(loaded, text);
  assert.equal(text, "");
});

// What metrics.jsonl tells of them.

Deno.test("Rates and momenta that act have keys, stages of the same ones share theirs", () => {
  const told = (
    perStage: string,
    step: number,
    more: Partial<Sketch> = {},
  ): Readonly<Record<string, number>> => {
    const { pipeline, graph } = load({
      ...sketch(
        perStage,
        "sgd: { lr: 0.5, weight_decay: { from: 0, to: 1 } }",
        "epochs: 4, schedule: cosine",
      ),
      ...more,
    });
    const length = { steps: 12, stepsPerEpoch: 3 };
    return scheduledValues(slotsOf(pipeline, graph), step, length);
  };
  const own = { "tau:t.y": 0.75, "tau:t.z": 0.75 };
  assert.deepEqual(told("", 0), { lr: 0.5, weight_decay: 0, ...own });
  assert.deepEqual(
    told("z: { lr: 0.25 }, p: { schedule: constant }", 6),
    { lr: 0.25, "lr:z": 0.125, "lr:p": 0.5, weight_decay: 0.5, ...own },
  );
  // The same as the run's is none of its own; a frozen stage has no rate.
  assert.deepEqual(
    told("z: { lr: 0.5 }, p: { freeze: 2, weight_decay: 0 }", 3),
    { lr: 0.4267767, "lr:p": 0, weight_decay: 0.1464466, ...own },
  );
  assert.equal(told("p: { freeze: 2 }", 6)["lr:p"], 0.25);
  // What acts on nothing is not told.
  const every = "y: { lr: 0.1 }, z: { lr: 0.2 }, p: { lr: 0.3 }";
  assert.ok(!("lr" in told(every, 0)));
  const shared = STAGES.replaceAll(", momentum: 0.75", "");
  const ema = { stages: shared, train: "ema: { from: 0.5, to: 1 }" };
  assert.deepEqual(told("", 6, ema), {
    lr: 0.25,
    weight_decay: 0.5,
    tau: 0.75,
  });
});
