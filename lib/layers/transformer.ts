/** @file Transformer blocks one after another. */
import { firstToken } from "../ops/first_token.ts";
import { type Layer, type ParameterScope, sequential } from "./layer.ts";
import {
  transformerBlock,
  type TransformerBlockOptions,
} from "./transformer_block.ts";

/** Shape of a {@linkcode transformer}. */
export interface TransformerOptions extends TransformerBlockOptions {
  /** Blocks. */
  readonly depth: number;
}

/** Blocks that can be asked for less. */
export interface Transformer extends Layer {
  /** What the first token becomes, `[batch, 1, width]`: the last block is for it alone. */
  readonly ofFirst: Layer;
}

/**
 * Blocks `block0`, `block1`, … of tokens `[batch, tokens, width]`. The rate of
 * dropped branches grows from 0 in the first block to `dropPath` in the last.
 */
export function transformer(
  scope: ParameterScope,
  { depth, dropPath = 0, ...options }: TransformerOptions,
): Transformer {
  const blocks = Array.from(
    { length: depth },
    (_, i) =>
      transformerBlock(scope.child(`block${i}`), {
        ...options,
        dropPath: depth > 1 ? dropPath * i / (depth - 1) : dropPath,
      }),
  );
  const last = blocks.at(-1)?.ofFirst ?? firstToken;
  return Object.assign(sequential(...blocks), {
    ofFirst: sequential(...blocks.slice(0, -1), last),
  });
}
