/** @file Which stage is watched: what the first loss compares with, or `monitor.of`. */
import assert from "@std/assert";
import { resolve } from "../../lib/pipeline/explain/resolve.ts";
import { close } from "../helpers/numeric.ts";
import { check, load, type Sketch, start } from "../helpers/training.ts";

const STAGES =
  `  views: { augment: [{ color_jitter: { brightness: 0.5, p: 1 } }], of: image }
  y: { encode: mlp, of: views, hidden: 7, out: 6, batch_norm: all }
  z: { project: mlp, of: y, hidden: 7, out: 5 }
  p: { predict: mlp, of: z, hidden: 7, out: 5 }`;

const SIMSIAM = `${STAGES}
  loss: { loss: cosine, between: [p, stop_gradient(z)] }`;

const watched = (stages: string, of?: string): string =>
  load({ stages, ...(of ? { more: `monitor: { of: ${of} }` } : {}) })
    .graph.watched.name;

Deno.test("By default what the first loss compares with is watched", () => {
  const cases: readonly (readonly [string, string])[] = [
    [SIMSIAM, "z"],
    [SIMSIAM.replace("[p, stop_gradient(z)]", "[stop_gradient(z), p]"), "p"],
    // A target that is made of others stands for them.
    [
      `${STAGES}
  m: { mean: z, over: others }
  loss: { loss: cosine, between: [p, stop_gradient(m)], pairs: same }`,
      "z",
    ],
    [
      `${STAGES}
  s: { stop_gradient: z }
  loss: { loss: cosine, between: [p, s] }`,
      "s",
    ],
    [
      `${STAGES}
  t.y: { ema: y, of: views }
  t.z: { ema: z, of: t.y }
  loss: { loss: cosine, between: [p, t.z] }`,
      "t.z",
    ],
    // Neighbours in a queue stand for what they are neighbours of.
    [
      `${STAGES}
  bank: { queue: z, size: 8 }
  nn: { nearest: z, in: bank }
  loss: { loss: cosine, between: [p, nn] }`,
      "z",
    ],
    // Scores of prototypes tell little of a collapse.
    [
      `${STAGES}
  s: { predict: prototypes, of: p, out: 9 }
  q: { target: sinkhorn, of: s }
  loss: { loss: soft_cross_entropy, between: [s, q] }`,
      "p",
    ],
    // Logits are no embedding: the encoder is watched.
    [
      `${STAGES}
  c: { predict: mlp, of: p, hidden: 4, out: 3 }
  loss: { loss: cross_entropy, of: c, labels: label }`,
      "y",
    ],
    // The first of several losses.
    [
      `${SIMSIAM}
  more: { loss: nt_xent, between: [y, y] }`,
      "z",
    ],
  ];
  for (const [stages, name] of cases) {
    assert.equal(watched(stages), name, stages);
  }
});

Deno.test("monitor.of names the stage that is watched", () => {
  for (const name of ["y", "z", "p"]) {
    assert.equal(watched(SIMSIAM, name), name);
  }
});

Deno.test("What is watched is written out, and comes back", () => {
  const { pipeline } = load({ stages: SIMSIAM, more: "monitor: { of: y }" });
  const { monitor } = resolve(pipeline) as { monitor: Record<string, unknown> };
  assert.equal(monitor["of"], "y");
  const plain = load({ stages: SIMSIAM }).pipeline;
  assert.ok(!("of" in (resolve(plain)["monitor"] as object)));
});

Deno.test("Signals are those of the stage that is watched", async () => {
  const signals = async (sketch: Sketch): Promise<Record<string, number>> => {
    const session = await start(load(sketch));
    try {
      return { ...await session.step(), ...await session.check() };
    } finally {
      await session.close();
    }
  };
  const of = (name: string) =>
    signals({ stages: SIMSIAM, more: `monitor: { of: ${name} }` });
  const [y, z, standard] = [
    await of("y"),
    await of("z"),
    await signals({ stages: SIMSIAM }),
  ];
  assert.deepEqual(standard, z);
  assert.notEqual(y["embedding_std"], z["embedding_std"]);
  // The encoder's embedding in another pipeline, whose first loss reads it.
  const encoder = await signals({
    stages: `${SIMSIAM.replace("  loss:", "  second:")}
  first: { loss: nt_xent, between: [y, y] }`.replace(
      /( {2}second: .*)\n( {2}first: .*)/,
      "$2\n$1",
    ),
  });
  close([encoder["embedding_std"] ?? 0], [y["embedding_std"] ?? 1], 1e-6);
});

const EMBEDDINGS = 'embeddings: "y", "z", "p"';

for (
  const [of, message, hint, more] of [
    ["zz", 'Cannot find the stage "zz"', 'did you mean "z"?', ""],
    [
      "views",
      'Cannot watch "views": it gives no embedding, [batch, features], of each image',
      EMBEDDINGS,
      "",
    ],
    [
      "loss",
      'Cannot watch "loss": it gives no embedding, [batch, features], of each image',
      EMBEDDINGS,
      "",
    ],
    [
      "bank",
      'Cannot watch "bank": it gives no embedding, [batch, features], of each image',
      EMBEDDINGS,
      `
  bank: { queue: z, size: 8 }
  more: { loss: info_nce, between: [p, z], negatives: bank }`,
    ],
    [
      "image",
      /^Cannot (find the stage|watch) "image"/,
      undefined,
      "",
    ],
    [
      "'z[0]'",
      /^Cannot find the stage "z\[0\]"/,
      undefined,
      "",
    ],
  ] as const
) {
  Deno.test(`monitor: { of: ${of} } is refused in its place`, () => {
    const { loaded, findings, text } = check({
      stages: SIMSIAM + more,
      more: `monitor: { of: ${of} }`,
    });
    assert.ok(!loaded);
    const errors = findings.filter(({ severity }) => severity === "error");
    assert.deepEqual(errors.map(({ path }) => path.join(".")), ["monitor.of"]);
    const [found] = errors;
    if (typeof message === "string") assert.equal(found?.message, message);
    else assert.match(found?.message ?? "", message);
    if (hint) assert.ok(found?.hints.includes(hint), text);
    assert.match(text, /sketch\.yaml:\d+:16: /);
  });
}

Deno.test("A stage that only the monitor reads is used", () => {
  const { text, loaded } = check({
    stages: `${SIMSIAM}
  w: { with: y, of: views }`,
    more: "monitor: { of: w }",
  });
  assert.ok(loaded, text);
  assert.equal(text, "");
});
