import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { adam, adamw } from "../../lib/optim/adam.ts";
import type { OptimizerDefinition } from "../../lib/optim/define.ts";
import { lars } from "../../lib/optim/lars.ts";
import { OPTIMIZERS } from "../../lib/optim/registry.ts";
import { sgd } from "../../lib/optim/sgd.ts";
import type { TensorData } from "../../lib/ir/dtype.ts";
import { close, compute, Dice, float32, numbers } from "../helpers/numeric.ts";

type Vector = readonly number[];

const STEPS = 5;
const SHAPE = [3, 4];
/** A rate that changes, as a schedule's does. */
const rate = (step: number): number => 0.1 / (1 + step);

const norm = (x: Vector): number => Math.sqrt(x.reduce((s, v) => s + v * v, 0));

/** A textbook optimizer: takes a gradient, gives the new value. */
type Reference = (w: Vector, g: Vector, step: number) => number[];

function sgdReference(momentum: number, decay: number): Reference {
  let v = new Array<number>(12).fill(0);
  return (w, g, step) => {
    v = v.map((old, i) => momentum * old + g[i]! + decay * w[i]!);
    return w.map((x, i) => x - rate(step) * v[i]!);
  };
}

function larsReference(
  momentum: number,
  decay: number,
  trust: number,
  clip = false,
  apart = false,
): Reference {
  let v = new Array<number>(12).fill(0);
  return (w, g, step) => {
    const slope = g.map((x, i) => x + decay * w[i]!);
    const lengths = [
      norm(w),
      apart ? norm(g) + decay * norm(w) : norm(slope),
    ] as const;
    let local = lengths[0] > 0 && lengths[1] > 0
      ? trust * lengths[0] / lengths[1]
      : 1;
    if (clip) local = Math.min(local / rate(step), 1);
    v = v.map((old, i) => momentum * old + local * slope[i]!);
    return w.map((x, i) => x - rate(step) * v[i]!);
  };
}

function adamReference(
  beta1: number,
  beta2: number,
  epsilon: number,
  { l2 = 0, decoupled = 0 },
): Reference {
  let m = new Array<number>(12).fill(0);
  let s = new Array<number>(12).fill(0);
  return (w, g, step) => {
    const slope = g.map((x, i) => x + l2 * w[i]!);
    m = m.map((old, i) => beta1 * old + (1 - beta1) * slope[i]!);
    s = s.map((old, i) => beta2 * old + (1 - beta2) * slope[i]! ** 2);
    return w.map((x, i) => {
      const first = m[i]! / (1 - beta1 ** (step + 1));
      const second = s[i]! / (1 - beta2 ** (step + 1));
      return x - rate(step) * decoupled * x -
        rate(step) * first / (Math.sqrt(second) + epsilon);
    });
  };
}

interface Case {
  readonly name: string;
  readonly definition: OptimizerDefinition;
  readonly options: Record<string, unknown>;
  readonly isWeight?: boolean;
  readonly start?: "zero";
  readonly gradients?: "zero";
  readonly reference: () => Reference;
}

