/** @file All benches, in the order of the READMEs' tables. */
import type { Device } from "../../lib/engine/open.ts";
import type { Bench } from "./bench.ts";
import { augmentBench } from "./rows/augment.ts";
import { compileBench } from "./rows/compile.ts";
import { endToEndBenches } from "./rows/end_to_end.ts";
import { firstStepBenches } from "./rows/first_step.ts";
import { gpuBenches } from "./rows/gpu.ts";
import { growthBenches } from "./rows/growth.ts";
import { limitBenches } from "./rows/limit.ts";
import { memoryBenches, stepBenches } from "./rows/step.ts";

/** Every bench, by what it works on. */
export const BENCHES: Readonly<Record<Device, readonly Bench[]>> = {
  cpu: [
    ...stepBenches,
    ...endToEndBenches,
    augmentBench,
    compileBench,
    ...memoryBenches,
    ...firstStepBenches,
    ...limitBenches("cpu"),
    ...growthBenches,
  ],
  gpu: gpuBenches,
};
