/** @file Transformer blocks one after another. */
import { firstToken } from "../ops/first_token.ts";
import type { Attending, Attention } from "./attention.ts";
import type { ParameterScope } from "./layer.ts";
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
): Attention {
  const blocks = Array.from(
    { length: depth },
    (_, i) =>
      transformerBlock(scope.child(`block${i}`), {
        ...options,
        dropPath: depth > 1 ? dropPath * i / (depth - 1) : dropPath,
      }),
  );
  const through = (layers: readonly Attending[]): Attending => (x, run, bias) =>
    layers.reduce((value, layer) => layer(value, run, bias), x);
  const last: Attending = blocks.at(-1)?.ofFirst ?? firstToken;
  return Object.assign(through(blocks), {
    ofFirst: through([...blocks.slice(0, -1), last]),
  });
}
