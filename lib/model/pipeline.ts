/** @file A pipeline as plain data: checked, with defaults filled in, not yet wired. */
import type { SourceDefinition } from "../data/source.ts";
import type { Monitor } from "../monitor/policy.ts";
import type { OptimizerDefinition } from "../optim/define.ts";
import type { Schedule } from "../optim/schedule.ts";
import type { Track } from "../track/track.ts";
import type { StageDefinition } from "../stages/define.ts";
import type { Rampable } from "../stages/ramp.ts";

/** A value that a stage reads: an output of another stage, `image` or `label`. */
export interface Reference {
  /** Name of the stage. */
  readonly stage: string;
  /** `mask.visible`: this output in place of the main one. */
  readonly output?: string;
  /** `z[1]`: this view alone. */
  readonly view?: number;
  /** `z[0:2]`: the views from the first up to the second, which is left out. */
  readonly range?: readonly [number, number | undefined];
  /** `stop_gradient(z)`: gradients do not flow back through this edge. */
  readonly stopGradient: boolean;
}

/** What stands at an input of a stage. */
export interface Input {
  /** One, or several that are joined or compared. */
  readonly references: readonly Reference[];
  /** Whether a list was written. */
  readonly list: boolean;
}

/** A stage: a definition with its options, and what it reads. */
export interface Stage {
  /** The key of the YAML that made it. */
  readonly key: string;
  /** What it does. */
  readonly definition: StageDefinition;
  /** As the definition gives them. */
  readonly options: unknown;
  /** By the names of the definition's inputs. */
  readonly inputs: ReadonlyMap<string, Input>;
  /** Stages whose weights it takes part in, by the keys that name them. */
  readonly links: ReadonlyMap<string, string>;
  /** Factor of an objective in the sum. */
  readonly weight: Rampable;
}

/** An optimizer with its options. */
export interface Optimizer {
  /** The update rule of the weights. */
  readonly definition: OptimizerDefinition;
  /** As the definition's schema gives them. */
  readonly options: { readonly lr: number };
}

/** How the weights of one stage are trained, where it is not as the others'. */
export interface StageSettings {
  /** Learning rate in place of the optimizer's. */
  readonly lr?: number;
  /** Schedule in place of the run's. */
  readonly schedule?: Schedule;
  /** In place of the run's. */
  readonly optimizer?: Optimizer;
  /** In place of the optimizer's. */
  readonly weightDecay?: Rampable;
  /** Factor of the rate from each layer to the one before it, 0 to 1. */
  readonly layerDecay?: number;
  /** Epochs from the start in which nothing of the stage moves; `true` for all. */
  readonly freeze?: number | true;
  /** Batch norms normalise by the statistics that they have, which stay. */
  readonly statistics?: "frozen";
  /** In place of the run's: what it sees of the batch, where replicas share it. */
  readonly replicas?: Seen;
}

/** What is seen of a batch that replicas share: all of it, or one's own rows. */
export type Seen = "all" | "per_replica";

/** Training settings. */
export interface Train {
  /** Length of the run. */
  readonly length: {
    readonly unit: "epochs" | "steps";
    readonly count: number;
  };
  /** The update rule of the weights. */
  readonly optimizer: Optimizer;
  /** Learning rate over the run. */
  readonly schedule: Schedule;
  /** Momentum (tau) of EMA twins without their own, 0 to 1. */
  readonly ema: Rampable;
  /** Most length of the gradient of all weights together, or of each by itself. */
  readonly clip?: number | { readonly each: number };
  /** Parts that a batch is computed in, one after another. */
  readonly accumulate: number;
  /** What is seen of a batch that replicas share; all of it where it is absent. */
  readonly replicas?: {
    /** By batch norms. */
    readonly batchNorm: Seen;
    /** By losses. */
    readonly losses: Seen;
  };
  /** Settings for single stages, such as a predictor whose rate is constant. */
  readonly perStage: ReadonlyMap<string, StageSettings>;
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
  /** Labelled images to judge by; by default those that it is trained on. */
  readonly data?: {
    readonly source: SourceDefinition;
    readonly options: unknown;
  };
  /** k-nearest-neighbour classification; absent when it is not wanted. */
  readonly knn?: { readonly k: number; readonly temperature: number };
  /** Epochs between two judgements while it trains; none, when it is absent. */
  readonly every?: number;
  /** Stage that tells the classes apart itself, whose accuracy is a score. */
  readonly classifier?: string;
  /** A linear classifier; absent when it is not wanted. */
  readonly linear?: {
    /** Penalties to choose from, as scikit-learn's `C`. */
    readonly c: readonly number[];
    /** Most steps of its solver. */
    readonly iterations: number;
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
    /** Share of the images to train on that is trained on; all where it is absent. */
    readonly share?: number;
  };
  /** Stages by name, in the order of the file. */
  readonly stages: ReadonlyMap<string, Stage>;
  /** Weights that stages begin with, by stage: paths. */
  readonly init?: Readonly<Record<string, string>>;
  /** Length, optimizer, schedules. */
  readonly train: Train;
  /** What to do about a run that goes wrong. */
  readonly monitor: Monitor;
  /** When variables are written to disk. */
  readonly checkpoint: CheckpointPolicy;
  /** How the encoder is judged. */
  readonly evaluate: Evaluate;
  /** Where the run is told of while it trains; absent where nowhere. */
  readonly track?: Track;
}

/** As much of a pipeline as could be read, so that the rest is checked too. */
export interface Draft {
  readonly data: Pipeline["data"] | undefined;
  readonly stages: Pipeline["stages"];
  /** Names of stages that could not be read. */
  readonly broken: ReadonlySet<string>;
}
