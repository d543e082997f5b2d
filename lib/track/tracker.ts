/** @file What a tracker is: it tells others of a run while it trains. */

/** A line of `metrics.jsonl`; what is no number is NaN or `null`. */
export type TrackedLine = Readonly<Record<string, number | null>>;

/** A picture of what a step sees. */
export interface TrackedImage {
  /** Stage whose views it shows. */
  readonly stage: string;
  readonly width: number;
  readonly height: number;
  readonly png: Uint8Array;
}

/** What is told of a step. */
export interface TrackedStep {
  readonly line: TrackedLine;
  /** Eigenvalues, largest first, by the matrix that they are of; where they were due. */
  readonly spectra?: Readonly<Record<string, readonly number[]>>;
  readonly images?: readonly TrackedImage[];
}

/** What a tracker knows of its run. */
export interface TrackedRun {
  readonly folder: string;
  /** Name of the pipeline. */
  readonly name: string;
  /** The pipeline, resolved. */
  readonly config: unknown;
  /** Tells the user something, in a line. */
  say(text: string): void;
}

/** Figures of `summary.json` that are no signals. */
export const SUMMARY_SCORES: readonly string[] = [
  "knn",
  "linear",
  "accuracy",
  "knn_balanced",
  "linear_balanced",
];

/** How a run ended. */
export interface TrackedEnd {
  readonly end: "finished" | "stopped" | "interrupted" | "failed";
  /** What `summary.json` holds, where there is one. */
  readonly summary?: Readonly<Record<string, unknown>>;
}

/** Tells others of a run. None of it may end the run but what the disk refuses. */
export interface Tracker {
  /** Images whose views it wants to show. */
  readonly images?: number;
  /** Takes lines of steps that were done before, in order, some at a time. */
  recall?(lines: readonly TrackedLine[]): void;
  /** Begins, or goes on after so many steps. */
  begin(done: number): Promise<void>;
  step(step: TrackedStep): Promise<void>;
  end(end: TrackedEnd): Promise<void>;
}
