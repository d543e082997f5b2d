import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { TensorData } from "../../lib/ir/dtype.ts";
import type { CheckInputs, Measured } from "../../lib/monitor/define.ts";
import {
  covarianceOf,
  type Moments,
  secondMomentOf,
  updateMoments,
} from "../../lib/monitor/moments.ts";
import { SIGNALS, signalsAt } from "../../lib/monitor/signals.ts";
import { alphaReq } from "../../lib/monitor/signals/alpha_req.ts";
import { correlationRank } from "../../lib/monitor/signals/correlation_rank.ts";
import { emaDistance } from "../../lib/monitor/signals/ema_distance.ts";
import { embeddingStd } from "../../lib/monitor/signals/embedding_std.ts";
import { entropyRank } from "../../lib/monitor/signals/entropy_rank.ts";
import { explained } from "../../lib/monitor/signals/explained.ts";
import { gradientNorm } from "../../lib/monitor/signals/gradient_norm.ts";
import { lossToFloor } from "../../lib/monitor/signals/loss_to_floor.ts";
import { lossToUniform } from "../../lib/monitor/signals/loss_to_uniform.ts";
import { nonfinite } from "../../lib/monitor/signals/nonfinite.ts";
import { prototypeInformation } from "../../lib/monitor/signals/prototype_information.ts";
import { prototypeUse } from "../../lib/monitor/signals/prototype_use.ts";
import { studentEntropy } from "../../lib/monitor/signals/student_entropy.ts";
import { targetEntropy } from "../../lib/monitor/signals/target_entropy.ts";
import { targetSpread } from "../../lib/monitor/signals/target_spread.ts";
import { uniformity } from "../../lib/monitor/signals/uniformity.ts";
import { eigenvalues } from "../../lib/ops/eigenvalues.ts";
import { l2Normalize } from "../../lib/ops/normalize.ts";
import { close, compute, Dice, float32, numbers } from "../helpers/numeric.ts";
import { decode, WRITTEN } from "./signals_fixture.ts";

const nothing = (features: number): Moments => ({
  weight: tf.scalar(0),
  mean: tf.zeros([features]),
  covariance: tf.zeros([features, features]),
});

/** Eigenvalues as a session hands them on. */
const descending = (spectrum: TensorData | undefined): number[] =>
  numbers(spectrum as TensorData).map((value) => Math.max(0, value)).reverse();

const asRecord = (measured: Measured | undefined): Record<string, tf.Tensor> =>
  measured === undefined
    ? {}
    : measured instanceof tf.Tensor
    ? { "": measured }
    : { ...measured };

/** Every signal of embeddings: of each batch in turn, the moments of all. */
function measure(
  batches: readonly (readonly TensorData[])[],
): Record<string, number | undefined> {
  const count = batches[0]?.length ?? 0;
  const features = batches[0]?.[0]?.shape[1] as number;
  const results: Record<string, TensorData> = compute(
    batches.flat(),
    (...all) => {
      let moments = nothing(features);
      for (let i = 0; i < all.length; i += count) {
        const views = all.slice(i, i + count) as tf.Tensor2D[];
        moments = updateMoments(moments, views);
      }
      const views = all.slice(-count) as tf.Tensor2D[];
      const inputs: CheckInputs = {
        views: views.map((view) => l2Normalize(view)),
        covariance: covarianceOf(moments),
        twins: new Map(),
        variables: new Map(),
      };
      const step = {
        embedding: views[0] as tf.Tensor2D,
        gradients: new Map(),
        assignments: new Map(),
        predictions: new Map(),
      };
      const measured: Record<string, tf.Tensor> = {
        embedding_std: asRecord(embeddingStd.measure(step))[""] as tf.Tensor,
        covariance: eigenvalues(inputs.covariance),
        moment: eigenvalues(secondMomentOf(moments)),
      };
      for (const signal of signalsAt("check")) {
        const value = asRecord(signal.measure(inputs))[""];
        if (value) measured[signal.name] = value;
      }
      return measured;
    },
  );
  const spectra = {
    covariance: descending(results["covariance"]),
    moment: descending(results["moment"]),
  };
  return {
    ...Object.fromEntries(
      Object.entries(results).map((
        [name, { data }],
      ) => [name, Number(data[0])]),
    ),
    ...Object.fromEntries(
      signalsAt("spectrum").map((
        { name, measure },
      ) => [name, measure(spectra)]),
    ),
  };
}

