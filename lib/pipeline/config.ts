/** @file The YAML's own types, for pipelines written in TypeScript. */
import { UserError } from "../errors.ts";
import type { Action, Monitor } from "../monitor/policy.ts";
import type { Rampable } from "../stages/ramp.ts";
import { stringify } from "yaml";
import type {
  DataConfig,
  OptimizerConfig,
  StageConfig,
} from "./stage_types.ts";
import {
  checkReading,
  type CheckResult,
  checkTrusted,
  type LoadedPipeline,
  type LoadOptions,
  readText,
} from "./load.ts";

/** How a schedule begins. */
export interface WarmUp {
  /** Epochs of linear warm-up. */
  readonly warmup?: number;
  /** Factor that the warm-up begins at; 0 by default. */
  readonly first?: number;
}

/** Options of a schedule that falls without a step. */
export interface FallingSchedule extends WarmUp {
  /** Factor at its end. */
  readonly final?: number;
  /** Epochs that it takes, with its warm-up; those of the run by default. */
  readonly epochs?: number;
  /** Epoch at which it begins, of a run that went on with a new cycle. */
  readonly start?: number;
}

/** Options of a schedule that falls in steps. */
export interface MultistepSchedule extends WarmUp {
  /** Epochs after which it falls. */
  readonly milestones: readonly number[];
  /** What it is multiplied by after each of them; 0.1 by default. */
  readonly gamma?: number;
  /** Epoch at which it begins, of a run that went on with a new cycle. */
  readonly start?: number;
}

/** A schedule: its name, or `{ name: options }`. */
export type ScheduleConfig =
  | "cosine"
  | "linear"
  | "constant"
  | { readonly cosine: FallingSchedule }
  | { readonly linear: FallingSchedule }
  | { readonly multistep: MultistepSchedule }
  | { readonly constant: WarmUp };

/** A point of a sweep: changes by dotted path, and the paper's figure. */
export interface PointConfig {
  /** What a paper reports of it. */
  readonly paper?: number | string;
  /** Maps are merged, `null` removes. */
  readonly [path: string]: unknown;
}

/** Points to run one after another. */
export interface SweepConfig {
  /** What the papers' figures are, and figures by the names of points. */
  readonly paper?: {
    readonly figure?: string;
    readonly unit?: string;
    readonly source?: string;
    readonly figures?: Readonly<Record<string, number | string>>;
  };
  /** By name, or as a list. */
  readonly points?:
    | Readonly<Record<string, PointConfig>>
    | readonly PointConfig[];
  /** Keys with lists of values; every combination is a point. */
  readonly grid?: Readonly<Record<string, readonly unknown[]>>;
}

/**
 * A whole pipeline, key for key what a YAML file holds. `Own` is the type of
 * stages whose definitions you registered yourself.
 */
