/** @file Vision transformer (Dosovitskiy et al. 2020, arXiv:2010.11929), as timm builds it. */
import * as tf from "@tensorflow/tfjs";
import type { Attending } from "../../layers/attention.ts";
import type { Layer, ParameterScope, Run } from "../../layers/layer.ts";
import { layerNorm } from "../../layers/layer_norm.ts";
import { patchEmbed } from "../../layers/patch_embed.ts";
import { type Position, POSITIONS } from "../../layers/position.ts";
import { TRUNCATED_NORMAL } from "../../layers/token_dense.ts";
import { transformer } from "../../layers/transformer.ts";
import type { Grid } from "../../ops/resize_grid.ts";
import { gatherTokens } from "../../ops/gather_tokens.ts";
import { marked } from "../../ops/marked.ts";
import { ShapeError } from "../define.ts";

/** Shape of a {@linkcode vit}. */
export interface VitOptions {
  /** Pixels of a patch in each direction. */
  readonly patch: number;
  /** Features of a token; a multiple of `heads`. */
  readonly width: number;
  /** Blocks. */
  readonly depth: number;
  /** Heads of the attention. */
  readonly heads: number;
  /** Hidden features of a block's perceptron, as a multiple of the width. */
  readonly mlp_ratio: number;
  /** Whether queries, keys and values have a bias. */
  readonly qkv_bias: boolean;
  /** How tokens know their place: one of {@linkcode POSITIONS}. */
  readonly position: keyof typeof POSITIONS;
  /** Feature of the image: a token of its own, or the mean of the patches'. */
  readonly pool: "class" | "mean";
  /** First value of the branches' learned scale; none where it is absent. */
  readonly layer_scale?: number | undefined;
  /** Share of samples in which training leaves out a branch of the last block. */
  readonly drop_path: number;
  /** Whether patches can be hidden behind a learned token. Default false. */
  readonly hides?: boolean;
}

/** Patches by their numbers, each image's own, int32 `[batch, patches]`. */
export interface VitPatches {
  /** Those that it sees; by default all. The others are left out. */
  readonly keep?: tf.Tensor2D | undefined;
  /** Those in whose place the learned token stands; by default none. */
  readonly hide?: tf.Tensor2D | undefined;
}

/** What a {@linkcode Vit} makes of images. */
export interface VitResult {
  /** Of the patches that it saw, normalised: `[batch, patches, width]`. */
  readonly tokens: tf.Tensor3D;
  /** Of the image: `[batch, width]`. */
  readonly output: tf.Tensor2D;
}

/** A network for images of any size that its patches fill. */
export interface Vit {
  /** Features of a token, and of the image. */
  readonly width: number;
  /**
   * Rows and columns of patches of images `[height, width, channels]`.
   *
   * @throws {ShapeError} When patches do not fill them, or the channels differ.
   */
  gridOf(image: readonly number[]): Grid;
  /**
   * Runs the network. What is not read of the result costs nothing once it is
   * compiled.
   *
   * @param images `[batch, height, width, channels]`
   * @param patches What becomes of which patches; by default it sees all.
   */
  apply(images: tf.Tensor4D, run: Run, patches?: VitPatches): VitResult;
  /**
   * What {@linkcode Vit.apply} makes of the images alone, `[batch, width]`: of
   * the last block only what that needs.
   */
  output(images: tf.Tensor4D, run: Run, patches?: VitPatches): tf.Tensor2D;
}

const shown = (image: readonly number[]): string =>
  `[${["batch", ...image].join(", ")}]`;

function check(image: readonly number[], options: VitOptions): void {
  const { patch, width, heads, position } = options;
  if (image.length !== 3 || image.some((side) => side < 1)) {
    throw new ShapeError(
      `expected images [batch, height, width, channels], got ${shown(image)}`,
    );
  }
  if (width % heads !== 0) {
    throw new ShapeError(
      `expected a width that its heads divide, got width ${width} and ${heads} heads`,
    );
  }
  if (position === "sincos" && width % 4 !== 0) {
    throw new ShapeError(
      `expected a width that is a multiple of 4 for sincos positions, got ${width}`,
    );
  }
  const [rows = 0, columns = 0] = image;
  if (rows % patch !== 0 || columns % patch !== 0) {
    throw new ShapeError(
      `expected images that patches of ${patch} x ${patch} pixels fill, got ${
        shown(image)
      }`,
    );
  }
}

/**
 * Declares `patch`, `position` or `relative_position`, `class_token`,
 * `mask_token`, `block<N>` and `norm` in a scope, those that its options ask
 * for, and returns the network.
 *
 * @param image `[height, width, channels]` for which positions are learned. Of
 * images of other sizes they are resized; the variables stay the same.
 * @throws {ShapeError} When it cannot take those images.
 */
