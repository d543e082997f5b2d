/** @file `with:`, the same weights on another input; views of two sizes. */
import assert from "@std/assert";
import { differencesAt } from "../graph/agreement.ts";
import { close } from "../helpers/numeric.ts";
import {
  at,
  bits,
  check,
  load,
  moved,
  type Sketch,
  train,
} from "../helpers/training.ts";

/** Crops of two sizes, the second small. */
const VIEWS = `  global: {
    augment: [{ resize: { size: 8 } }, { color_jitter: { brightness: 0.5, p: 1 } }],
    of: image, count: 2 }
  local: { augment: [{ color_jitter: { brightness: 0.5, p: 1 } }], of: image, count: 2 }`;
const NETWORK = "encode: resnet, width: 4, blocks: [1, 1]";

/** One stage that reads both. */
const LIST: Sketch = {
  stages: `${VIEWS}
  y: { ${NETWORK}, of: [global, local] }
  loss: { loss: nt_xent, between: ["y[0:2]", "y[0:2]"], pairs: unordered }
  small: { loss: nt_xent, between: ["y[2:4]", "y[2:4]"], pairs: unordered, weight: 0.5 }`,
};

/** The same in two stages. */
const WITH: Sketch = {
  stages: `${VIEWS}
  y: { ${NETWORK}, of: global }
  w: { with: y, of: local }
  loss: { loss: nt_xent, between: [y, y], pairs: unordered }
  small: { loss: nt_xent, between: [w, w], pairs: unordered, weight: 0.5 }`,
};

Deno.test("A stage with another's weights has no variables of its own", () => {
  const { graph } = load(WITH);
  assert.deepEqual(graph.byName.get("w")?.variables, []);
  const paths = (sketch: Sketch): string[] =>
    load(sketch).graph.order.flatMap(({ variables }) =>
      variables.map(({ path }) => path)
    );
  assert.deepEqual(paths(WITH), paths(LIST));
});

Deno.test("Gradients of both places add up: two stages with the same weights train as one that reads a list", async () => {
  const [list, shared] = [await train(LIST, 3), await train(WITH, 3)];
  for (let step = 0; step < 3; step++) {
    // The monitors watch another stage in each.
    const own = (metrics: Readonly<Record<string, number>>) =>
      ["loss", "loss:loss", "loss:small"].map((name) => metrics[name]!);
    close(own(shared.metrics[step]!), own(list.metrics[step]!), 1e-5);
    const paths = Object.keys(
      bits(list.states[step + 1], (path) => path.startsWith("y/")),
    );
    assert.ok(paths.length > 20);
    for (const path of paths) {
      close(at(shared, step + 1, path), at(list, step + 1, path), 1e-5, path);
    }
  }
  // Neither place alone: the gradient of the second is there.
  const alone = await train({
    stages: WITH.stages.replace("weight: 0.5", "weight: 0"),
  }, 1);
  const path = "y/stem/conv/kernel";
  const distance = at(alone, 1, path).map((v, i) =>
    Math.abs(v - at(shared, 1, path)[i]!)
  );
  assert.ok(Math.max(...distance) > 1e-3);
});

Deno.test("Compiled steps with shared weights are eager ones", async () => {
  const [compiled, eager] = [
    await train(WITH, 2),
    await train(WITH, 2, { eager: true }),
  ];
  const steps = ({ metrics, states }: typeof eager) => ({
    metrics,
    states: states.slice(1),
  });
  for (const step of [0, 1]) {
    assert.deepEqual(
      differencesAt(step, steps(compiled), steps(eager), 1e-4, 0.1),
      [],
    );
  }
});

/** A target that shares weights, cut off by a stage and by a reference. */
const TARGET = (target: string, more = ""): Sketch => ({
  stages:
    `  views: { augment: [{ color_jitter: { brightness: 0.5, p: 1 } }], of: image }
  others: { augment: [{ color_jitter: { brightness: 0.9, p: 1 } }], of: image }
  y: { encode: mlp, of: views, hidden: 6, out: 5 }
  w: { with: y, of: others }
${more}
  loss: { loss: mse, between: [y, ${target}], pairs: same }`,
});

Deno.test("No gradient flows through a stop-gradient of shared weights, whether it is a stage or a reference", async () => {
  const reference = await train(TARGET("stop_gradient(w)"), 2);
  const stage = await train(TARGET("s", "  s: { stop_gradient: w }"), 2);
  const ofY = (state: Parameters<typeof bits>[0]) =>
    bits(state, (path) => path.startsWith("y/"));
  assert.deepEqual(ofY(stage.states[2]), ofY(reference.states[2]));
  // Else no cut at all would pass.
  const through = await train(TARGET("w"), 2);
  assert.notDeepEqual(ofY(through.states[2]), ofY(reference.states[2]));
});

