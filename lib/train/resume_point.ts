/** @file What a run goes on from. */
import type { CheckpointEntry, Values } from "../checkpoint/store.ts";
import type { RunOrigin } from "./run_folder.ts";

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
}
