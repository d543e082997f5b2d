/** @file A job of ours, ready to be timed. */
import type { Device, Engine } from "../../../lib/engine/open.ts";
import type { Facts } from "../jobs.ts";

/** What the bench says besides the job. */
export interface Surroundings {
  readonly device: Device;
  readonly threads: number;
  /** File of the images, for jobs that read them. */
  readonly pixels?: string;
}

/** A job that is ready. */
export interface Ready {
  readonly facts: Omit<Facts, "versions">;
  readonly engine: Engine;
  /** Does the work so many times; absent where it was done already. */
  readonly run?: (count: number) => Promise<void>;
}