export interface PipelineConfig<Own extends object = never> {
  /** Names the folder of its runs. */
  readonly name?: string;
  /** Seed of weights, augmentations and the order of images; 0 by default. */
  readonly seed?: number;
  /** Source of the images with its options, and images a step. */
  readonly data: DataConfig;
  /** Stages by name, in any order. */
  readonly stages: Readonly<Record<string, StageConfig | Own>>;
  /** Length, optimizer, schedules. */
  readonly train: {
    readonly epochs?: number;
    readonly steps?: number;
    readonly optimizer: OptimizerConfig;
    readonly schedule?: ScheduleConfig;
    readonly ema?: Rampable;
    readonly clip?: number | { readonly each: number };
    readonly accumulate?: number;
    readonly replicas?: {
      readonly batch_norm?: "all" | "per_replica";
      readonly losses?: "all" | "per_replica";
    };
    readonly per_stage?: Readonly<
      Record<
        string,
        {
          readonly lr?: number;
          readonly schedule?: ScheduleConfig;
          readonly optimizer?: OptimizerConfig;
          readonly weight_decay?: Rampable;
          readonly layer_decay?: number;
          readonly freeze?: number | true;
          readonly statistics?: "frozen";
          readonly replicas?: "all" | "per_replica";
        }
      >
    >;
    readonly precision?: "float32" | "bfloat16";
  };
  /** Weights that stages begin with: a run, a checkpoint or a safetensors file. */
  readonly init?: Readonly<Record<string, string>>;
  /** What to do about a run that goes wrong; an action alone is that of `collapse`. */
  readonly monitor?: Action | Partial<Monitor>;
  /** Epochs between checkpoints, and how many stay. */
  readonly checkpoint?: {
    readonly every?: number;
    readonly keep?: number;
    readonly best?: { readonly min: string } | { readonly max: string };
  };
  /** How the encoder is judged; `false` for not at all. */
  readonly evaluate?: false | {
    readonly of?: string;
    /** Labelled images to judge by, where those to train on have none. */
    readonly data?: {
      readonly source: string;
      readonly [option: string]: unknown;
    };
    readonly knn?: false | {
      readonly k?: number;
      readonly temperature?: number;
    };
    readonly linear?: false | {
      readonly c?: number | readonly number[];
      readonly iterations?: number;
    };
    /** Stage of logits, whose accuracy on the test images is a score. */
    readonly classifier?: string;
    /** Epochs between two judgements while it trains. */
    readonly every?: number;
  };
  /** Where the run is told of while it trains. */
  readonly track?: {
    /** Event files in the run's folder. */
    readonly tensorboard?: boolean | { readonly images?: number };
    /** A server. */
    readonly mlflow?: {
      readonly url: string;
      readonly experiment?: string;
      readonly run_name?: string;
    };
  };
  /** Points that `sweep` runs. */
  readonly sweep?: SweepConfig;
}

/** What the same pipeline is as a file. */
const asText = (
  config: { readonly name?: string },
): readonly [string, string] => [
  `${config.name ?? "pipeline"}.yaml`,
  stringify(config),
];

/**
 * Checks a pipeline written in TypeScript. Messages name places in the object,
 * such as `stages.y.width`.
 */
export function checkConfig<Own extends object = never>(
  config: PipelineConfig<NoInfer<Own>>,
  options: LoadOptions = {},
): CheckResult {
  return checkReading(readText(...asText(config), options, "object"), options);
}

/** The pipeline, where it has no mistake. */
function loadedOf(
  { text, loaded, findings }: CheckResult,
  hint = "",
): LoadedPipeline {
  if (loaded) return loaded;
  const own = findings.some(({ code }) => code === "custom-stage");
  throw new UserError(own ? `${text}${hint}` : text);
}

/**
 * Builds a pipeline written in TypeScript, ready for `train`.
 *
 * @example
 * ```ts
 * import { buildPipeline } from "stopgrad";
 *
 * const loaded = buildPipeline({
 *   data: { source: "photos", batch: 128 },
 *   stages: {
 *     views: { augment: "simsiam", of: "image" },
 *     y: { encode: "resnet", of: "views", width: 16, blocks: [1, 1, 1] },
 *     z: { project: "mlp", of: "y", hidden: 512, out: 128, batch_norm: "none" },
 *     loss: { loss: "nt_xent", between: ["z", "z"], pairs: "unordered" },
 *   },
 *   train: { epochs: 5, optimizer: { sgd: { lr: 0.1 } } },
 * });
 * console.log(loaded.graph.order.map(({ name }) => name));
 * ```
 * @throws {UserError} With every problem, when there is an error.
 */
export function buildPipeline<Own extends object = never>(
  config: PipelineConfig<NoInfer<Own>>,
  options: LoadOptions = {},
): LoadedPipeline {
  return loadedOf(
    checkConfig<Own>(config, options),
    "\n  loadConfig() loads modules that `use:` names; buildPipeline() takes what is registered",
  );
}

/**
 * Builds a pipeline written in TypeScript as {@linkcode buildPipeline} does,
 * and loads the modules that it names with `use:`, which are executed. Their
 * paths start from `options.baseDir`, the current folder by default.
 *
 * @throws {UserError} With every problem, when there is an error.
 */
export async function loadConfig<Own extends object = never>(
  config: PipelineConfig<NoInfer<Own>>,
  options: LoadOptions = {},
): Promise<LoadedPipeline> {
  const reading = readText(...asText(config), options, "object");
  return loadedOf(await checkTrusted(reading, options));
}
