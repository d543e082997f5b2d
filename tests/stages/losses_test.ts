import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { TensorData } from "../../lib/ir/dtype.ts";
import { BUILT_IN } from "../../lib/model/registry.ts";
import type { StageDefinition } from "../../lib/stages/define.ts";
import { batchInfoNce } from "../../lib/stages/losses/batch_info_nce.ts";
import { cosine } from "../../lib/stages/losses/cosine.ts";
import { covariance } from "../../lib/stages/losses/covariance.ts";
import { crossCorrelation } from "../../lib/stages/losses/cross_correlation.ts";
import { decoupled } from "../../lib/stages/losses/decoupled.ts";
import { infoNce } from "../../lib/stages/losses/info_nce.ts";
import { mse } from "../../lib/stages/losses/mse.ts";
import { ntXent } from "../../lib/stages/losses/nt_xent.ts";
import { relational } from "../../lib/stages/losses/relational.ts";
import { softCrossEntropy } from "../../lib/stages/losses/soft_cross_entropy.ts";
import { variance } from "../../lib/stages/losses/variance.ts";
import {
  checkGradients,
  close,
  compute,
  Dice,
  float32,
  numbers,
  rows,
} from "../helpers/numeric.ts";
import { lossOf, lossStage } from "../helpers/stages.ts";

type Row = readonly number[];

const dot = (a: Row, b: Row): number =>
  a.reduce((sum, v, i) => sum + v * b[i]!, 0);
const unit = (a: Row): number[] => a.map((v) => v / Math.sqrt(dot(a, a)));
const cos = (a: Row, b: Row): number => dot(unit(a), unit(b));
const average = (values: Row): number =>
  values.reduce((a, b) => a + b, 0) / values.length;
const sum = (values: Row): number => values.reduce((a, b) => a + b, 0);

interface Formula {
  readonly definition: StageDefinition;
  readonly options: Record<string, number | boolean>;
  /** The paper's formula, in float64. */
  readonly value: (a: Row[], b: Row[], negatives: Row[]) => number;
}

/** Barlow Twins, equation 1, with the paper's normalisation over the batch. */
function barlow(
  a: Row[],
  b: Row[],
  { lambda = 0.0051, invariance = 1, scale = 1, epsilon = 1e-5, raw = false },
): number {
  const features = a[0]!.length;
  const column = (x: Row[], j: number): number[] => {
    const values = x.map((row) => row[j]!);
    const mean = average(values);
    const variance = average(values.map((v) => (v - mean) ** 2));
    const spread = raw ? 1 : Math.sqrt(variance + epsilon);
    return values.map((v) => (v - mean) / spread);
  };
  let [diagonal, rest] = [0, 0];
  for (let i = 0; i < features; i++) {
    for (let j = 0; j < features; j++) {
      const c = dot(column(a, i), column(b, j)) / a.length;
      if (i === j) diagonal += (1 - c) ** 2;
      else rest += c ** 2;
    }
  }
  return scale * (invariance * diagonal + lambda * rest);
}

/** SimCLR, equation 1, averaged over both directions of every pair. */
function simclr(a: Row[], b: Row[], temperature: number): number {
  const all = [...a, ...b];
  const exp = (i: number, j: number): number =>
    Math.exp(cos(all[i]!, all[j]!) / temperature);
  return average(all.map((_, i) => {
    const j = (i + a.length) % all.length;
    const others = all.map((_, k) => k === i ? 0 : exp(i, k));
    return -Math.log(exp(i, j) / sum(others));
  }));
}

/** DCL, equation 6: the positive is in no denominator. */
function decoupledOf(a: Row[], b: Row[], temperature: number): number {
  const one = (from: Row[], to: Row[]): number[] =>
    from.map((row, i) => {
      const rivals = [...from, ...to].filter((_, k) => k % from.length !== i);
      const all = rivals.map((r) => Math.exp(cos(row, r) / temperature));
      return Math.log(sum(all)) - cos(row, to[i]!) / temperature;
    });
  return average([...one(a, b), ...one(b, a)]);
}

/** ReSSL, equation 4. */
function relations(
  a: Row[],
  b: Row[],
  queue: Row[],
  [student, teacher]: readonly [number, number],
): number {
  const shares = (row: Row, temperature: number): number[] => {
    const all = queue.map((n) => Math.exp(dot(unit(row), n) / temperature));
    return all.map((value) => value / sum(all));
  };
  return average(a.map((row, i) => {
    const target = shares(b[i]!, teacher);
    return -sum(shares(row, student).map((p, k) => target[k]! * Math.log(p)));
  }));
}

