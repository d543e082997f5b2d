import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { compiledRuntime } from "../../lib/compile/runtime.ts";
import type { TensorData } from "../../lib/ir/dtype.ts";
import { ParameterScope } from "../../lib/layers/layer.ts";
import { ShapeError } from "../../lib/stages/define.ts";
import {
  tokenDecoder,
  type TokenDecoderOptions,
} from "../../lib/stages/modules/token_decoder.ts";
import { vit } from "../../lib/stages/modules/vit_body.ts";
import { engine } from "../helpers/engine.ts";
import { close, compute, Dice, FixedRun, numbers } from "../helpers/numeric.ts";

const OPTIONS: TokenDecoderOptions = {
  width: 8,
  depth: 1,
  heads: 2,
  mlp_ratio: 2,
  out: 3,
};

const int32 = (rows: readonly (readonly number[])[]): TensorData => ({
  dtype: "int32",
  shape: [rows.length, rows[0]?.length ?? 0],
  data: Int32Array.from(rows.flat()),
});

/** An encoder of some patches with a decoder of the others, and its inputs. */
function autoencoder() {
  const scope = new ParameterScope("net");
  const encoder = vit(scope.child("y"), [4, 6, 3], {
    ...OPTIONS,
    patch: 2,
    qkv_bias: true,
    position: "sincos",
    pool: "class",
    drop_path: 0,
  });
  const decoder = tokenDecoder(scope.child("d"), [4, 8], [2, 3], OPTIONS);
  const dice = new Dice(1);
  const values = scope.variables.map(({ shape }) =>
    dice.tensor(shape, () => 0.3 * dice.normal())
  );
  const images = dice.tensor([2, 4, 6, 3]);
  /** Of images, numbers seen and asked for, then variables. */
  const asked = (...tensors: tf.Tensor[]): tf.Tensor => {
    const [x, at, ask, ...parameters] = tensors as [
      tf.Tensor4D,
      tf.Tensor2D,
      tf.Tensor2D,
      ...tf.Tensor[],
    ];
    const run = new FixedRun(
      new Map(
        scope.variables.map(({ path }, i) =>
          [path, parameters[i] as tf.Tensor] as const
        ),
      ),
    );
    const { tokens } = encoder.apply(x, run, { keep: at });
    return decoder(tokens, { at, ask }, run).asked;
  };
  return { asked, images, values };
}

const AT = [[0, 1, 3, 5], [5, 4, 2, 0]];

Deno.test("A decoder fills places in that differ, in the order in which they are asked for", () => {
  const { asked, images, values } = autoencoder();
  const fill = (ask: readonly (readonly number[])[]): number[] =>
    numbers(
      compute([images, int32(AT), int32(ask), ...values], (...tensors) => ({
        y: asked(...tensors),
      })).y,
    );
  const [there, back] = [fill([[2, 4], [1, 3]]), fill([[4, 2], [3, 1]])];
  const rows = (y: number[]): number[][] =>
    [0, 1, 2, 3].map((i) => y.slice(3 * i, 3 * i + 3));
  const [a, b] = [rows(there), rows(back)] as [number[][], number[][]];
  close([1, 0, 3, 2].flatMap((i) => b[i] as number[]), there, 1e-5);
  const gap = Math.hypot(...a[0]!.map((v, i) => v - a[1]![i]!));
  assert.ok(gap > 1e-2, `${gap}`);
});

Deno.test("Compiled gradients of an encoder of some patches and its decoder are those computed op by op", async () => {
  const { asked, images, values } = autoencoder();
  const inputs = [images, int32(AT), int32([[2, 4], [1, 3]]), ...values];
  const gradients = (...tensors: tf.Tensor[]): Record<string, tf.Tensor> => {
    const [x, at, ask, ...parameters] = tensors as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      ...tf.Tensor[],
    ];
    const { grads } = tf.valueAndGrads((...parameters: tf.Tensor[]) =>
      tf.sum(tf.square(asked(x, at, ask, ...parameters)))
    )(parameters);
    return Object.fromEntries(grads.map((g, i) => [`${i}`, g]));
  };
  const eager = compute(inputs, gradients);
  const runtime = compiledRuntime(engine);
  const compiled = await runtime.load("gradients", (execution) =>
    gradients(
      ...inputs.map(({ shape, dtype }, i) =>
        execution.feed(`x${i}`, shape, dtype)
      ),
    )).run(Object.fromEntries(inputs.map((x, i) => [`x${i}`, x])));
  runtime.close();
  assert.equal(Object.keys(compiled).length, values.length);
  for (const [name, gradient] of Object.entries(eager)) {
    close(numbers(compiled[name] as TensorData), numbers(gradient), 1e-5);
  }
});

Deno.test("A decoder of what are no tokens, or with heads that do not divide its width, says so", () => {
  const scope = new ParameterScope("d");
  for (
    const build of [
      () => tokenDecoder(scope, [8], [2, 3], OPTIONS),
      () => tokenDecoder(scope, [4, 8], [2, 3], { ...OPTIONS, heads: 3 }),
    ]
  ) {
    assert.throws(build, ShapeError);
  }
});
