import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { TensorData } from "../../lib/ir/dtype.ts";
import { ParameterScope } from "../../lib/layers/layer.ts";
import { vit } from "../../lib/stages/modules/vit_body.ts";
import {
  closeGradients,
  drawn,
  firstValue,
  type Gradient,
} from "../helpers/drawn.ts";
import { close, compute, FixedRun, numbers } from "../helpers/numeric.ts";

/** What PyTorch finds: tests/fixtures/make_vit.py, which draws the same numbers. */
interface Case {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly options: {
    readonly side: number;
    readonly patch: number;
    readonly width: number;
    readonly depth: number;
    readonly heads: number;
    readonly pool: "class" | "mean";
    readonly layer_scale: boolean;
    readonly position?: "learned" | "relative";
    readonly hide?: readonly (readonly number[])[];
    readonly keep?: readonly (readonly number[])[];
  };
  readonly loss: number;
  readonly outputs: readonly (readonly number[])[];
  readonly gradients: readonly Gradient[];
}

const { cases }: { readonly cases: readonly Case[] } = JSON.parse(
  Deno.readTextFileSync(new URL("../fixtures/vit.json", import.meta.url)),
);

/** Float32 against float32, each summing in its own order. */
const TOLERANCE = 1e-4;

for (const { name, sizes, options, loss, outputs, gradients } of cases) {
  Deno.test(`Features and gradients of a vision transformer are PyTorch's: ${name}`, () => {
    const scope = new ParameterScope("y");
    const { side, layer_scale, hide, keep, ...shape } = options;
    const { apply, width } = vit(scope, [side, side, 3], {
      mlp_ratio: 4,
      qkv_bias: true,
      position: "learned",
      ...shape,
      drop_path: 0,
      layer_scale: layer_scale ? 1 : undefined,
      hides: hide !== undefined,
    });
    assert.deepEqual(
      scope.variables.map(({ path }) => path),
      gradients.map(({ name }) => `y/${name}`),
    );
    const values = scope.variables.map(({ path, shape }, seed) =>
      firstValue(seed, path, shape)
    );
    const images = sizes.map((side, i) =>
      drawn(1000 + i, [2, side, side, 3], 4)
    );
    const weights = sizes.map((_, i) => drawn(2000 + i, [2, width], 2));
    const results = compute(
      [...images, ...weights, ...values],
      (...tensors) => {
        const given = tensors.splice(0, 2 * sizes.length);
        const features = (...parameters: tf.Tensor[]): tf.Tensor[] => {
          const run = new FixedRun(
            new Map(
              scope.variables.map(({ path }, i) =>
                [path, parameters[i] as tf.Tensor] as const
              ),
            ),
          );
          const numbersOf = (places: typeof hide) =>
            places && tf.tensor2d(places as number[][], undefined, "int32");
          const patches = { hide: numbersOf(hide), keep: numbersOf(keep) };
          return sizes.map((_, i) =>
            apply(given[i] as tf.Tensor4D, run, patches).output
          );
        };
        const lossOf = (...parameters: tf.Tensor[]): tf.Scalar =>
          tf.addN(
            features(...parameters).map((output, i) =>
              tf.sum(tf.mul(output, given[sizes.length + i] as tf.Tensor))
            ),
          ) as tf.Scalar;
        const { value, grads } = tf.valueAndGrads(lossOf)(tensors);
        return Object.fromEntries([
          ["loss", value],
          ...features(...tensors).map((output, i) => [`output${i}`, output]),
          ...grads.map((gradient, i) => [`gradient${i}`, gradient]),
        ]) as Record<string, tf.Tensor>;
      },
    );
    const of = (key: string): number[] => numbers(results[key] as TensorData);
    outputs.forEach((output, i) => close(of(`output${i}`), output, TOLERANCE));
    close(of("loss"), [loss], TOLERANCE * Math.max(1, Math.abs(loss)));
    closeGradients(
      gradients,
      (i) => of(`gradient${i}`),
      (i) => scope.variables[i]?.shape ?? [],
      TOLERANCE,
    );
  });
}