/** MoCo, equation 1. */
function moco(q: Row[], k: Row[], queue: Row[], temperature: number): number {
  return average(q.map((row, i) => {
    const match = Math.exp(cos(row, k[i]!) / temperature);
    const others = queue.map((n) => Math.exp(dot(unit(row), n) / temperature));
    return -Math.log(match / (match + sum(others)));
  }));
}

/** NNCLR, section 3: the batch's other rows of `b` are the negatives. */
function nnclr(a: Row[], b: Row[], temperature: number): number {
  return average(a.map((row, i) => {
    const all = b.map((other) => Math.exp(cos(row, other) / temperature));
    return -Math.log(all[i]! / sum(all));
  }));
}

/** SwAV, equation 2: scores of `a` over a temperature, probabilities of `b`. */
function assigned(a: Row[], b: Row[], temperature: number): number {
  return average(a.map((row, i) => {
    const scores = row.map((v) => v / temperature);
    // Scores may be large, and exp() of them beyond any number.
    const most = Math.max(...scores);
    const all = most + Math.log(sum(scores.map((v) => Math.exp(v - most))));
    return -sum(scores.map((v, k) => b[i]![k]! * (v - all)));
  }));
}

/** VICReg, equations 3 and 4: covariance of two features over the batch. */
function covarianceOf(x: Row[], i: number, j: number): number {
  const column = (k: number): number[] => x.map((row) => row[k]!);
  const [u, v] = [column(i), column(j)];
  const [mu, mv] = [average(u), average(v)];
  return sum(u.map((value, k) => (value - mu) * (v[k]! - mv))) / (x.length - 1);
}

/** VICReg, equation 1. */
const spread = (x: Row[], target: number, epsilon: number): number =>
  average(
    x[0]!.map((_, j) =>
      Math.max(0, target - Math.sqrt(covarianceOf(x, j, j) + epsilon))
    ),
  );

/** VICReg, equation 4. */
const redundancy = (x: Row[]): number =>
  average(
    x[0]!.map((_, i) =>
      sum(x[0]!.map((_, j) => i === j ? 0 : covarianceOf(x, i, j) ** 2))
    ),
  );

const FORMULAS: readonly Formula[] = [
  {
    definition: cosine,
    options: {},
    value: (a, b) => -average(a.map((row, i) => cos(row, b[i]!))),
  },
  {
    definition: mse,
    options: {},
    value: (a, b) =>
      average(a.map((row, i) => {
        const difference = unit(row).map((v, j) => v - unit(b[i]!)[j]!);
        return dot(difference, difference);
      })),
  },
  {
    definition: mse,
    options: { normalize: false },
    value: (a, b) =>
      average(a.flatMap((row, i) => row.map((v, j) => (v - b[i]![j]!) ** 2))),
  },
  {
    definition: variance,
    options: { target: 2 },
    value: (a, b) => (spread(a, 2, 1e-4) + spread(b, 2, 1e-4)) / 2,
  },
  {
    definition: variance,
    options: { target: 1.5, epsilon: 0.01 },
    value: (a, b) => (spread(a, 1.5, 0.01) + spread(b, 1.5, 0.01)) / 2,
  },
  {
    definition: covariance,
    options: {},
    value: (a, b) => redundancy(a) + redundancy(b),
  },
  {
    definition: crossCorrelation,
    options: {},
    value: (a, b) => barlow(a, b, {}),
  },
  {
    definition: crossCorrelation,
    options: { lambda: 0.3, invariance: 2, scale: 0.1, epsilon: 0 },
    value: (a, b) =>
      barlow(a, b, { lambda: 0.3, invariance: 2, scale: 0.1, epsilon: 0 }),
  },
  {
    definition: crossCorrelation,
    options: { lambda: 0.3, standardize: false },
    value: (a, b) => barlow(a, b, { lambda: 0.3, raw: true }),
  },
  {
    definition: ntXent,
    options: {},
    value: (a, b) => simclr(a, b, 0.5),
  },
  {
    definition: ntXent,
    options: { temperature: 0.07 },
    value: (a, b) => simclr(a, b, 0.07),
  },
  {
    definition: infoNce,
    options: {},
    value: (a, b, negatives) => moco(a, b, negatives, 0.2),
  },
  {
    definition: infoNce,
    options: { temperature: 0.07 },
    value: (a, b, negatives) => moco(a, b, negatives, 0.07),
  },
  {
    definition: batchInfoNce,
    options: {},
    value: (a, b) => nnclr(a, b, 0.1),
  },
  {
    definition: batchInfoNce,
    options: { temperature: 0.5 },
    value: (a, b) => nnclr(a, b, 0.5),
  },
  {
    definition: decoupled,
    options: {},
    value: (a, b) => decoupledOf(a, b, 0.1),
  },
  {
    definition: decoupled,
    options: { temperature: 0.5 },
    value: (a, b) => decoupledOf(a, b, 0.5),
  },
  {
    definition: relational,
    options: { temperature: 0.2, target_temperature: 0.1 },
    value: (a, b, queue) => relations(a, b, queue, [0.2, 0.1]),
  },
  {
    definition: softCrossEntropy,
    options: {},
    value: (a, b) => assigned(a, b, 0.1),
  },
  {
    definition: softCrossEntropy,
    options: { temperature: 2 },
    value: (a, b) => assigned(a, b, 2),
  },
];

