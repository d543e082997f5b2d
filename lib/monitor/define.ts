/** @file What a signal is: one number about a run, with where it comes from. */
import type * as tf from "@tensorflow/tfjs";
import type { Landmarks } from "../stages/define.ts";

export type { Landmarks };

/** What every signal tells about itself. */
export interface SignalInfo {
  /** Key in `metrics.jsonl`; one for each stage follows a colon. */
  readonly name: string;
  /** What it measures, in one sentence. */
  readonly summary: string;
  /** Its formula, in plain text. */
  readonly formula: string;
  /** Paper or source of the formula, with its address. */
  readonly reference: string;
  /** `1` for a ratio or a count. */
  readonly unit: string;
  /** Least and largest value. */
  readonly range: readonly [number, number];
  /** Which way a healthy run lies. */
  readonly healthy: "high" | "low" | "neither";
}

/** What a step has at hand. */
export interface StepInputs {
  /** First view of the watched embedding, `[batch, features]`. */
  readonly embedding: tf.Tensor2D;
  /** Of the parameters of each trained stage. */
  readonly gradients: ReadonlyMap<string, readonly tf.Tensor[]>;
  /** Of each loss whose sides are probabilities. */
  readonly assignments: ReadonlyMap<string, Assignments>;
  /** Of each loss of hidden tokens. */
  readonly predictions: ReadonlyMap<string, Predictions>;
}

/** Probabilities over K prototypes, each row adds up to 1; rows of all views. */
export interface Assignments {
  /** `[rows, K]` */
  readonly student: tf.Tensor2D;
  /** `[rows, K]` */
  readonly target: tf.Tensor2D;
}

/** Hidden tokens of all views, as rows, and what was made of them. */
export interface Predictions {
  /** `[rows, features]` */
  readonly made: tf.Tensor2D;
  /** `[rows, features]` */
  readonly hidden: tf.Tensor2D;
  /** Where a teacher gives them: its tokens of each view, `[batch, places, features]`. */
  readonly teacher: readonly tf.Tensor3D[];
}

/** What a check has at hand. */
export interface CheckInputs {
  /** Views of the watched embedding, rows of length 1, `[batch, features]`. */
  readonly views: readonly tf.Tensor2D[];
  /** Running covariance of the embedding as it is, `[features, features]`. */
  readonly covariance: tf.Tensor2D;
  /** Parameters of each EMA twin beside those that they follow. */
  readonly twins: ReadonlyMap<
    string,
    {
      readonly target: readonly tf.Tensor[];
      readonly online: readonly tf.Tensor[];
    }
  >;
  /** All float variables of each stage. */
  readonly variables: ReadonlyMap<string, readonly tf.Tensor[]>;
}

/** Eigenvalues, largest first, none below 0. */
export interface Spectra {
  /** Of the running covariance. */
  readonly covariance: readonly number[];
  /** Of the running second moment, which keeps the mean. */
  readonly moment: readonly number[];
}

/** A scalar; or one for each stage, `""` being the whole. */
export type Measured = tf.Tensor | Readonly<Record<string, tf.Tensor>>;

/** A signal, by where it is computed. */
export type SignalDefinition =
  | SignalInfo & {
    /** In the compiled step, every time. */
    readonly at: "step";
    measure(inputs: StepInputs): Measured;
  }
  | SignalInfo & {
    /** In a compiled program of its own, every so many steps. */
    readonly at: "check";
    /** Nothing where it has no meaning, as alignment of a single view. */
    measure(inputs: CheckInputs): Measured | undefined;
  }
  | SignalInfo & {
    /** From eigenvalues that a compiled program gives, more seldom. */
    readonly at: "spectrum";
    /** Nothing where there is too little to go by. */
    measure(spectra: Spectra): number | undefined;
  }
  | SignalInfo & {
    /** From the value of each loss, every step. */
    readonly at: "loss";
    /** Nothing where the loss has no such landmark. */
    measure(loss: number, landmarks: Landmarks): number | undefined;
  };

/** Signals of one place. */
export type SignalAt<P extends SignalDefinition["at"]> = Extract<
  SignalDefinition,
  { at: P }
>;

/** Key of a stage's part of a signal; `""` is the whole. */
export const keyOf = (signal: string, stage: string): string =>
  stage === "" ? signal : `${signal}:${stage}`;
