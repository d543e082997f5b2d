/** @file What the engine needs to know of an installed libtensorflow. */

/** Which TensorFlow: for processors alone, or with CUDA. */
export type Build = "cpu" | "gpu";

/** A libtensorflow on this machine. */
export interface EngineLibrary {
  /** Path of `libtensorflow_framework.so.2`. */
  readonly framework: string;
  /** Path of `libtensorflow_cc.so.2`. */
  readonly cc: string;
  /** Where it was found. */
  readonly origin: "STOPGRAD_LIBTENSORFLOW" | "python3" | "cache";
  /** Such as `2.21.0`, or `unknown`. */
  readonly version: string;
  readonly build: Build;
  /** Folders with CUDA libraries, for the gpu build. */
  readonly libraryPaths: readonly string[];
}