/** Asserts that a signal is what the reference says, within a share of it. */
function agree(
  ours: Record<string, number | undefined>,
  theirs: Readonly<Record<string, number | null>>,
): void {
  for (const [name, expected] of Object.entries(theirs)) {
    const actual = ours[name];
    if (expected === null) {
      assert.equal(actual, undefined, name);
      continue;
    }
    // Square roots of eigenvalues that should be 0 are seen by RankMe.
    const tolerance = name === "rankme" ? 0.02 : 1e-3;
    assert.ok(
      Math.abs((actual ?? NaN) - expected) <= tolerance * Math.abs(expected),
      `${name} is ${actual}, expected ${expected}`,
    );
  }
}

for (const { name, shape, views, signals } of WRITTEN.cases) {
  Deno.test(`Signals of embeddings "${name}" are those that numpy and scipy find`, () => {
    agree(measure([views.map((text) => decode(shape, text))]), signals);
  });
}

Deno.test("Moments that two batches went into weigh the newer one by 1 to 0.75", () => {
  const { first, second, signals } = WRITTEN.running;
  const { shape, views } = WRITTEN.cases.find(({ name }) => name === first) ??
    assert.fail();
  const batches = [views, second].map((batch) =>
    batch.map((text: string) => decode(shape, text))
  );
  agree(measure(batches), signals);
});

Deno.test("Of more features than are watched, the first are", () => {
  const z = new Dice(3).tensor([16, 6]);
  const { mean } = compute([z], (z) => {
    const { mean } = updateMoments(nothing(4), [z as tf.Tensor2D]);
    return { mean };
  });
  assert.deepEqual(mean.shape, [4]);
  const first = numbers(z).filter((_, i) => i % 6 === 0);
  const expected = 0.25 * first.reduce((a, b) => a + b) / 16;
  assert.ok(Math.abs(Number(mean.data[0]) - expected) < 1e-6);
});

Deno.test("The gradients' length is that of all as one vector, and of each stage's", () => {
  const stages = Object.entries(WRITTEN.gradients);
  const inputs = stages.flatMap(([, all]) =>
    all.map(({ shape, data }) => decode(shape, data))
  );
  const results: Record<string, TensorData> = compute(inputs, (...tensors) => {
    const rest = [...tensors];
    const gradients = new Map(
      stages.map(([stage, all]) => [stage, rest.splice(0, all.length)]),
    );
    const embedding = tf.zeros([2, 2]) as tf.Tensor2D;
    return asRecord(gradientNorm.measure({
      embedding,
      gradients,
      assignments: new Map(),
      predictions: new Map(),
    }));
  });
  assert.deepEqual(
    Object.keys(results).sort(),
    Object.keys(WRITTEN.gradient_norm).sort(),
  );
  for (const [stage, expected] of Object.entries(WRITTEN.gradient_norm)) {
    const actual = Number(results[stage]?.data[0]);
    assert.ok(Math.abs(actual - expected) < 1e-5 * expected, stage);
  }
});

const check = (changes: Partial<CheckInputs>): CheckInputs => ({
  views: [],
  covariance: tf.zeros([2, 2]) as tf.Tensor2D,
  twins: new Map(),
  variables: new Map(),
  ...changes,
});

Deno.test("A twin's distance is measured by the weights that it follows", () => {
  const weights = (WRITTEN.gradients["y"] ?? []).map(({ shape, data }) =>
    decode(shape, data)
  );
  const { moved, same } = compute(weights, (...online) => {
    const target = online.map((weight) => tf.mul(weight, 1.25));
    const twins = new Map([
      ["moved", { target, online }],
      ["same", { target: online, online }],
    ]);
    return asRecord(emaDistance.measure(check({ twins }))) as {
      moved: tf.Tensor;
      same: tf.Tensor;
    };
  });
  const expected = WRITTEN.ema_distance;
  assert.ok(Math.abs(Number(moved.data[0]) - expected) < 1e-5);
  assert.equal(Number(same.data[0]), 0);
});

