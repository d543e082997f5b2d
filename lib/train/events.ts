/** @file What a run tells of as it happens. */
import type { LoadProgress, SkippedFile } from "../data/source.ts";
import type { InstallProgress } from "../engine/install.ts";
import type { Scores } from "../evaluate/evaluate.ts";
import type { Rounding } from "../ir/rounding.ts";
import type { Alarm } from "../monitor/watch.ts";
import type { Headline } from "./monitoring.ts";
import type { StepMetrics } from "./session.ts";
import type { JudgedEpoch, TrainResult } from "./summary.ts";

/** What happens in a run, as it happens. */
export type TrainEvent =
  | { readonly kind: "install"; readonly progress: InstallProgress }
  | { readonly kind: "load"; readonly progress: LoadProgress }
  | { readonly kind: "skipped"; readonly files: readonly SkippedFile[] }
  | {
    /** What the images are, once they are at hand. */
    readonly kind: "data";
    /** The set in a line, then what was made of its files. */
    readonly lines: readonly string[];
    /** What is wrong with the images themselves. */
    readonly warnings: readonly string[];
  }
  | {
    /** What stages begin with in place of drawn weights, a line each. */
    readonly kind: "init";
    readonly lines: readonly string[];
  }
  | {
    readonly kind: "ready";
    readonly folder: string;
    readonly images: number;
    readonly steps: number;
    /** Steps that were done before, of a run that goes on. */
    readonly done: number;
    /** Device, or devices, in words. */
    readonly device: string;
    readonly engine: string;
    readonly rounding: Rounding;
    /** Seconds that tracing and compiling the step took. */
    readonly seconds: number;
  }
  | { readonly kind: "step"; readonly progress: StepProgress }
  | {
    readonly kind: "alarm";
    readonly alarm: Alarm;
    readonly stops: boolean;
    /** File of the last checkpoint of the healthy run, if there is one. */
    readonly checkpoint: string | null;
  }
  | {
    /** Something to know that stops nothing. */
    readonly kind: "notice";
    readonly text: string;
  }
  | {
    /** Where else the run is told of. */
    readonly kind: "track";
    readonly text: string;
  }
  | {
    /** Scores while it trains. */
    readonly kind: "judged";
    readonly epoch: number;
    readonly scores: Scores;
  }
  | { readonly kind: "evaluate" }
  | { readonly kind: "done"; readonly result: TrainResult };

/** Where a run stands after a step. */
export interface StepProgress {
  /** Steps done. */
  readonly step: number;
  /** Steps of the run. */
  readonly steps: number;
  /** Epochs done, with a fraction. */
  readonly epoch: number;
  /** Epochs of the run. */
  readonly epochs: number;
  /** Over the last steps. */
  readonly imagesPerSecond: number;
  /** What the step reported. */
  readonly metrics: StepMetrics;
  /** The signal that matters most now: one beyond its threshold, if any is. */
  readonly headline?: Headline;
  /** The newest scores, of a run that is judged while it trains. */
  readonly scores?: JudgedEpoch;
  /** At this speed. */
  readonly secondsLeft: number;
  /** Share of the time that the last steps waited for images, 0..1. */
  readonly waiting: number;
}
