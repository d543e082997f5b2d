/** @file How many steps a run has. */
import { UserError } from "../errors.ts";
import { overlongWarmups } from "../graph/check_length.ts";
import type { Pipeline } from "../model/pipeline.ts";

/** Steps of a run, and of one epoch. */
export interface RunLength {
  /** Of the run. */
  readonly steps: number;
  /** Of one epoch. */
  readonly stepsPerEpoch: number;
}

/**
 * Length of a run on so many images; a last batch that is not full is left
 * out of each epoch.
 *
 * @throws {UserError} When one batch is more than there is, or a warm-up takes
 *   the whole run.
 */
export function runLength(pipeline: Pipeline, images: number): RunLength {
  const { batch } = pipeline.data;
  if (batch > images) {
    throw new UserError(
      `Cannot fill a batch of ${batch}: the training set has ${images} images.\nSet data.batch to ${images} or less.`,
    );
  }
  const stepsPerEpoch = Math.floor(images / batch);
  const [overlong] = overlongWarmups(pipeline.train, stepsPerEpoch);
  if (overlong) {
    const { message, hints } = overlong;
    throw new UserError(
      `${message} (${images} images in batches of ${batch}).\n${
        hints.join("\n")
      }`,
    );
  }
  const { unit, count } = pipeline.train.length;
  const steps = unit === "steps"
    ? count
    : Math.max(1, Math.round(count * stepsPerEpoch));
  return { steps, stepsPerEpoch };
}
