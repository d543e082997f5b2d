/** @file `mod.ts`: the same from TypeScript. */
import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  buildPipeline,
  BUILT_IN,
  checkConfig,
  defineLoss,
  l2Normalize,
  openEngine,
  type PipelineConfig,
  register,
  train,
  type TrainEvent,
  UserError,
} from "../../mod.ts";
import { inFolder } from "./cli.ts";

/** The registered loss, as a stage of a pipeline. */
interface SpreadApartConfig {
  readonly loss: "spread_apart";
  readonly between: readonly [string, string];
  readonly strength: number;
}

const config: PipelineConfig<SpreadApartConfig> = {
  name: "own",
  data: { source: "photos", batch: 32 },
  stages: {
    views: { augment: "simsiam", of: "image", count: 2 },
    y: { encode: "resnet", of: "views", width: 8, blocks: [1, 1] },
    z: { project: "mlp", of: "y", hidden: 32, out: 16 },
    loss: { loss: "spread_apart", between: ["z", "z"], strength: 0.5 },
  },
  train: { steps: 3, optimizer: { sgd: { lr: 0.1 } } },
  evaluate: { knn: { k: 5 }, linear: false },
};

/** Pulls pairs together and all else apart; not from a paper. */
const spreadApart = defineLoss({
  name: "spread_apart",
  summary: "Attraction of pairs, repulsion of the rest",
  negatives: "none",
  options: z.strictObject({ strength: z.number().positive() }),
  apply(a, b, { strength }) {
    const [p, q] = [l2Normalize(a), l2Normalize(b)];
    const pull = tf.neg(tf.mean(tf.sum(tf.mul(p, q), 1)));
    const push = tf.mean(tf.square(tf.matMul(p, q, false, true)));
    return tf.add(pull, tf.mul(push, strength)) as tf.Scalar;
  },
});

Deno.test("A pipeline with a registered loss trains from TypeScript", () =>
  inFolder(async (runsDir) => {
    await openEngine({ device: "cpu" });
    const loaded = buildPipeline<SpreadApartConfig>(config, {
      registry: register(BUILT_IN, spreadApart),
    });
    const kinds = new Set<TrainEvent["kind"]>();
    const { summary, end } = await train(loaded, {
      device: "cpu",
      runsDir,
      onEvent: ({ kind }) => kinds.add(kind),
    });
    assert.equal(end, "finished");
    assert.equal(summary.steps, 3);
    assert.equal(typeof summary.knn, "number");
    for (const kind of ["ready", "step", "evaluate", "done"] as const) {
      assert.ok(kinds.has(kind), kind);
    }
  }));

Deno.test("Without the registration the name is unknown, and said where", () => {
  assert.throws(
    () => buildPipeline<SpreadApartConfig>(config),
    (error: unknown) =>
      error instanceof UserError &&
      /^stages\.loss\.loss: .*"spread_apart"/.test(error.message),
  );
  const { findings } = checkConfig<SpreadApartConfig>(config);
  assert.deepEqual(findings.map(({ path }) => path), [
    ["stages", "loss", "loss"],
  ]);
});
