/**
 * Trains image encoders without labels. A method is a graph of stages, in a
 * YAML file or as plain data; one training step of it is traced, compiled to
 * one TensorFlow graph, and run.
 *
 * @example Train a pipeline
 * ```ts
 * import { loadPipeline, train } from "stopgrad";
 *
 * // Two steps, to try it; without `set` it is the run that the file describes.
 * const loaded = await loadPipeline("pipelines/simsiam.yaml", {
 *   set: [
 *     "train.epochs=null",
 *     "train.steps=2",
 *     "train.schedule=constant",
 *     "evaluate=false",
 *   ],
 * });
 * const { summary } = await train(loaded, { runsDir: await Deno.makeTempDir() });
 * console.log(summary.loss, summary.verdict);
 * ```
 *
 * @module
 */
export { UserError } from "./lib/errors.ts";

// Pipelines: written, checked, loaded.
export {
  buildPipeline,
  checkConfig,
  type FallingSchedule,
  loadConfig,
  type MultistepSchedule,
  type PipelineConfig,
  type PointConfig,
  type ScheduleConfig,
  type SweepConfig,
  type WarmUp,
} from "./lib/pipeline/config.ts";
export type * from "./lib/pipeline/stage_types.ts";
export {
  type Code,
  CODES,
  type Diagnostic,
  type Particulars,
  type Path,
} from "./lib/diagnostics/diagnostic.ts";
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
  CheckpointPolicy,
  Evaluate,
  Input,
  Optimizer,
  Pipeline,
  Reference,
  Seen,
  Stage,
  StageSettings,
  Train,
} from "./lib/model/pipeline.ts";
export type { Schedule } from "./lib/optim/schedule.ts";
export type {
  ExecutedModule,
  OnModule,
  TypeCheck,
} from "./lib/pipeline/parse/custom.ts";
export { type Plain, resolve } from "./lib/pipeline/explain/resolve.ts";
export type { Change } from "./lib/pipeline/language/changes.ts";
export type { Figure, Paper, SweepPoint } from "./lib/pipeline/sweep/sweep.ts";

