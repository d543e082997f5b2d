/** @file What a verdict is: a rule that reads signals, and what to do about it. */
import type { Landmarks } from "../define.ts";
import type { Fault } from "../policy.ts";
import type { FaultVerdict } from "../verdict.ts";

/** Figures by their keys in `metrics.jsonl`. */
export type Metrics = Readonly<Record<string, number>>;

/** What a rule knows of a run before it starts. */
export interface RunFacts {
  /** Stage whose embeddings are watched. */
  readonly embedding: string;
  /** Numbers of an embedding. */
  readonly features: number;
  /** Landmarks of each loss stage. */
  readonly losses: ReadonlyMap<string, Landmarks>;
  /** Steps of linear warm-up. */
  readonly warmup: number;
  /** Ways out that a look at the pipeline already gives, the likeliest first. */
  readonly causes?: readonly string[];
}

/** A step, as a rule sees it. */
export interface Observation {
  /** Counted from 1. */
  readonly step: number;
  /** Whether the signals of a check are among the metrics. */
  readonly checked: boolean;
  readonly metrics: Metrics;
}

/** What a rule found. */
export interface Reading {
  /** Whether the figure is beyond its threshold. */
  readonly bad: boolean;
  /** Whether it needs no patience. */
  readonly certain?: boolean;
  /** Stage that it is about. */
  readonly stage: string;
  /** Name of the figure. */
  readonly figure: string;
  readonly value: number;
  /** Absent for a figure that must only be a number. */
  readonly threshold?: number;
  /** What the figure says when it is bad. */
  readonly meaning: string;
  /** Of a figure that is bad when it has fallen. */
  readonly fall?: {
    /** The highest that it was. */
    readonly from: number;
    /** Below this it is on its way to its threshold. */
    readonly early: number;
  };
}

/** Judges step after step; undefined where there is nothing to say. */
export type Rule = (seen: Observation) => Reading | undefined;

/** A way in which a run goes wrong. */
export interface VerdictDefinition {
  /** Its key in `monitor:`. */
  readonly fault: Fault;
  /** Its name in `summary.json`. */
  readonly verdict: FaultVerdict;
  /** Goes on from "the run". */
  readonly phrase: string;
  /** The rule, in a sentence. */
  readonly summary: string;
  /** Usual ways out. */
  readonly cures: readonly string[];
  /**
   * Steps before which a run that has the fault may pass for a healthy one; 0
   * where it cannot have the fault.
   */
  judgedFrom(run: RunFacts): number;
  /** A rule with the memory of one run. */
  start(run: RunFacts): Rule;
}

/** Of what a rule found in several places, the first that is bad, or else the first. */
export const worstOf = (
  readings: readonly Reading[],
): Reading | undefined => readings.find(({ bad }) => bad) ?? readings[0];

/** Running mean: the newest value counts for a tenth. */
export class RunningMean {
  #value: number | undefined;

  constructor(readonly newest = 0.1) {}

  /** NaN before the first value. */
  get value(): number {
    return this.#value ?? Number.NaN;
  }

  /** Takes a value in and returns the mean; what is no number is left out. */
  add(value: number): number {
    if (Number.isFinite(value)) {
      this.#value = this.#value === undefined
        ? value
        : this.#value + this.newest * (value - this.#value);
    }
    return this.value;
  }
}