Deno.test("Variables that are no numbers are counted, stage by stage", () => {
  const inputs = [
    float32([3], [1, NaN, Infinity]),
    float32([2], [-Infinity, 0]),
    float32([1], [-0]),
  ];
  const { y, z } = compute(inputs, (a, b, c) => {
    const variables = new Map([["y", [a, b]], ["z", [c]]]) as CheckInputs[
      "variables"
    ];
    return asRecord(nonfinite.measure(check({ variables }))) as {
      y: tf.Tensor;
      z: tf.Tensor;
    };
  });
  assert.deepEqual([Number(y.data[0]), Number(z.data[0])], [3, 0]);
});

Deno.test("Embeddings that are all alike have no spread, no direction, no unevenness", () => {
  const z = float32([6, 4], Array(6).fill([0.5, -1, 2, 0.5]).flat());
  const ours = measure([[z, z]]);
  for (
    const [name, expected] of Object.entries({
      embedding_std: 0,
      alignment: 0,
      uniformity: 0,
      correlation: 0,
      correlation_rank: 0,
      effective_rank: 0,
    })
  ) {
    assert.ok(Math.abs((ours[name] ?? NaN) - expected) < 1e-5, name);
  }
  // The mean is a direction of the matrix of embeddings.
  assert.ok(Math.abs((ours["rankme"] ?? NaN) - 1) < 0.01);
});

Deno.test("Embeddings that spread over the sphere have deviation 1 and full rank", () => {
  const ours = measure([[new Dice(2).tensor([4000, 8])]]);
  for (const name of ["correlation_rank", "effective_rank", "rankme"]) {
    assert.ok(Math.abs((ours[name] ?? NaN) - 8) < 0.1, name);
  }
  assert.ok(Math.abs((ours["embedding_std"] ?? NaN) - 1) < 0.02);
});

Deno.test("A feature without variance counts for no direction", () => {
  const dice = new Dice(5);
  const z = float32(
    [64, 3],
    Array.from({ length: 64 }, () => [dice.normal(), 0.25, dice.normal()])
      .flat(),
  );
  const { rank } = compute([z], (z) => {
    const covariance = covarianceOf(
      updateMoments(nothing(3), [z as tf.Tensor2D]),
    );
    return {
      rank: correlationRank.measure(check({ covariance })) as tf.Tensor,
    };
  });
  const value = Number(rank.data[0]);
  assert.ok(value > 1.8 && value <= 2.0001, `${value}`);
});

Deno.test("The exponent of a power law is found where the spectrum is one", () => {
  for (const alpha of [0.5, 1, 2.5]) {
    const covariance = Array.from({ length: 128 }, (_, i) => (i + 1) ** -alpha);
    const found = alphaReq.measure({ covariance, moment: [] }) ?? NaN;
    assert.ok(Math.abs(found - alpha) < 1e-9);
  }
  const few = { covariance: [1, 0.5, 0.3, 0.2], moment: [] };
  assert.equal(alphaReq.measure(few), undefined);
});

Deno.test("Rank by entropy is the number of equal values", () => {
  assert.ok(Math.abs(entropyRank([3, 3, 3, 0]) - 3) < 1e-12);
  assert.equal(entropyRank([5]), 1);
  assert.equal(entropyRank([0, 0]), 0);
  assert.ok(Number.isNaN(entropyRank([1, NaN])));
});

Deno.test("Both collapses of prototypes tell nothing, and their entropies tell them apart", () => {
  const K = 4;
  const uniform = Array(4 * K).fill(1 / K);
  const one = Array.from({ length: 4 * K }, (_, i) => i % K === 1 ? 1 : 0);
  const own = Array.from({ length: 4 * K }, (_, i) => i % (K + 1) ? 0 : 1);
  // Two rows of one prototype, two of another, each with a quarter elsewhere.
  const two = [[3, 1, 0, 0], [3, 1, 0, 0], [1, 3, 0, 0], [1, 3, 0, 0]]
    .flat().map((value) => value / 4);
  const mixed = -(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25)) / Math.log(K);
  const cases = [
    // targets: entropy, use, information
    [uniform, 1, 1, 0],
    [one, 0, 1 / K, 0],
    [own, 0, 1, 1],
    [two, mixed, 2 / K, Math.log(2) / Math.log(K) - mixed],
  ] as const;
  for (const [targets, entropy, use, information] of cases) {
    const measured: Record<string, TensorData> = compute([
      float32([4, K], [...targets]),
      float32([4, K], uniform),
    ], (target, student) => {
      const inputs = {
        embedding: tf.zeros([2, 2]) as tf.Tensor2D,
        gradients: new Map(),
        assignments: new Map([["loss", {
          target: target as tf.Tensor2D,
          student: student as tf.Tensor2D,
        }]]),
        predictions: new Map(),
      };
      return Object.fromEntries(
        [targetEntropy, studentEntropy, prototypeUse, prototypeInformation]
          .map((signal) => [
            signal.name,
            asRecord(signal.measure(inputs))["loss"] as tf.Tensor,
          ]),
      );
    });
    for (
      const [name, expected] of Object.entries({
        target_entropy: entropy,
        student_entropy: 1,
        prototype_use: use,
        prototype_information: information,
      })
    ) {
      const value = Number(measured[name]?.data[0]);
      assert.ok(Math.abs(value - expected) < 1e-5, `${name} is ${value}`);
      assert.deepEqual(measured[name]?.shape, []);
    }
  }
});

