/** @file What a run goes on from. */
import type { CheckpointEntry, Values } from "../checkpoint/store.ts";
import type { Pipeline } from "../model/pipeline.ts";
import type { RunOrigin } from "./run_folder.ts";
import { epochAfter, type Progress, shiftOf } from "./run_length.ts";

/** Where to go on from. */
export interface ResumePoint {
  /** The run's folder. */
  readonly folder: string;
  /** What the run began with. */
  readonly origin: RunOrigin;
  /** Its line of the manifest, and variables by path; absent to go on from the start. */
  readonly checkpoint?: {
    readonly entry: CheckpointEntry;
    readonly values: Values;
  };
  /** Whether the pipeline and the images may be others than those it began with. */
  readonly changed?: boolean;
  /** Whether the images have to be the same although the pipeline is not. */
  readonly sameData?: boolean;
}

/**
 * Where steps of another size end, if the run goes on with some: what was done
 * counts as the passes over the images that it was.
 *
 * @param images Training images now.
 */
export function progressOf(
  { origin: { pipeline, data, progress }, checkpoint }: ResumePoint,
  now: Pick<Pipeline, "data">,
  images: number,
): Progress | undefined {
  // What begins anew has nothing behind it.
  if (!checkpoint) return undefined;
  const batch = (pipeline as { data?: { batch?: unknown } }).data?.batch;
  if (!data || typeof batch !== "number") return progress;
  const before = Math.floor(data.images / batch);
  if (before === Math.floor(images / now.data.batch)) return progress;
  const { step } = checkpoint.entry;
  const shift = shiftOf(progress, before);
  return { step, epoch: epochAfter(step, { shift, stepsPerEpoch: before }) };
}
