/** @file First weights as networks offer them: one option. */
import type { z } from "zod";
import type { FirstWeights } from "../../layers/first_weights.ts";
import { choice } from "../choice.ts";

const MEANINGS: Readonly<Record<FirstWeights, string>> = {
  fan_out: "normal of variance 2 / fan-out (torchvision's residual networks)",
  fan_in: "normal of variance 2 / fan-in",
  torch: "uniform in ± 1 / sqrt(fan-in), as PyTorch's layers by default",
};

/** Schema of `init`. */
export const firstWeights = (
  standard: FirstWeights,
): z.ZodType<FirstWeights> =>
  choice(MEANINGS).default(standard).describe("How weights start");