const CASES: readonly Case[] = [
  {
    name: "sgd with its defaults is momentum 0.9",
    definition: sgd,
    options: {},
    reference: () => sgdReference(0.9, 0),
  },
  {
    name: "sgd with momentum and weight decay",
    definition: sgd,
    options: { momentum: 0.8, weight_decay: 0.05 },
    reference: () => sgdReference(0.8, 0.05),
  },
  {
    name: "sgd without momentum",
    definition: sgd,
    options: { momentum: 0 },
    reference: () => sgdReference(0, 0),
  },
  {
    name: "sgd decays a bias too",
    definition: sgd,
    options: { weight_decay: 0.05 },
    isWeight: false,
    reference: () => sgdReference(0.9, 0.05),
  },
  {
    name: "sgd spares a bias that is excluded",
    definition: sgd,
    options: { weight_decay: 0.05, exclude_bias_and_norm: true },
    isWeight: false,
    reference: () => sgdReference(0.9, 0),
  },
  {
    name: "lars with weight decay",
    definition: lars,
    options: { weight_decay: 0.05, trust: 0.02 },
    reference: () => larsReference(0.9, 0.05, 0.02),
  },
  {
    name: "lars with the lengths of slope and decay apart, as solo-learn's",
    definition: lars,
    options: { weight_decay: 0.3, trust: 0.02, divisor: "apart", clip: true },
    reference: () => larsReference(0.9, 0.3, 0.02, true, true),
  },
  {
    name: "lars with a clipped rate that stays below the rate of SGD",
    definition: lars,
    options: { trust: 0.02, clip: true },
    reference: () => larsReference(0.9, 0, 0.02, true),
  },
  {
    name: "lars with a clipped rate that would exceed the rate of SGD",
    definition: lars,
    options: { trust: 1, clip: true, momentum: 0.5 },
    reference: () => larsReference(0.5, 0, 1, true),
  },
  {
    name: "lars is sgd without decay for a bias or norm",
    definition: lars,
    options: { weight_decay: 0.05 },
    isWeight: false,
    reference: () => sgdReference(0.9, 0),
  },
  {
    name: "lars adapts a bias that is not excluded",
    definition: lars,
    options: { weight_decay: 0.05, exclude_bias_and_norm: false },
    isWeight: false,
    reference: () => larsReference(0.9, 0.05, 0.001),
  },
  {
    name: "lars moves weights that start at 0",
    definition: lars,
    options: { trust: 0.02 },
    start: "zero",
    reference: () => larsReference(0.9, 0, 0.02),
  },
  {
    name: "lars survives a gradient of 0",
    definition: lars,
    options: { trust: 0.02 },
    gradients: "zero",
    reference: () => larsReference(0.9, 0, 0.02),
  },
  {
    name: "adam with its defaults",
    definition: adam,
    options: {},
    reference: () => adamReference(0.9, 0.999, 1e-8, {}),
  },
  {
    name: "adam takes weight decay into the gradient",
    definition: adam,
    options: { beta1: 0.7, beta2: 0.9, epsilon: 0.01, weight_decay: 0.1 },
    reference: () => adamReference(0.7, 0.9, 0.01, { l2: 0.1 }),
  },
  {
    name: "adamw keeps weight decay apart",
    definition: adamw,
    options: { weight_decay: 0.1 },
    reference: () => adamReference(0.9, 0.999, 1e-8, { decoupled: 0.1 }),
  },
  {
    name: "adamw spares a norm that is excluded",
    definition: adamw,
    options: { weight_decay: 0.1, exclude_bias_and_norm: true },
    isWeight: false,
    reference: () => adamReference(0.9, 0.999, 1e-8, {}),
  },
];

Deno.test("Every optimizer is among the cases", () => {
  assert.deepEqual(
    new Set(CASES.map(({ definition }) => definition)),
    new Set(OPTIMIZERS),
  );
});

for (const { name, definition, options, ...rest } of CASES) {
  Deno.test(`Five steps are the textbook's: ${name}`, () => {
    const parsed = definition.options.parse({ lr: 1, ...options });
    const dice = new Dice(7);
    const start = rest.start === "zero"
      ? float32(SHAPE, new Array(12).fill(0))
      : dice.tensor(SHAPE);
    const gradients = Array.from(
      { length: STEPS },
      () => dice.tensor(SHAPE, rest.gradients === "zero" ? () => 0 : undefined),
    );
    let value: TensorData = start;
    let slots = definition.slots.map(() =>
      float32(SHAPE, new Array(12).fill(0))
    );
    const step = rest.reference();
    let expected = numbers(start);
    for (let i = 0; i < STEPS; i++) {
      const gradient = gradients[i] as TensorData;
      const result = compute(
        [value, gradient, ...slots],
        (value, gradient, ...slots) => {
          const updated = definition.update({
            value: value!,
            gradient: gradient!,
            slots,
            lr: tf.scalar(rate(i)),
            step: tf.scalar(i),
            isWeight: rest.isWeight ?? true,
          }, parsed);
          return {
            value: updated.value,
            ...Object.fromEntries(updated.slots.map((s, k) => [`${k}`, s])),
          } as Record<string, tf.Tensor>;
        },
      );
      value = result["value"] as TensorData;
      slots = slots.map((_, k) => result[`${k}`] as TensorData);
      expected = step(expected, numbers(gradient), i);
      // Values of about 1 in float32, after at most five steps.
      close(numbers(value), expected, 3e-6, `step ${i}`);
    }
  });
}
