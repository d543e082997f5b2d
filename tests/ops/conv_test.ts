import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { TensorData } from "../../lib/ir/dtype.ts";
import { conv2d } from "../../lib/ops/conv.ts";
import { direct } from "../../lib/ops/conv_direct.ts";
import type { ConvGeometry } from "../../lib/ops/conv_way.ts";
import { winograd } from "../../lib/ops/conv_winograd.ts";
import {
  checkGradients,
  close,
  compute,
  Dice,
  numbers,
} from "../helpers/numeric.ts";

interface Case extends ConvGeometry {
  readonly name: string;
  readonly kernel: number;
  readonly height: number;
  readonly width: number;
}

const CASES: readonly Case[] = [
  { name: "1x1", kernel: 1, stride: 1, padding: 0, height: 5, width: 4 },
  { name: "3x3", kernel: 3, stride: 1, padding: 1, height: 5, width: 6 },
  {
    name: "3x3 without padding",
    kernel: 3,
    stride: 1,
    padding: 0,
    height: 6,
    width: 5,
  },
  {
    name: "3x3 with padding 2",
    kernel: 3,
    stride: 1,
    padding: 2,
    height: 4,
    width: 5,
  },
  {
    name: "3x3 at stride 2, even sides",
    kernel: 3,
    stride: 2,
    padding: 1,
    height: 6,
    width: 8,
  },
  {
    name: "3x3 at stride 2, odd sides",
    kernel: 3,
    stride: 2,
    padding: 1,
    height: 7,
    width: 5,
  },
  {
    name: "3x3 at stride 2, an odd and an even side",
    kernel: 3,
    stride: 2,
    padding: 1,
    height: 7,
    width: 6,
  },
  {
    name: "1x1 at stride 2, even sides",
    kernel: 1,
    stride: 2,
    padding: 0,
    height: 6,
    width: 4,
  },
  {
    name: "1x1 at stride 2, odd sides",
    kernel: 1,
    stride: 2,
    padding: 0,
    height: 5,
    width: 7,
  },
  {
    name: "7x7 at stride 2, even sides",
    kernel: 7,
    stride: 2,
    padding: 3,
    height: 8,
    width: 10,
  },
  {
    name: "7x7 at stride 2, odd sides",
    kernel: 7,
    stride: 2,
    padding: 3,
    height: 9,
    width: 7,
  },
  {
    name: "3x3 at stride 3, a rest of the image unseen",
    kernel: 3,
    stride: 3,
    padding: 1,
    height: 9,
    width: 10,
  },
];

const [BATCH, FROM, TO] = [2, 3, 2];

/** Convolution and its gradients, by their definition, in float64. */
function reference(
  { kernel: side, stride, padding, height, width }: Case,
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  dy?: ArrayLike<number>,
): { y: number[]; dx: number[]; dw: number[]; shape: number[] } {
  const outHeight = Math.floor((height + 2 * padding - side) / stride) + 1;
  const outWidth = Math.floor((width + 2 * padding - side) / stride) + 1;
  const shape = [BATCH, outHeight, outWidth, TO];
  const y = new Array<number>(BATCH * outHeight * outWidth * TO).fill(0);
  const dx = new Array<number>(x.length).fill(0);
  const dw = new Array<number>(w.length).fill(0);
  let out = 0;
  for (let b = 0; b < BATCH; b++) {
    for (let i = 0; i < outHeight; i++) {
      for (let j = 0; j < outWidth; j++) {
        for (let o = 0; o < TO; o++, out++) {
          for (let u = 0; u < side; u++) {
            for (let v = 0; v < side; v++) {
              const row = i * stride + u - padding;
              const column = j * stride + v - padding;
              if (row < 0 || row >= height) continue;
              if (column < 0 || column >= width) continue;
              for (let c = 0; c < FROM; c++) {
                const p = ((b * height + row) * width + column) * FROM + c;
                const q = ((u * side + v) * FROM + c) * TO + o;
                y[out]! += x[p]! * w[q]!;
                dx[p]! += (dy?.[out] ?? 0) * w[q]!;
                dw[q]! += (dy?.[out] ?? 0) * x[p]!;
              }
            }
          }
        }
      }
    }
  }
  return { y, dx, dw, shape };
}

