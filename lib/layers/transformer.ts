/** @file Transformer blocks one after another. */
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

/**
 * Blocks `block0`, `block1`, … of tokens `[batch, tokens, width]`. The rate of
 * dropped branches grows from 0 in the first block to `dropPath` in the last.
 */
export function transformer(
  scope: ParameterScope,
  { depth, dropPath = 0, ...options }: TransformerOptions,
): Layer {
  const blocks = Array.from(
    { length: depth },
    (_, i) =>
      transformerBlock(scope.child(`block${i}`), {
        ...options,
        dropPath: depth > 1 ? dropPath * i / (depth - 1) : dropPath,
      }),
  );
  return sequential(...blocks);
}
