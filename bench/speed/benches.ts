/** @file All benches, in the order of the README's tables. */
import type { Bench } from "./bench.ts";
import { augmentBench } from "./rows/augment.ts";
import { compileBench } from "./rows/compile.ts";
import { endToEndBenches } from "./rows/end_to_end.ts";
import { firstStepBenches } from "./rows/first_step.ts";
import { growthBenches } from "./rows/growth.ts";
import { limitBenches } from "./rows/limit.ts";
import { memoryBenches, stepBenches } from "./rows/step.ts";

/** Every bench. */
export const BENCHES: readonly Bench[] = [
  ...stepBenches,
  ...endToEndBenches,
  augmentBench,
  compileBench,
  ...memoryBenches,
  ...firstStepBenches,
  ...limitBenches,
  ...growthBenches,
];
