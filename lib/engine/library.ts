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
}

/** File names of the two libraries. */
export const LIBRARY_FILES = {
  framework: "libtensorflow_framework.so.2",
  cc: "libtensorflow_cc.so.2",
} as const;

/** The three ways to give the engine, for messages. */
export function waysOut(cache: string): string {
  return [
    "Three ways to give it:",
    `  1. set STOPGRAD_LIBTENSORFLOW to a folder that holds ${LIBRARY_FILES.framework} and ${LIBRARY_FILES.cc}`,
    "  2. install TensorFlow for python3: python3 -m pip install tensorflow-cpu==2.21.0",
    `  3. mend the cause and run again: it is then fetched into ${cache}`,
  ].join("\n");
}
