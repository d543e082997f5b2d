/**
 * Trains image encoders without labels. A method is a graph of stages, in a
 * YAML file or as plain data; one training step of it is traced, compiled to
 * one TensorFlow graph, and run.
 *
 * @example Train a pipeline
 * ```ts ignore
 * import { loadPipeline, train } from "@stopgrad/stopgrad";
 *
 * const { summary } = await train(await loadPipeline("pipelines/simsiam.yaml"));
 * console.log(summary.knn);
 * ```
 *
 * @module
 */
export { UserError } from "./lib/errors.ts";

// Pipelines: written, checked, loaded.
export {
  type AugmentConfig,
  buildPipeline,
  checkConfig,
  type MomentumConfig,
  type PipelineConfig,
  type ReferenceText,
  type ScheduleConfig,
  type StageConfig,
  type TransformConfig,
} from "./lib/pipeline/config.ts";
export type { Code, Diagnostic } from "./lib/pipeline/diagnostic.ts";
export {
  checkPipeline,
  type CheckResult,
  checkText,
  type LoadedPipeline,
  type LoadOptions,
  loadPipeline,
} from "./lib/pipeline/load.ts";
export type { Pipeline } from "./lib/pipeline/pipeline.ts";
export { resolve } from "./lib/pipeline/resolve.ts";

// What a pipeline can name, and how to add to it.
export {
  BUILT_IN,
  register,
  type Registrable,
  type Registry,
} from "./lib/pipeline/registry.ts";
export {
  defineLoss,
  defineModule,
  defineTransform,
  type LossContext,
  type LossDefinition,
  type ModuleDefinition,
  type ModuleRole,
  ShapeError,
  type Signature,
  type TransformDefinition,
} from "./lib/stages/define.ts";
export {
  defineOptimizer,
  type OptimizerDefinition,
  type OptimizerStep,
} from "./lib/optim/define.ts";
export {
  defineSource,
  type ImageSet,
  type ImageShape,
  type LoadContext,
  type LoadedData,
  type SourceDefinition,
} from "./lib/data/source.ts";
export { batchNorm } from "./lib/layers/batch_norm.ts";
export { conv } from "./lib/layers/conv.ts";
export { dense } from "./lib/layers/dense.ts";
export {
  type Layer,
  type ParameterScope,
  type Run,
  sequential,
  type Variable,
} from "./lib/layers/layer.ts";
export { l2Normalize } from "./lib/ops/normalize.ts";
export type { Random } from "./lib/ops/random.ts";

// Runs.
export {
  type StepProgress,
  type Summary,
  train,
  type TrainEvent,
  type TrainOptions,
  type TrainResult,
} from "./lib/train/train.ts";
export type { Alarm, Verdict } from "./lib/monitor/verdict.ts";

// The parts of a run, one by one.
export {
  type Device,
  type Engine,
  type EngineSettings,
  openEngine,
} from "./lib/engine/open.ts";
export { evaluate, type Scores } from "./lib/evaluate/evaluate.ts";
export {
  featureReader,
  type Features,
  rawPixels,
} from "./lib/evaluate/features.ts";
export { type StepMetrics, TrainingSession } from "./lib/train/session.ts";
