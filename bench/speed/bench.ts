/** @file What a bench is: work, the sides that do it, and how a number of it is read. */
import type { OurJob, TheirJob } from "./jobs.ts";

/** Tables of the README. */
export type Group = "against" | "limit" | "growth";

/** How what is measured reads. */
export type Unit = "images/s" | "views/s" | "FLOP/s" | "seconds" | "bytes";

/** A process that can do the work. */
export type Worker =
  | { readonly host: "ours"; readonly job: OurJob }
  | { readonly host: "theirs"; readonly job: TheirJob };

/** One that takes part. */
export interface Side {
  /** Such as `eager`; the first side of a bench against others is ours. */
  readonly name: string;
  /**
   * Ways to do the work. Of several, by what they are, a short trial takes the
   * fastest.
   */
  readonly ways: Readonly<Record<string, Worker>>;
}

/** How the work is timed. */
export type Timing =
  /** Processes that stay, in turns; each counts the work that it did. */
  | "steady"
  /** A new process each time, which measures itself. */
  | "fresh"
  /** A command each time, until it has done its first step. */
  | "first-step";

/** One line of a table. */
export interface Bench {
  /** Such as `step-simsiam-small-float32`. */
  readonly id: string;
  readonly group: Group;
  /** Such as `SimSiam, small ResNet, batch 128`. */
  readonly title: string;
  readonly timing: Timing;
  readonly unit: Unit;
  readonly sides: readonly Side[];
  /** Most rounds that are worth their time; no limit otherwise. */
  readonly mostRounds?: number;
  /** Least, or most, of ours over the best other side that was asked for. */
  readonly target?: {
    readonly bound: "least" | "most";
    readonly ratio: number;
  };
  /** Its operations a second, beside those of the best convolution or product by itself. */
  readonly rate?: {
    /** Bench of those. */
    readonly of: string;
    readonly title: string;
    /** Least share of them. */
    readonly share?: number;
  };
  /** Where it stands in a chart. */
  readonly point?: { readonly axis: string; readonly at: number };
}

/** Whether more of a unit is better. */
export const MORE_IS_BETTER: Readonly<Record<Unit, boolean>> = {
  "images/s": true,
  "views/s": true,
  "FLOP/s": true,
  seconds: false,
  bytes: false,
};