export function vit(
  scope: ParameterScope,
  image: readonly number[],
  options: VitOptions,
): Vit {
  const { patch, width, pool } = options;
  check(image, options);
  const channels = image[2] as number;
  const gridOf = (other: readonly number[]): Grid => {
    check(other, options);
    if (other[2] !== channels) {
      throw new ShapeError(
        `expected images of ${channels} channels, got ${shown(other)}`,
      );
    }
    return [other[0] as number / patch, other[1] as number / patch];
  };
  const embed = patchEmbed(scope.child("patch"), { patch, channels, width });
  const before = pool === "class" ? 1 : 0;
  const position: Position = POSITIONS[options.position](scope, {
    width,
    heads: options.heads,
    before,
    grid: gridOf(image),
  });
  const prepend = before ? classToken(scope, width) : (x: tf.Tensor) => x;
  const hidden = options.hides ? maskToken(scope, width) : undefined;
  const blocks = transformer(scope, {
    width,
    depth: options.depth,
    heads: options.heads,
    mlpRatio: options.mlp_ratio,
    qkvBias: options.qkv_bias,
    layerScale: options.layer_scale,
    dropPath: options.drop_path,
  });
  const norm = layerNorm(scope.child("norm"), { width });
  /** Tokens after the blocks, or after one of their ways. */
  const through = (
    way: Attending,
    images: tf.Tensor4D,
    run: Run,
    { keep, hide }: VitPatches,
  ): tf.Tensor => {
    const patches = embed(images, run);
    const [tokens, bias] = run.scope(scope.path, () => {
      const grid = gridOf(images.shape.slice(1));
      const shown = hide && hidden ? hidden(patches, hide, run) : patches;
      const all = prepend(shown, run);
      const placed = position.tokens
        ? tf.add(all, position.tokens(grid, run))
        : all;
      const kept = keep
        ? gatherTokens(placed as tf.Tensor3D, numbersAfter(before, keep))
        : placed;
      return [kept, position.attention?.(grid, run, keep)] as const;
    });
    return way(tokens, run, bias);
  };
  const flat = (x: tf.Tensor, run: Run): tf.Tensor2D =>
    run.scope(scope.path, () => tf.reshape(x, [-1, width]));
  const apply: Vit["apply"] = (images, run, patches = {}) => {
    const tokens = through(blocks, images, run, patches) as tf.Tensor3D;
    // Apart, so that what nobody reads is not normalised.
    const part = (start: number, count: number): tf.Tensor => {
      const [batch] = tokens.shape;
      const chosen = run.scope(
        scope.path,
        () => tf.slice(tokens, [0, start, 0], [batch, count, width]),
      );
      return norm(chosen, run);
    };
    const ofPatches = part(before, tokens.shape[1] - before);
    const output = before
      ? part(0, 1)
      : run.scope(scope.path, () => tf.mean(ofPatches, 1));
    return { tokens: ofPatches as tf.Tensor3D, output: flat(output, run) };
  };
  return {
    width,
    gridOf,
    apply,
    output(images, run, patches = {}) {
      if (before === 0) return apply(images, run, patches).output;
      const first = through(blocks.ofFirst, images, run, patches);
      return flat(norm(first, run), run);
    },
  };
}

/** Puts a learned token before the others. */
function classToken(scope: ParameterScope, width: number): Layer {
  const learned = scope.declare("class_token", [width], "bias", {
    kind: "normal",
    std: 1e-6,
  });
  return (x, run) => {
    const batch = x.shape[0] as number;
    const token = tf.add(run.read(learned), tf.zeros([batch, 1, width]));
    return tf.concat([token, x], 1);
  };
}

/** Puts a learned token in the place of some patches. */
function maskToken(
  scope: ParameterScope,
  width: number,
): (patches: tf.Tensor, hide: tf.Tensor2D, run: Run) => tf.Tensor {
  const learned = scope.declare(
    "mask_token",
    [width],
    "bias",
    TRUNCATED_NORMAL,
  );
  return (patches, hide, run) => {
    const marks = marked(hide, patches.shape[1] as number);
    const hidden = tf.expandDims(marks, 2);
    return tf.add(
      tf.mul(patches, tf.sub(1, hidden)),
      tf.mul(run.read(learned), hidden),
    );
  };
}

/** Numbers of tokens that stand behind `before` others, which are kept too. */
function numbersAfter(before: number, keep: tf.Tensor2D): tf.Tensor2D {
  if (before === 0) return keep;
  const others = tf.tile(tf.range(0, before, 1, "int32"), [keep.shape[0]]);
  return tf.concat([
    tf.reshape(others, [-1, before]) as tf.Tensor2D,
    tf.add(keep, tf.scalar(before, "int32")),
  ], 1);
}
