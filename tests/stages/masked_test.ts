/** @file Patches behind a learned token, and networks of single tokens. */
import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { ParameterScope } from "../../lib/layers/layer.ts";
import type { Random } from "../../lib/ops/random.ts";
import { OUTPUT, type StageDefinition } from "../../lib/stages/define.ts";
import { randomMask } from "../../lib/stages/masks/random.ts";
import { pixels } from "../../lib/stages/losses/pixels.ts";
import { linear } from "../../lib/stages/modules/linear.ts";
import { mlp } from "../../lib/stages/modules/mlp.ts";
import { prototypes } from "../../lib/stages/modules/prototypes.ts";
import { close, compute, Dice, numbers, Scripted } from "../helpers/numeric.ts";
import { built, FixedStageRun } from "../helpers/stages.ts";
import { check, load } from "../helpers/training.ts";

class ScriptedRun extends FixedStageRun {
  constructor(readonly draws: readonly (readonly number[])[]) {
    super(new Map());
  }

  override random(): Random {
    return new Scripted(this.draws);
  }
}

Deno.test("A random mask of squares hides all patches of some, and shows all of the others", () => {
  // 2 x 3 squares of 2 x 2 patches of 2 pixels; the drawn numbers order them.
  const of = [{ is: "image", shape: [8, 12, 3] } as const];
  const options = { patch: 2, mask_patch: 4, ratio: 0.7 };
  const { outputs, apply } = built(randomMask, options, { of }, 2);
  assert.deepEqual(outputs["visible"]?.[0]?.shape, [8]);
  assert.deepEqual(outputs["hidden"]?.[0]?.shape, [16]);
  const { visible, hidden } = compute([], () => {
    const run = new ScriptedRun([[
      ...[0.5, 0.1, 0.6, 0.7, 0.2, 0.9],
      ...[0.9, 0.8, 0.1, 0.3, 0.7, 0.6],
    ]]);
    const { visible, hidden } = apply({ of: [tf.zeros([2, 8, 12, 3])] }, run);
    return { visible: visible![0]!, hidden: hidden![0]! };
  });
  // Squares 1 and 4 of the first image, 2 and 3 of the second; a row has 6 patches.
  assert.deepEqual(numbers(visible), [
    ...[2, 3, 8, 9, 14, 15, 20, 21],
    ...[4, 5, 10, 11, 12, 13, 18, 19],
  ]);
  const all = numbers(visible).slice(0, 8).concat(numbers(hidden).slice(0, 16));
  assert.deepEqual(
    all.toSorted((a, b) => a - b),
    Array.from({ length: 24 }, (_, i) => i),
  );
});

for (
  const [definition, options] of [
    [linear, { out: 3 }],
    [mlp, { hidden: 5, out: 3, activation: "gelu" }],
    [prototypes, { out: 3, lengths: true }],
  ] as const satisfies [StageDefinition, object][]
) {
  Deno.test(`${definition.name} makes of tokens what it makes of each as a row`, () => {
    const [inRows, inTokens] = [
      [{ is: "embedding", shape: [4] }],
      [{ is: "tokens", shape: [3, 4] }],
    ] as const;
    const scope = new ParameterScope("stage");
    const ofRows = built(definition, options, { of: inRows }, 6, scope);
    const ofTokens = built(definition, options, { of: inTokens }, 2);
    assert.deepEqual(ofTokens.outputs[OUTPUT]?.[0], {
      is: "tokens",
      shape: [3, 3],
    });
    const dice = new Dice(1);
    const values = scope.variables.map(({ shape }) => dice.tensor(shape));
    const { rows, tokens } = compute(
      [dice.tensor([6, 4]), ...values],
      (x, ...tensors) => {
        const run = () =>
          new FixedStageRun(
            new Map(scope.variables.map(({ path }, i) =>
              [path, tensors[i] as tf.Tensor] as const
            )),
          );
        const cut = tf.reshape(x as tf.Tensor, [2, 3, 4]);
        return {
          rows: ofRows.apply({ of: [x as tf.Tensor] }, run())[OUTPUT]![0]!,
          tokens: ofTokens.apply({ of: [cut] }, run())[OUTPUT]![0]!,
        };
      },
    );
    assert.deepEqual(tokens.shape, [2, 3, 3]);
    close(numbers(tokens), numbers(rows), 1e-6);
  });
}

