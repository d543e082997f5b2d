/** @file How the weights of layers start. */
import type { Initializer } from "./layer.ts";

/** Numbers that one output is made of, and that one input goes into. */
export interface Fans {
  /** Inputs of a linear layer; of a convolution times the pixels of its kernel. */
  readonly in: number;
  /** Outputs, likewise. */
  readonly out: number;
}

/** First values of a layer's weights and of its bias. */
export interface FirstValues {
  readonly kernel: Initializer;
  readonly bias: Initializer;
}

const ZERO: Initializer = { kind: "constant", value: 0 };

/** Normal of such a variance; no bias. */
const normal = (variance: number): FirstValues => ({
  kernel: { kind: "normal", std: Math.sqrt(variance) },
  bias: ZERO,
});

/** Names of first weights. */
export type FirstWeights = "fan_out" | "fan_in" | "torch";

/** First weights by name, each from the fans of its layer. */
export const FIRST_WEIGHTS: Readonly<
  Record<FirstWeights, (fans: Fans) => FirstValues>
> = {
  /**
   * Normal of variance `2 / fan_out` (He et al. 2015, arXiv:1502.01852, the
   * backward case): torchvision's residual networks.
   */
  fan_out: ({ out }) => normal(2 / out),
  /** Normal of variance `2 / fan_in`: the forward case of the same paper. */
  fan_in: (fans) => normal(2 / fans.in),
  /**
   * Uniform in `±1 / sqrt(fan_in)`, the bias too: PyTorch's `Conv2d` and
   * `Linear`. Their variance is `1 / (3 fan_in)`.
   */
  torch(fans) {
    const uniform = { kind: "uniform", bound: 1 / Math.sqrt(fans.in) } as const;
    return { kernel: uniform, bias: uniform };
  },
};