Deno.test("A prediction explains all of what was hidden, none where it is the mean token, less than none where it is worse", () => {
  const found = compute([new Dice(4).tensor([6, 5])], (x) => {
    const mean = tf.mul(tf.onesLike(x as tf.Tensor), tf.mean(x!, 0, true));
    const of = (made: tf.Tensor): tf.Tensor =>
      asRecord(explained.measure({
        embedding: x as tf.Tensor2D,
        gradients: new Map(),
        assignments: new Map(),
        predictions: new Map([["loss", {
          made: made as tf.Tensor2D,
          hidden: x as tf.Tensor2D,
          teacher: [],
        }]]),
      }))["loss"] as tf.Tensor;
    return {
      all: of(x as tf.Tensor),
      none: of(mean),
      // Half of the way: a quarter of the squares is left.
      half: of(tf.div(tf.add(x as tf.Tensor, mean), 2)),
      worse: of(tf.sub(tf.mul(mean, 2), x as tf.Tensor)),
    };
  });
  close(
    ["all", "none", "half", "worse"].flatMap((key) =>
      numbers(found[key as "all"])
    ),
    [1, 0, 0.75, -3],
    1e-5,
  );
});

Deno.test("A teacher's tokens spread over the images, or are those of their places alone", () => {
  const { own, places, half, none } = compute(
    [new Dice(5).tensor([4, 3, 2])],
    (x) => {
      const tokens = tf.sub(x!, tf.mean(x!, 0, true)) as tf.Tensor3D;
      const of = (...teacher: tf.Tensor3D[]) =>
        asRecord(targetSpread.measure({
          embedding: tf.zeros([2, 2]) as tf.Tensor2D,
          gradients: new Map(),
          assignments: new Map(),
          predictions: new Map([["loss", {
            made: tf.zeros([1, 2]) as tf.Tensor2D,
            hidden: tf.zeros([1, 2]) as tf.Tensor2D,
            teacher,
          }]]),
        }));
      const place = tf.onesLike(tokens);
      return {
        own: of(tokens)["loss"] as tf.Tensor,
        places: of(place)["loss"] as tf.Tensor,
        half: of(tokens, place)["loss"] as tf.Tensor,
        none: tf.scalar(Object.keys(of()).length),
      };
    },
  );
  close(
    [own, places, half, none].flatMap(numbers),
    [1, 0, Math.sqrt(0.5), 0],
    1e-5,
  );
});

Deno.test("Signals that have no meaning are left out", () => {
  const one = compute([float32([1, 2], [1, 0])], (z) => {
    const inputs = check({ views: [z as tf.Tensor2D] });
    assert.equal(uniformity.measure(inputs), undefined);
    assert.equal(emaDistance.measure(inputs), undefined);
    return { z };
  });
  assert.ok(one);
  assert.equal(lossToFloor.measure(1, {}), undefined);
  assert.equal(lossToUniform.measure(1, {}), undefined);
});

Deno.test("A loss is held against its landmarks", () => {
  assert.equal(lossToFloor.measure(-0.75, { floor: -1 }), 0.25);
  assert.equal(
    lossToUniform.measure(Math.log(64), { uniform: Math.log(8) }),
    2,
  );
});

Deno.test("Each signal has a name of its own and tells where its formula is from", () => {
  const names = SIGNALS.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const { name, summary, formula, reference, range, unit } of SIGNALS) {
    assert.match(name, /^[a-z_]+$/);
    assert.ok(summary && formula && unit, name);
    assert.match(reference, /\d{4}/, name);
    assert.ok(range[0] < range[1], name);
  }
});