Deno.test("A network that only a stage with its weights trains is trained", () => {
  const { text } = check({
    stages: `  views: { augment: [], of: image }
  y: { encode: mlp, of: views, hidden: 6, out: 5 }
  w: { with: y, of: views }
  p: { predict: mlp, of: w, hidden: 6, out: 5 }
  loss: { loss: mse, between: [p, stop_gradient(y)] }`,
  });
  assert.equal(text, "");
});

const OTHERS = `  views: { augment: [], of: image }
  others: { augment: [{ color_jitter: { brightness: 0.9, p: 1 } }], of: image }
  y: { encode: mlp, of: views, hidden: 6, out: 5 }`;

const owners = (state: Parameters<typeof bits>[0]): string[] => [
  ...new Set(Object.keys(bits(state)).map((path) => path.split("/")[0] ?? "")),
];

Deno.test("A copy of a copy uses the first one's weights", async () => {
  const { metrics, states } = await train({
    stages: `${OTHERS}
  w: { with: y, of: others }
  v: { with: w, of: others }
  a: { loss: mse, between: [w, stop_gradient(v)], pairs: same }
  b: { loss: nt_xent, between: [y, y] }`,
  }, 1);
  // What one network makes of the same views is the same.
  close([metrics[0]?.["loss:a"] ?? 1], [0], 1e-12);
  assert.ok(owners(states[0]).includes("y"));
  assert.ok(
    !owners(states[0]).includes("w") && !owners(states[0]).includes("v"),
  );
});

Deno.test("A copy of a twin uses the twin's weights, which follow once a step and not twice", async () => {
  const course = await train({
    stages: `${OTHERS}
  t: { ema: y, of: views, momentum: 0.75 }
  u: { with: t, of: others }
  p: { predict: mlp, of: y, hidden: 6, out: 5 }
  loss: { loss: mse, between: [p, u] }
  more: { loss: mse, between: [p, t] }`,
  }, 2);
  assert.ok(!owners(course.states[0]).includes("u"));
  for (const path of ["t/linear1/kernel", "t/linear2/kernel"]) {
    for (const step of [1, 2]) {
      const expected = at(course, step - 1, path).map((old, i) =>
        0.75 * old + 0.25 * at(course, step, path.replace("t/", "y/"))[i]!
      );
      close(at(course, step, path), expected, 1e-6, path);
    }
  }
});

Deno.test("A twin of a copy is a twin of what the copy copies", async () => {
  const course = await train({
    stages: `${OTHERS}
  w: { with: y, of: others }
  t: { ema: w, of: views, momentum: 0.75 }
  p: { predict: mlp, of: w, hidden: 6, out: 5 }
  loss: { loss: mse, between: [p, t] }
  more: { loss: mse, between: [p, stop_gradient(y)] }`,
  }, 1);
  const path = "t/linear1/kernel";
  const expected = at(course, 0, path).map((old, i) =>
    0.75 * old + 0.25 * at(course, 1, "y/linear1/kernel")[i]!
  );
  close(at(course, 1, path), expected, 1e-6);
});

// Twins of a network that reads views of two sizes.

const TWIN: Sketch = {
  stages: `${VIEWS}
  y: { ${NETWORK}, of: [global, local] }
  t: { ema: y, of: global, momentum: 0.75 }
  p: { predict: mlp, of: y, hidden: 8, out: 8 }
  loss: { loss: cosine, between: [p, t] }`,
};

Deno.test("One network takes views of two sizes, its twin those of one", () => {
  const { graph } = load(TWIN);
  const [y, t] = ["y", "t"].map((name) => graph.byName.get(name));
  assert.deepEqual(
    y?.inputs["of"]?.map(({ shape }) => `${shape}`),
    ["8,8,3", "8,8,3", "4,4,3", "4,4,3"],
  );
  assert.deepEqual(
    y?.built.outputs["output"]?.map(({ shape }) => `${shape}`),
    ["8", "8", "8", "8"],
  );
  assert.equal(t?.built.outputs["output"]?.length, 2);
  assert.deepEqual(
    t?.variables.map(({ path, shape }) => `${path} ${shape}`),
    y?.variables.map(({ path, shape }) =>
      `${path.replace("y/", "t/")} ${shape}`
    ),
  );
});

