/** @file First weights as networks offer them: one option. */
import { z } from "zod";
import {
  FIRST_WEIGHTS,
  type FirstWeights,
} from "../../layers/first_weights.ts";

const NAMES = Object.keys(FIRST_WEIGHTS) as [FirstWeights, ...FirstWeights[]];

/** Schema of `init`. */
export const firstWeights = (
  standard: FirstWeights,
): z.ZodType<FirstWeights> =>
  z.enum(NAMES).default(standard).describe(
    "How weights start: normal of variance 2 / `fan_out` (torchvision's residual networks) or 2 / `fan_in`, or uniform in ± 1 / sqrt(fan-in) as `torch` does by default",
  );