// What a pipeline can name, and how to add to it.
export {
  BUILT_IN,
  register,
  type Registrable,
  type Registry,
} from "./lib/model/registry.ts";
export {
  type BuiltStage,
  defineStage,
  type Definition,
  type Landmarks,
  type Look,
  type Port,
  type Risk,
  type Scheduled,
  ShapeError,
  type Signature,
  type Site,
  type StageDefinition,
  type StageKind,
  type StageRun,
  type StageSpec,
  type Template,
  type Type,
  type ValueKind,
  type Values,
} from "./lib/stages/define.ts";
export {
  defineLoss,
  type LossContext,
  type LossSpec,
  type Resolved,
} from "./lib/stages/define_loss.ts";
export {
  defineModule,
  type ModuleRole,
  type ModuleSpec,
} from "./lib/stages/define_module.ts";
export {
  defineTransform,
  type PixelShape,
  type TransformDefinition,
} from "./lib/stages/define_transform.ts";
export { choice } from "./lib/stages/choice.ts";
export { type Ramp, ramp, type Rampable } from "./lib/stages/ramp.ts";
export {
  defineOptimizer,
  type OptimizerDefinition,
  type OptimizerOptions,
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
export {
  type Attending,
  type Attention,
  attention,
  type AttentionOptions,
} from "./lib/layers/attention.ts";
export { batchNorm, type BatchNormOptions } from "./lib/layers/batch_norm.ts";
export { conv, type ConvOptions } from "./lib/layers/conv.ts";
export { cosineDense } from "./lib/layers/cosine_dense.ts";
export { dense, type DenseOptions } from "./lib/layers/dense.ts";
export type { FirstWeights } from "./lib/layers/first_weights.ts";
export { groupNorm, type GroupNormOptions } from "./lib/layers/group_norm.ts";
export {
  type Initializer,
  type Layer,
  type ParameterScope,
  type Run,
  sequential,
  type Variable,
} from "./lib/layers/layer.ts";
export { layerNorm, type LayerNormOptions } from "./lib/layers/layer_norm.ts";
export {
  patchEmbed,
  type PatchEmbedOptions,
} from "./lib/layers/patch_embed.ts";
export { standardisedConv } from "./lib/layers/standardised_conv.ts";
export {
  type Before,
  type DenseWeights,
  type TokenDense,
  tokenDense,
  type TokenDenseOptions,
} from "./lib/layers/token_dense.ts";
export {
  transformer,
  type TransformerOptions,
} from "./lib/layers/transformer.ts";
export {
  transformerBlock,
  type TransformerBlockOptions,
} from "./lib/layers/transformer_block.ts";
export { gelu, type GeluForm } from "./lib/ops/gelu.ts";
export { gatherTokens } from "./lib/ops/gather_tokens.ts";
export { argsort } from "./lib/ops/argsort.ts";
export { l2Normalize } from "./lib/ops/normalize.ts";
export { nearestRows } from "./lib/ops/nearest_rows.ts";
export { stopGradient } from "./lib/ops/stop_gradient.ts";
export type { Again } from "./lib/ops/affine.ts";
export type { Differentiable } from "./lib/ops/differentiable.ts";
export type { Random } from "./lib/ops/random.ts";

// Runs.
export type { ResumePoint } from "./lib/train/resume_point.ts";
export { train, type TrainOptions } from "./lib/train/train.ts";
export type { StepProgress, TrainEvent } from "./lib/train/events.ts";
export type {
  JudgedEpoch,
  LastHealthy,
  Summary,
  TrainResult,
} from "./lib/train/summary.ts";
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
  Values as CheckpointValues,
} from "./lib/checkpoint/store.ts";
export { findResumable, type Resumable } from "./lib/train/resume.ts";
export type {
  MlflowSettings,
  TensorBoardSettings,
  Track,
} from "./lib/track/track.ts";
export type { Fall } from "./lib/monitor/fall.ts";
export type { FaultVerdict, Verdict } from "./lib/monitor/verdict.ts";
export type { Alarm } from "./lib/monitor/watch.ts";
export type { Accuracies, Compared } from "./lib/train/compared.ts";
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
  Assignments,
  CheckInputs,
  Measured,
  Predictions,
  SignalDefinition,
  SignalInfo,
  Spectra,
  StepInputs,
} from "./lib/monitor/define.ts";
export type { Progress } from "./lib/train/run_length.ts";
export type { RunOrigin } from "./lib/train/run_folder.ts";
export type { RunSettings } from "./lib/train/run_settings.ts";
export type { Names } from "./lib/data/names.ts";
export type { Turns } from "./lib/data/shuffle.ts";
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
  type Scores,
} from "./lib/evaluate/evaluate.ts";
export {
  type Encodes,
  type FeatureReader,
  featureReader,
  type Features,
  rawPixels,
} from "./lib/evaluate/features.ts";
export type { RunLength } from "./lib/train/run_length.ts";
export { type StepMetrics, TrainingSession } from "./lib/train/session.ts";

// What a run leaves, without training.
export { Encoder, type EncoderOptions } from "./lib/encoder/encoder.ts";
export type { EmbeddedBatch, EmbedRange } from "./lib/encoder/embed.ts";
export type { LooseImages, ReadingOptions } from "./lib/data/loose.ts";
export type { Reading } from "./lib/data/reading.ts";
export type { OpenedRun, Which } from "./lib/encoder/open_run.ts";
export type { Programs } from "./lib/compile/runtime.ts";
export {
  exportEncoder,
  type ExportOptions,
} from "./lib/export/export_encoder.ts";
export type { ExportResult } from "./lib/export/export_run.ts";
export type { FormatName } from "./lib/export/formats.ts";
export type { Size } from "./lib/export/portable.ts";
export type { Executable, Lent, Tensors } from "./lib/compile/machine.ts";
export type {
  Execution,
  Traceable,
  VariableRef,
} from "./lib/trace/execution.ts";

// Types that the above mention.
export type { OpTiming } from "./lib/engine/step_stats.ts";
export type { DType, HostArray, TensorData } from "./lib/ir/dtype.ts";
export type { Rounding } from "./lib/ir/rounding.ts";
export type { InstallProgress } from "./lib/engine/install.ts";
export type { StageGraph, WiredStage } from "./lib/graph/stage_graph.ts";
export type { ModuleOptions } from "./lib/pipeline/parse/custom.ts";
export type { ModuleDigests } from "./lib/train/own_modules.ts";