/** A student behind whose token patches are hidden; a twin and a copy that see all. */
const STUDENT = `  views: { augment: none, of: image, count: 2 }
  mask: { mask: random, of: views, patch: 2, ratio: 0.5 }
  y: { encode: vit, of: views, hide: mask.hidden, patch: 2, width: 4, depth: 1, heads: 1 }`;

Deno.test("A twin and a copy of a network that hides patches see all, and need no token for it", () => {
  const { graph } = load({
    stages: `${STUDENT}
  t: { ema: y, of: views }
  w: { with: y, of: views }
  loss: { loss: cosine, between: [y, t] }
  more: { loss: nt_xent, between: [w, w] }`,
    train: "ema: 0.9",
  });
  const [y, t, w] = ["y", "t", "w"].map((name) => graph.byName.get(name)!);
  const paths = y!.variables.map(({ path }) => path);
  assert.ok(paths.includes("y/mask_token"));
  assert.deepEqual(
    t!.built.follows?.map(([twin, source]) => [twin.path, source.path]),
    paths.filter((path) => path !== "y/mask_token")
      .map((path) => [path.replace("y/", "t/"), path]),
  );
  assert.deepEqual(w!.variables, []);
});

Deno.test("A copy that needs a weight which its source has not is refused", () => {
  const { text } = check({
    stages: `  views: { augment: none, of: image, count: 2 }
  mask: { mask: random, of: views, patch: 2, ratio: 0.5 }
  y: { encode: vit, of: views, patch: 2, width: 4, depth: 1, heads: 1 }
  t: { ema: y, of: views, hide: mask.hidden }
  loss: { loss: cosine, between: [y, t] }`,
    train: "ema: 0.9",
  });
  assert.match(
    text,
    /Cannot twin "y" on .*its weights would have other shapes/,
  );
});

Deno.test("Several blocks of one image are rebuilt each, and their errors averaged", () => {
  const image = [{ is: "image", shape: [4, 4, 1] }] as const;
  const made = { is: "tokens", shape: [2, 4] } as const;
  const at = { is: "mask", shape: [2], dtype: "int32" } as const;
  const dice = new Dice(5);
  const { both, first, second } = compute(
    [[1, 4, 4, 1], [1, 2, 4], [1, 2, 4]].map((shape) => dice.tensor(shape)),
    (picture, ...tokens) => {
      const loss = (blocks: readonly number[]): tf.Tensor => {
        const of = blocks.map(() => made);
        const signatures = { of, target: image, at: blocks.map(() => at) };
        const stage = built(pixels, { patch: 2 }, signatures, 1);
        const values = {
          of: blocks.map((i) => tokens[i] as tf.Tensor),
          target: [picture as tf.Tensor],
          at: blocks.map((i) => tf.tensor2d([[i, 3 - i]], [1, 2], "int32")),
        };
        return stage.apply(values, new FixedStageRun(new Map()))["loss"]![0]!;
      };
      return { both: loss([0, 1]), first: loss([0]), second: loss([1]) };
    },
  );
  const [a = 0] = numbers(first);
  const [b = 0] = numbers(second);
  close(numbers(both), [(a + b) / 2], 1e-6);
  assert.notEqual(a, b);
});

Deno.test("Places that do not match their tokens are refused where they are written", () => {
  const { text } = check({
    stages: `${STUDENT}
  one: { gather: "y.tokens", at: "mask.hidden[0]" }
  loss: { loss: nt_xent, between: [y, y] }`,
  });
  assert.match(text, /Cannot take some of .*: "at" has 1 views for 2/);
});
