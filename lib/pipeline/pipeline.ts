/** @file A pipeline as plain data: checked, with defaults filled in, not yet wired. */
import type {
  LossDefinition,
  ModuleDefinition,
  ModuleRole,
  TransformDefinition,
} from "../stages/define.ts";
import type { OptimizerDefinition } from "../optim/define.ts";
import type { Monitor } from "../monitor/policy.ts";
import type { SourceDefinition } from "../data/source.ts";

/** A value that a stage reads: another stage's output, or `image`. */
export interface Reference {
  /** Name of the stage. */
  readonly stage: string;
  /** `stop_gradient(z)`: gradients do not flow back through this edge. */
  readonly stopGradient: boolean;
  /** `z[1]`: this view alone. */
  readonly view?: number;
}

/** One transform with its options. */
export interface TransformStep {
  /** What it does. */
  readonly definition: TransformDefinition;
  /** As the definition's schema gives them. */
  readonly options: unknown;
}

/** `augment`: images to views. */
export interface AugmentStage {
  /** Tells stages apart. */
  readonly kind: "augment";
  /** The images. */
  readonly of: Reference;
  /** One list of transforms for each view. */
  readonly views: readonly (readonly TransformStep[])[];
}

/** `encode`, `project` or `predict`: a network with parameters. */
export interface ModuleStage {
  /** Tells stages apart. */
  readonly kind: "module";
  /** Which key of the YAML named it. */
  readonly role: ModuleRole;
  /** What it reads. */
  readonly of: Reference;
  /** The network. */
  readonly definition: ModuleDefinition;
  /** As the definition's schema gives them. */
  readonly options: unknown;
}

/** `ema`: a network like another stage's, its variables their moving average. */
export interface EmaStage {
  /** Tells stages apart. */
  readonly kind: "ema";
  /** The stage whose twin this is. */
  readonly source: string;
  /** What it reads. */
  readonly of: Reference;
  /** Overrides `train.ema`. */
  readonly momentum?: Momentum;
}

/** `stop_gradient`: the same value, through which no gradient flows. */
export interface StopGradientStage {
  /** Tells stages apart. */
  readonly kind: "stop_gradient";
  /** What it passes on. */
  readonly of: Reference;
}

/** `queue`: the last `size` rows of a value, one queue a view, updated after the step. */
export interface QueueStage {
  /** Tells stages apart. */
  readonly kind: "queue";
  /** What it keeps. */
  readonly of: Reference;
  /** Rows of each queue. */
  readonly size: number;
}

/**
 * `nearest`: for each row of a value the row of a queue with the largest
 * cosine similarity, as the queue is when the step starts. No gradient flows.
 */
export interface NearestStage {
  /** Tells stages apart. */
  readonly kind: "nearest";
  /** What neighbours are looked for. */
  readonly of: Reference;
  /** Where: a queue, with one view for all or one for each view of `of`. */
  readonly queue: Reference;
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
  /** Tells stages apart. */
  readonly kind: "loss";
  /** The formula. */
  readonly definition: LossDefinition;
  /** As the definition's schema gives them. */
  readonly options: unknown;
  /** The two sides that are compared. */
  readonly between: readonly [Reference, Reference];
  /** Which views of the sides meet. */
  readonly pairs: Pairs;
  /** Factor of this loss in the sum. */
  readonly weight: number;
  /** A queue, for losses with negatives. */
  readonly negatives?: Reference;
}

/** Any stage. */
export type Stage =
  | AugmentStage
  | ModuleStage
  | EmaStage
  | StopGradientStage
  | QueueStage
  | NearestStage
  | LossStage;

/** EMA momentum (tau): the share of the old value that is kept, 0 to 1. */
export interface Momentum {
  /** Share kept at the start of the run. */
  readonly from: number;
  /** Equal to `from` for a constant. */
  readonly to: number;
}

/** Learning rate over the run, as a factor of the optimizer's `lr`. */
export interface Schedule {
  /** Shape after the warm-up. */
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
  /** The update rule of the weights. */
  readonly optimizer: {
    readonly definition: OptimizerDefinition;
    readonly options: unknown;
  };
  /** Learning rate over the run. */
  readonly schedule: Schedule;
  /** Momentum of EMA twins without their own. */
  readonly ema: Momentum;
  /** Settings for single stages, such as a predictor whose rate is constant. */
  readonly perStage: ReadonlyMap<
    string,
    { readonly schedule?: Schedule; readonly lr?: number }
  >;
  /**
   * What activations are kept in; products of layers are computed in it where
   * the device is faster at that.
   */
  readonly precision: "float32" | "bfloat16";
}

/** When variables are written to disk. */
export interface CheckpointPolicy {
  /** Epochs between two. */
  readonly every: number;
  /** Newest ones that stay. */
  readonly keep: number;
  /** One more stays: the one with the least or the greatest mean of a metric. */
  readonly best?:
    | { readonly min: string }
    | { readonly max: string }
    | undefined;
}

/** How the encoder is judged. */
export interface Evaluate {
  /** Encoder stage; by default the first `encode`. */
  readonly of?: string;
  /** k-nearest-neighbour classification; absent when it is not wanted. */
  readonly knn?: { readonly k: number; readonly temperature: number };
  /** A linear classifier; absent when it is not wanted. */
  readonly linear?: {
    readonly epochs: number;
    readonly lr: number;
    readonly batch: number;
  };
}

/** A whole pipeline. */
export interface Pipeline {
  /** Names the folder of its runs. */
  readonly name: string;
  /** Seed of weights, augmentations and the order of images. */
  readonly seed: number;
  /** Where images come from, and how many a step takes. */
  readonly data: {
    readonly source: SourceDefinition;
    readonly options: unknown;
    /** Images a step. */
    readonly batch: number;
  };
  /** Stages by name, in the order of the file. */
  readonly stages: ReadonlyMap<string, Stage>;
  /** Length, optimizer, schedules. */
  readonly train: Train;
  /** What to do about a run that goes wrong. */
  readonly monitor: Monitor;
  /** When variables are written to disk. */
  readonly checkpoint: CheckpointPolicy;
  /** How the encoder is judged. */
  readonly evaluate: Evaluate;
}

/** As much of a pipeline as could be read, so that the rest is checked too. */
export interface Draft {
  readonly data: Pipeline["data"] | undefined;
  readonly stages: Pipeline["stages"];
  /** Names of stages that could not be read. */
  readonly broken: ReadonlySet<string>;
}