const [BATCH, FEATURES, QUEUE] = [7, 5, 11];
const SIZES = { batch: BATCH, features: FEATURES, negatives: QUEUE };

function inputs(seed: number): readonly [TensorData, TensorData, TensorData] {
  const dice = new Dice(seed);
  const a = dice.tensor([BATCH, FEATURES], () => 3 * dice.normal());
  // Near to `a`, as views of the same images are.
  const b = float32(a.shape, numbers(a).map((v) => 0.5 * v + dice.normal()));
  const drawn = dice.tensor([QUEUE, FEATURES]);
  return [a, b, float32(drawn.shape, rows(drawn).flatMap(unit))];
}

const apply = (
  { definition, options }: Pick<Formula, "definition" | "options">,
  a: tf.Tensor,
  b: tf.Tensor,
  negatives: tf.Tensor,
): tf.Scalar => lossOf(definition, options, [a, b, negatives]);

/** Losses of two sides; others have tests of their own. */
const LOSSES = BUILT_IN.stages.filter(({ objective, inputs }) =>
  objective && inputs["between"]?.sides === 2
);

Deno.test("Every loss has a formula to be tested against", () => {
  assert.deepEqual(
    new Set(FORMULAS.map(({ definition }) => definition)),
    new Set(LOSSES),
  );
});

for (const formula of FORMULAS) {
  const { definition: { name }, options } = formula;
  const what = `${name} ${JSON.stringify(options)}`;

  Deno.test(`${what} is the paper's formula`, () => {
    for (const seed of [1, 2]) {
      const given = inputs(seed);
      const { loss } = compute(given, (a, b, negatives) => ({
        loss: apply(formula, a!, b!, negatives!),
      }));
      assert.deepEqual(loss.shape, []);
      const [a, b, negatives] = given;
      const expected = formula.value(rows(a), rows(b), rows(negatives));
      // Float32 has 1.2e-7; the division by the temperature widens it.
      close(numbers(loss), [expected], 1e-5 * Math.max(1, Math.abs(expected)));
    }
  });

  Deno.test(`The gradients of ${what} agree with differences`, () => {
    const [a, b, negatives] = inputs(3);
    const constants = numbers(negatives);
    checkGradients([a, b], (a, b) =>
      apply(
        formula,
        a!,
        b!,
        // The queue is data, so no gradient of it is asked for.
        tf.tensor2d(constants, [QUEUE, FEATURES]),
      ), { tolerance: 3e-3 });
  });
}

Deno.test("The landmarks of a loss are its values on a constant embedding", () => {
  const same = float32(
    [BATCH, FEATURES],
    Array.from({ length: BATCH }, () => [1, -2, 0.5, 3, 1]).flat(),
  );
  const queue = float32(
    [QUEUE, FEATURES],
    Array.from({ length: QUEUE }, () => unit([1, -2, 0.5, 3, 1])).flat(),
  );
  const marked = new Set<string>();
  for (const { definition, options } of FORMULAS) {
    const { landmarks: marks = {} } = lossStage(definition, options, SIZES);
    const expected = marks.floor ?? marks.uniform;
    if (expected === undefined) continue;
    marked.add(definition.name);
    const { loss } = compute([same, queue], (x, queue) => ({
      loss: apply({ definition, options }, x!, x!, queue!),
    }));
    close(numbers(loss), [expected], 1e-5, definition.name);
  }
  assert.ok(marked.size >= 6);
});

Deno.test("cosine and mse rank pairs alike: mse is 2 + 2 cosine", () => {
  const { a, b } = compute(inputs(4), (x, y, n) => ({
    a: apply({ definition: cosine, options: {} }, x!, y!, n!),
    b: apply({ definition: mse, options: {} }, x!, y!, n!),
  }));
  close(numbers(b), [2 + 2 * numbers(a)[0]!], 1e-5);
});
