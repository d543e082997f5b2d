/** @file Residual blocks (He et al. 2015, arXiv:1512.03385). */
import * as tf from "@tensorflow/tfjs";
import { relu } from "../ops/relu.ts";
import type { ConvOptions } from "./conv.ts";
import { type Layer, type ParameterScope, sequential } from "./layer.ts";

/** What convolutional networks are made of. */
export interface Parts {
  /** A convolution without bias. */
  conv(scope: ParameterScope, options: ConvOptions): Layer;
  /** What stands after it; `scale` is the first value of its scale. */
  norm(
    scope: ParameterScope,
    options: { readonly channels: number; readonly scale?: number },
  ): Layer;
}

/** Channels of a block, and its stride. */
export interface BlockSizes {
  /** Channels that come in. */
  readonly in: number;
  /** A multiple of it goes out: see {@linkcode Block.expansion}. */
  readonly width: number;
  /** Channels of the 3x3 convolution of a bottleneck, `width` by default. */
  readonly inner?: number;
  readonly stride: number;
}

/** A kind of residual block. */
export interface Block {
  /** Output channels as a multiple of the block's width. */
  readonly expansion: number;
  /** The branch that is added to the shortcut, without the last ReLU. */
  branch(
    scope: ParameterScope,
    parts: Parts,
    sizes: BlockSizes,
    lastScale: number,
  ): Layer;
}

/** ReLU as a layer. */
export const reluLayer: Layer = (x) => relu(x);

/** Two 3x3 convolutions. */
export const basicBlock: Block = {
  expansion: 1,
  branch: (scope, { conv, norm }, { in: from, width, stride }, lastScale) =>
    sequential(
      conv(scope.child("conv1"), { in: from, out: width, kernel: 3, stride }),
      norm(scope.child("bn1"), { channels: width }),
      reluLayer,
      conv(scope.child("conv2"), { in: width, out: width, kernel: 3 }),
      norm(scope.child("bn2"), { channels: width, scale: lastScale }),
    ),
};

/** 1x1, 3x3, 1x1 convolutions; the stride is on the 3x3 one, as torchvision's. */
export const bottleneckBlock: Block = {
  expansion: 4,
  branch: (
    scope,
    { conv, norm },
    { in: from, width, inner = width, stride },
    lastScale,
  ) =>
    sequential(
      conv(scope.child("conv1"), { in: from, out: inner, kernel: 1 }),
      norm(scope.child("bn1"), { channels: inner }),
      reluLayer,
      conv(scope.child("conv2"), { in: inner, out: inner, kernel: 3, stride }),
      norm(scope.child("bn2"), { channels: inner }),
      reluLayer,
      conv(scope.child("conv3"), { in: inner, out: 4 * width, kernel: 1 }),
      norm(scope.child("bn3"), { channels: 4 * width, scale: lastScale }),
    ),
};

/**
 * A block with its shortcut: the identity, or a strided 1x1 convolution with
 * norm where the shape changes.
 */
export function residual(
  scope: ParameterScope,
  parts: Parts,
  block: Block,
  sizes: BlockSizes,
  lastScale: number,
): Layer {
  const { conv, norm } = parts;
  const out = sizes.width * block.expansion;
  const branch = block.branch(scope, parts, sizes, lastScale);
  const shortcut: Layer = sizes.stride === 1 && sizes.in === out
    ? (x) => x
    : sequential(
      conv(scope.child("shortcut/conv"), {
        in: sizes.in,
        out,
        kernel: 1,
        stride: sizes.stride,
      }),
      norm(scope.child("shortcut/bn"), { channels: out }),
    );
  return (x, run) => relu(tf.add(branch(x, run), shortcut(x, run)));
}
