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
  type OptionsConfig,
  type PipelineConfig,
  type PointConfig,
  type ReferenceText,
  type ScheduleConfig,
  type StageConfig,
  type SweepConfig,
  type TransformConfig,
} from "./lib/pipeline/config.ts";
export {
  type Code,
  CODES,
  type Diagnostic,
  type Particulars,
  type Path,
} from "./lib/pipeline/diagnostic.ts";
export {
  checkPipeline,
  type CheckResult,
  checkText,
  type LoadedPipeline,
  type LoadedPoint,
  type LoadedSweep,
  type LoadOptions,
  loadPipeline,
} from "./lib/pipeline/load.ts";
export type {
  AugmentStage,
  CheckpointPolicy,
  EmaStage,
  Evaluate,
  LossStage,
  ModuleStage,
  Momentum,
  NearestStage,
  Pairs,
  Pipeline,
  QueueStage,
  Reference,
  Schedule,
  Stage,
  StopGradientStage,
  Train,
  TransformStep,
} from "./lib/pipeline/pipeline.ts";
export type { TypeCheck } from "./lib/pipeline/custom.ts";
export { type Plain, resolve } from "./lib/pipeline/resolve.ts";
export type { Change } from "./lib/pipeline/changes.ts";
export type { Figure, Paper, SweepPoint } from "./lib/pipeline/sweep.ts";

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
  type Definition,
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
  type ImageInfo,
  type Images,
  type ImageSet,
  type ImageShape,
  type ImageStream,
  inMemory,
  isInMemory,
  type LoadContext,
  type LoadedData,
  type LoadProgress,
  type SkippedFile,
  type SourceDefinition,
  type Survey,
} from "./lib/data/source.ts";
export type { HeadPreset, HeadRecipe } from "./lib/stages/head_presets.ts";
export {
  type AugmentPreset,
  type TransformEntry,
} from "./lib/stages/presets.ts";
export { batchNorm, type BatchNormOptions } from "./lib/layers/batch_norm.ts";
export { conv, type ConvOptions } from "./lib/layers/conv.ts";
export { dense, type DenseOptions } from "./lib/layers/dense.ts";
export {
  type Initializer,
  type Layer,
  type ParameterScope,
  type Run,
  sequential,
  type Variable,
} from "./lib/layers/layer.ts";
export { argsort } from "./lib/ops/argsort.ts";
export { gatherTokens } from "./lib/ops/gather_tokens.ts";
export { l2Normalize } from "./lib/ops/normalize.ts";
export { nearestRows } from "./lib/ops/nearest_rows.ts";
export { stopGradient } from "./lib/ops/stop_gradient.ts";
export type { Random } from "./lib/ops/random.ts";

// Runs.
export type { ResumePoint } from "./lib/train/resume_point.ts";
export { train, type TrainOptions } from "./lib/train/train.ts";
export type { StepProgress, TrainEvent } from "./lib/train/events.ts";
export type { Summary, TrainResult } from "./lib/train/summary.ts";
export {
  resumeSweep,
  sweep,
  type SweepEvent,
  type SweepOptions,
  type SweepResult,
} from "./lib/train/sweep.ts";
export type {
  PointRecord,
  PointResult,
  SweepRecord,
} from "./lib/train/sweep_folder.ts";
export { sweepMarkdown } from "./lib/train/sweep_table.ts";
export type {
  CheckpointEntry,
  Refused,
  Values,
} from "./lib/checkpoint/store.ts";
export { findResumable, type Resumable } from "./lib/train/resume.ts";
export type { Alarm, Verdict } from "./lib/monitor/watch.ts";
export type { Headline } from "./lib/train/monitoring.ts";
export {
  type Action,
  ACTIONS,
  type Fault,
  FAULTS,
  type Monitor,
} from "./lib/monitor/policy.ts";
export { SIGNALS } from "./lib/monitor/signals.ts";
export type {
  CheckInputs,
  Landmarks,
  Measured,
  SignalDefinition,
  SignalInfo,
  Spectra,
  StepInputs,
} from "./lib/monitor/define.ts";
export type { RunOrigin } from "./lib/train/run_folder.ts";
export type { RunSettings } from "./lib/train/run_settings.ts";
export type { Fingerprint } from "./lib/data/fingerprint.ts";
export type { Best } from "./lib/checkpoint/retention.ts";

// The parts of a run, one by one.
export {
  type Device,
  type Engine,
  type EngineSettings,
  openEngine,
} from "./lib/engine/open.ts";
export {
  evaluate,
  type EvaluateOptions,
  type FeatureReader,
  type Scores,
} from "./lib/evaluate/evaluate.ts";
export {
  featureReader,
  type Features,
  rawPixels,
} from "./lib/evaluate/features.ts";
export type { RunLength } from "./lib/train/run_length.ts";
export { type StepMetrics, TrainingSession } from "./lib/train/session.ts";

// Types that the above mention.
export type { Executable, Tensors } from "./lib/compile/machine.ts";
export type { SessionConfig } from "./lib/engine/config.ts";
export type { Api, Pointer } from "./lib/engine/ffi.ts";
export type { InstallProgress } from "./lib/engine/install.ts";
export type { OpTiming } from "./lib/engine/step_stats.ts";
export type { StageGraph, WiredStage } from "./lib/graph/stage_graph.ts";
export type { DType, HostArray, TensorData } from "./lib/ir/dtype.ts";
export type { Rounding } from "./lib/ir/rounding.ts";
export type {
  Execution,
  Traceable,
  VariableRef,
} from "./lib/trace/execution.ts";
export type { Runtime } from "./lib/train/runtime.ts";
