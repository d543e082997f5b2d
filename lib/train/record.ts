/** @file The training step of a pipeline as a program, without running it. */
import { knownImages } from "../data/share.ts";
import type { Api } from "../engine/ffi.ts";
import { type TrainingStep, trainingStep } from "../graph/step.ts";
import type { Program } from "../ir/program.ts";
import { type Rounding, ROUNDINGS } from "../ir/rounding.ts";
import type { LoadedPipeline } from "../pipeline/load.ts";
import { trace, type Traceable } from "../trace/execution.ts";
import type { Target } from "../trace/target.ts";

/** A recorded step. */
export interface RecordedStep {
  readonly training: TrainingStep;
  /** As it was traced, before any pass. */
  readonly program: Program;
  /** With `train.accumulate`, each part of a batch before the last. */
  readonly part?: Program;
  /** Training images, where they are known without loading them. */
  readonly images?: number;
}

/**
 * Records the training step: as a session with the images on the device runs
 * it, or with fed images where their number is not known.
 */
export function recordStep(
  api: Api,
  { pipeline, graph }: Pick<LoadedPipeline, "pipeline" | "graph">,
  {
    device = "cpu",
    rounding = ROUNDINGS[pipeline.train.precision],
    images,
    replicas,
  }: {
    readonly device?: Target["device"];
    /** By default the pipeline's precision, products included. */
    readonly rounding?: Rounding;
    /** Number of training images; by default what the source tells. */
    readonly images?: number | undefined;
    /** Devices that share each batch. */
    readonly replicas?: number | undefined;
  } = {},
): RecordedStep {
  const count = images ?? knownImages(pipeline.data);
  const training = trainingStep(
    pipeline,
    graph,
    count === undefined ? { kind: "fed" } : {
      kind: "resident",
      pixels: {
        path: "data/pixels",
        shape: [count, ...graph.image],
        dtype: "uint8",
      },
      labels: { path: "data/labels", shape: [count], dtype: "int32" },
    },
    replicas,
  );
  const record = (name: string, body: Traceable): Program =>
    trace(api, name, body, { device, ...rounding });
  return {
    training,
    program: record("step", training.traceable),
    ...(training.part ? { part: record("part", training.part) } : {}),
    ...(count === undefined ? {} : { images: count }),
  };
}
