import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { conv2d } from "../../lib/ops/conv.ts";
import { trace } from "../../lib/trace/execution.ts";
import { BFLOAT16, FLOAT32 } from "../../lib/ir/rounding.ts";
import { CPU, type Target } from "../../lib/trace/target.ts";
import { engine } from "../helpers/engine.ts";

/** Kinds of the ops that a convolution with its gradients is recorded as. */
function opsOf(
  [batch, side, channels]: readonly [number, number, number],
  { target = CPU, stride = 1 }: { target?: Target; stride?: number } = {},
): Set<string> {
  const float32 = "float32" as const;
  const program = trace(engine.api, "convolution", (execution) => {
    const x = execution.feed("x", [batch, side, side, channels], float32);
    const w = execution.feed("w", [3, 3, channels, channels], float32);
    const [dx, dw] = tf.grads((x, w) =>
      conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride, padding: 1 })
    )([x, w]) as [tf.Tensor, tf.Tensor];
    return { dx, dw };
  }, target);
  return new Set(program.nodes.map(({ op }) => op));
}

const isDirect = (ops: Set<string>): boolean => {
  const products = ops.has("BatchMatMulV2");
  assert.notEqual(ops.has("Conv2DBackpropInput"), products);
  return !products;
};

for (
  const [what, size] of [
    ["ResNet-18's second group", [64, 16, 128]],
    ["its third", [64, 8, 256]],
    ["its fourth", [64, 4, 512]],
  ] as const
) {
  Deno.test(`A dense convolution with many channels is done in Winograd's basis: ${what}`, () => {
    assert.ok(!isDirect(opsOf(size)));
  });
}

for (
  const [what, size] of [
    ["few channels", [128, 16, 32]],
    ["the channels of ResNet-18's first group", [64, 32, 64]],
    ["the channels of the small ResNet's last group", [128, 8, 64]],
    ["few tiles for the kernel's coefficients", [16, 4, 512]],
    ["tiles that are mostly padding", [64, 5, 256]],
  ] as const
) {
  Deno.test(`A convolution with ${what} is left to TensorFlow's op`, () => {
    assert.ok(isDirect(opsOf(size)));
  });
}

for (
  const [what, options] of [
    ["a strided convolution", { stride: 2 }],
    ["one in bfloat16", { target: { device: "cpu", ...BFLOAT16 } }],
    ["one for a GPU", { target: { device: "gpu", ...FLOAT32 } }],
    ["one that is counted", {
      target: { device: "any", ...FLOAT32 },
    }],
  ] as const
) {
  Deno.test(`Whatever its size, ${what} is left to TensorFlow's op`, () => {
    assert.ok(isDirect(opsOf([64, 16, 128], options)));
  });
}

const FEW = [
  ["dense", [64, 4, 512], 1],
  ["strided", [64, 16, 64], 2],
] as const;

for (const [kind, size, stride] of FEW) {
  Deno.test(`On a CPU, the gradient of a ${kind} kernel with few windows an image is one product`, () => {
    const target = { device: "cpu", ...BFLOAT16 } as const;
    const ops = opsOf(size, { stride, target });
    assert.ok(ops.has("MatMul") && !ops.has("Conv2DBackpropFilter"));
  });
  for (const device of ["gpu", "any"] as const) {
    Deno.test(`It is TensorFlow's op for the device "${device}": ${kind}`, () => {
      const ops = opsOf(size, { stride, target: { device, ...FLOAT32 } });
      assert.ok(!ops.has("MatMul") && ops.has("Conv2DBackpropFilter"));
    });
  }
}