Deno.test("A copy and a twin of a vision transformer, on another size, resize its positions", async () => {
  const course = await train({
    stages: `${VIEWS}
  y: { encode: vit, of: global, patch: 2, width: 4, depth: 1, heads: 1 }
  w: { with: y, of: local }
  t: { ema: y, of: local, momentum: 0.75 }
  loss: { loss: cosine, between: [w, t] }
  more: { loss: nt_xent, between: [y, y] }`,
  }, 1);
  const shape = (path: string) => course.states[0]?.[path]?.shape;
  // 4 x 4 patches of 2 pixels, and a class token.
  assert.deepEqual(shape("y/position"), [17, 4]);
  assert.deepEqual(shape("t/position"), [17, 4]);
  assert.ok(course.metrics.every(({ loss = NaN }) => Number.isFinite(loss)));
});

Deno.test("Where the twin reads other sizes than its source, it follows all the same", async () => {
  const course = await train(TWIN, 3);
  const weights = Object.keys(course.states[0] ?? {}).filter((path) =>
    path.startsWith("t/") && !/(mean|variance)$/.test(path)
  );
  assert.ok(weights.length > 10);
  for (const path of weights) {
    const online = path.replace("t/", "y/");
    assert.deepEqual(at(course, 0, path), at(course, 0, online), path);
    for (let step = 1; step <= 3; step++) {
      const expected = at(course, step - 1, path).map((old, i) =>
        0.75 * old + 0.25 * at(course, step, online)[i]!
      );
      close(at(course, step, path), expected, 1e-6, path);
    }
  }
  assert.ok(course.metrics.every(({ loss = NaN }) => Number.isFinite(loss)));
});

Deno.test("Each size has its own batch statistics, and moves the running ones", async () => {
  const { states } = await train(TWIN, 1);
  const changed = moved(states[0], states[1]);
  for (const path of ["y/stem/bn/mean", "t/stem/bn/mean"]) {
    assert.ok(changed.includes(path), path);
  }
  // The small views alone take part in the source's: without them it is another.
  const { states: large } = await train({
    stages: TWIN.stages.replace("[global, local]", "global")
      .replace("  local:", "  unread:").replace(
        "  loss:",
        "  x: { encode: mlp, of: unread, hidden: 4, out: 4 }\n" +
          "  more: { loss: nt_xent, between: [x, x] }\n  loss:",
      ),
  }, 1);
  assert.notDeepEqual(
    at({ metrics: [], states }, 1, "y/stem/bn/mean"),
    at({ metrics: [], states: large }, 1, "y/stem/bn/mean"),
  );
});

for (
  const [what, stages, message] of [
    [
      "a network whose weights depend on the size",
      `${VIEWS}
  y: { encode: mlp, of: [global, local], hidden: 4, out: 4 }
  loss: { loss: mse, between: [y, stop_gradient(y)] }`,
      /^Cannot encode \[batch, 8, 8, 3\] with "mlp": views of \[batch, 4, 4, 3\] would need other weights than views of \[batch, 8, 8, 3\]$/,
    ],
    [
      "a twin of it on the other size",
      `${VIEWS}
  y: { encode: mlp, of: global, hidden: 4, out: 4 }
  t: { ema: y, of: local }
  loss: { loss: mse, between: [y, t] }`,
      /^Cannot twin "y" on 2 × \[batch, 4, 4, 3\]: its weights would have other shapes$/,
    ],
    [
      "its weights on the other size",
      `${VIEWS}
  y: { encode: mlp, of: global, hidden: 4, out: 4 }
  w: { with: y, of: local }
  loss: { loss: mse, between: [y, w] }`,
      /^Cannot use the weights of "y" on 2 × \[batch, 4, 4, 3\]: they would have other shapes$/,
    ],
    [
      "the weights of what has none",
      `${VIEWS}
  y: { encode: mlp, of: global, hidden: 4, out: 4 }
  m: { mean: y }
  w: { with: m, of: y }
  loss: { loss: mse, between: [y, w], pairs: all }`,
      /^Cannot use the weights of "m": it has no weights$/,
    ],
    [
      "the weights of views",
      `${VIEWS}
  y: { encode: mlp, of: global, hidden: 4, out: 4 }
  w: { with: global, of: y }
  loss: { loss: mse, between: [y, w], pairs: all }`,
      /^Cannot use the weights of "global": it has no weights$/,
    ],
  ] as const
) {
  Deno.test(`It is said why ${what} cannot be`, () => {
    const { loaded, findings, text } = check({ stages });
    assert.ok(!loaded);
    assert.ok(findings.some((one) => message.test(one.message)), text);
  });
}