const inputsOf = (
  { kernel, height, width }: Case,
): readonly [TensorData, TensorData] => {
  const dice = new Dice(kernel * 100 + height);
  return [
    dice.tensor([BATCH, height, width, FROM]),
    dice.tensor([kernel, kernel, FROM, TO]),
  ];
};

const run = ({ stride, padding }: Case) => (x: tf.Tensor, w: tf.Tensor) =>
  conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride, padding });

for (const one of CASES) {
  Deno.test(`Convolution ${one.name} and its gradients are the definition's`, () => {
    const [x, w] = inputsOf(one);
    const { shape } = reference(one, numbers(x), numbers(w));
    const dy = new Dice(3).tensor(shape);
    const expected = reference(one, numbers(x), numbers(w), numbers(dy));
    const actual = compute([x, w, dy], (x, w, dy) => {
      const [dx, dw] = tf.grads(run(one))([x as tf.Tensor, w as tf.Tensor], dy);
      return {
        y: run(one)(x as tf.Tensor, w as tf.Tensor),
        dx: dx as tf.Tensor,
        dw: dw as tf.Tensor,
      };
    });
    assert.deepEqual(actual.y.shape, expected.shape);
    // Sums of up to 147 float32 products of about 1: an error of some 1e-6.
    close(numbers(actual.y), expected.y, 2e-5, "y");
    close(numbers(actual.dx), expected.dx, 2e-5, "dx");
    close(numbers(actual.dw), expected.dw, 2e-5, "dw");
  });

  Deno.test(`Convolution ${one.name} agrees with differences`, () => {
    // Linear in each input, so a large step costs nothing and drowns noise.
    checkGradients(
      inputsOf(one),
      (x, w) => run(one)(x as tf.Tensor, w as tf.Tensor),
      {
        steps: [0.5],
        tolerance: 1e-4,
      },
    );
  });
}

for (
  const one of CASES.filter(({ kernel, stride }) => kernel === 3 && stride < 2)
) {
  Deno.test(`Winograd's way to convolve ${one.name} is the definition's, and its gradients`, () => {
    const [x, w] = inputsOf(one);
    const { shape } = reference(one, numbers(x), numbers(w));
    const dy = new Dice(3).tensor(shape);
    const expected = reference(one, numbers(x), numbers(w), numbers(dy));
    const actual = compute([x, w, dy], (...tensors) => {
      const [x, w, dy] = tensors as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
      const [dx, dw] = winograd.gradients(x, w, dy, one);
      return { y: winograd.forward(x, w, one), dx, dw };
    });
    assert.deepEqual(actual.y.shape, expected.shape);
    // Its basis multiplies by up to 8 and divides by up to 24.
    close(numbers(actual.y), expected.y, 1e-4, "y");
    close(numbers(actual.dx), expected.dx, 1e-4, "dx");
    close(numbers(actual.dw), expected.dw, 1e-4, "dw");
  });
}

for (
  const [what, [batch, height, width], [from, to], tolerances] of [
    // 64 tiles of 64 channels an image: more than one part from 15 images on.
    ["a large batch in parts", [17, 32, 31], [64, 8], {
      y: 1e-4,
      dx: 1e-4,
      dw: 2e-3,
    }],
    // 11 MB of coefficients, in two slices of 151 and 150 channels. What is
    // summed up over 9 x 301 products is about 4.
    ["a large kernel in slices", [3, 5, 4], [301, 260], {
      y: 4e-4,
      dx: 4e-4,
      dw: 1e-4,
    }],
  ] as const
) {
  Deno.test(`Winograd's way takes ${what}, with TensorFlow's results`, () => {
    const dice = new Dice(5);
    const uniform = () => dice.unit() - 0.5;
    const x = dice.tensor([batch, height, width, from], uniform);
    const w = dice.tensor([3, 3, from, to], uniform);
    const dy = dice.tensor([batch, height, width, to], uniform);
    const ways = [winograd, direct].map((way) =>
      compute([x, w, dy], (...tensors) => {
        const [x, w, dy] = tensors as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
        const geometry = { stride: 1, padding: 1 };
        const [dx, dw] = way.gradients(x, w, dy, geometry);
        return { y: way.forward(x, w, geometry), dx, dw };
      })
    );
    const [ours, theirs] = ways as [typeof ways[number], typeof ways[number]];
    for (const key of ["y", "dx", "dw"] as const) {
      close(numbers(ours[key]), numbers(theirs[key]), tolerances[key], key);
    }
  });
}
