/** @file A pipeline as plain data: checked, with defaults filled in, not yet wired. */
import type {
  LossDefinition,
  ModuleDefinition,
  ModuleRole,
  TransformDefinition,
} from "../stages/define.ts";
import type { OptimizerDefinition } from "../optim/define.ts";
import type { SourceDefinition } from "../data/source.ts";

/** A value that a stage reads: another stage's output, or `image`. */
export interface Reference {
  readonly stage: string;
  /** `stop_gradient(z)`: gradients do not flow back through this edge. */
  readonly stopGradient: boolean;
  /** `z[1]`: this view alone. */
  readonly view?: number;
}

/** One transform with its options. */
export interface TransformStep {
  readonly definition: TransformDefinition;
  readonly options: unknown;
}

/** `augment`: images to views. */
export interface AugmentStage {
  readonly kind: "augment";
  readonly of: Reference;
  /** One list of transforms for each view. */
  readonly views: readonly (readonly TransformStep[])[];
}

/** `encode`, `project` or `predict`: a network with parameters. */
export interface ModuleStage {
  readonly kind: "module";
  readonly role: ModuleRole;
  readonly of: Reference;
  readonly definition: ModuleDefinition;
  readonly options: unknown;
}

/** `ema`: a network like another stage's, its variables their moving average. */
export interface EmaStage {
  readonly kind: "ema";
  /** The stage whose twin this is. */
  readonly source: string;
  readonly of: Reference;
  /** Overrides `train.ema`. */
  readonly momentum?: Momentum;
}

/** `stop_gradient`: the same value, through which no gradient flows. */
export interface StopGradientStage {
  readonly kind: "stop_gradient";
  readonly of: Reference;
}

/** `queue`: the last `size` rows of a value, one queue a view, updated after the step. */
export interface QueueStage {
  readonly kind: "queue";
  readonly of: Reference;
  readonly size: number;
}

/** Which views of the two sides meet in a loss; i and j are view numbers. */
export type Pairs =
  /** Every ordered pair with i ≠ j. */
  | "cross"
  /** Every pair with i < j, for losses that treat both sides alike. */
  | "unordered"
  /** i = j, for sides with views of different making. */
  | "same"
  /** Every pair, i = j included. */
  | "all";

/** `loss`: a scalar; several losses add up, each times its weight. */
export interface LossStage {
  readonly kind: "loss";
  readonly definition: LossDefinition;
  readonly options: unknown;
  readonly between: readonly [Reference, Reference];
  readonly pairs: Pairs;
  readonly weight: number;
  readonly negatives?: Reference;
}

/** Any stage. */
export type Stage =
  | AugmentStage
  | ModuleStage
  | EmaStage
  | StopGradientStage
  | QueueStage
  | LossStage;

/** EMA momentum (tau): the share of the old value that is kept, 0 to 1. */
export interface Momentum {
  readonly from: number;
  /** Equal to `from` for a constant. */
  readonly to: number;
}

/** Learning rate over the run, as a factor of the optimizer's `lr`. */
export interface Schedule {
  readonly kind: "cosine" | "constant" | "linear";
  /** Epochs of linear warm-up from 0. */
  readonly warmup: number;
  /** Last factor of a cosine or linear schedule. */
  readonly final: number;
}

/** Training settings. */
export interface Train {
  /** Length of the run. */
  readonly length: {
    readonly unit: "epochs" | "steps";
    readonly count: number;
  };
  readonly optimizer: {
    readonly definition: OptimizerDefinition;
    readonly options: unknown;
  };
  readonly schedule: Schedule;
  readonly ema: Momentum;
  /** Settings for single stages, such as a predictor whose rate is constant. */
  readonly perStage: ReadonlyMap<
    string,
    { readonly schedule?: Schedule; readonly lr?: number }
  >;
  readonly precision: "float32" | "bfloat16";
}

/** What to do about a run that collapses. */
export interface Monitor {
  readonly collapse: "stop" | "warn" | "off";
  /** Checks in a row that must look collapsed before it is believed. */
  readonly patience: number;
}

/** When variables are written to disk. */
export interface CheckpointPolicy {
  /** Epochs between two. */
  readonly every: number;
  /** Newest ones that stay. */
  readonly keep: number;
}

/** How the encoder is judged. */
export interface Evaluate {
  /** Encoder stage; by default the first `encode`. */
  readonly of?: string;
  readonly knn?: { readonly k: number; readonly temperature: number };
  readonly linear?: {
    readonly epochs: number;
    readonly lr: number;
    readonly batch: number;
  };
}

/** A whole pipeline. */
export interface Pipeline {
  readonly name: string;
  readonly seed: number;
  readonly data: {
    readonly source: SourceDefinition;
    readonly options: unknown;
    /** Images a step. */
    readonly batch: number;
  };
  readonly stages: ReadonlyMap<string, Stage>;
  readonly train: Train;
  readonly monitor: Monitor;
  readonly checkpoint: CheckpointPolicy;
  readonly evaluate: Evaluate;
}
