/** @file An encoder apart from training: opened from a run, it gives features of images. */
import type { Executable } from "../compile/machine.ts";
import { type LooseImages, looseImages } from "../data/loose.ts";
import type { Images, LoadContext } from "../data/source.ts";
import { readingFor } from "./reading.ts";
import { Findings } from "../diagnostics/diagnostic.ts";
import { type Device, type Engine, openEngine } from "../engine/open.ts";
import { UserError } from "../errors.ts";
import { chainTo, evaluatedStages } from "../graph/encoder_chain.ts";
import { featureExtractor } from "../graph/features.ts";
import { findEncoder } from "../graph/find_encoder.ts";
import type { StageGraph, WiredStage } from "../graph/stage_graph.ts";
import { sizeOf } from "../ir/dtype.ts";
import type { LoadedPipeline, LoadOptions } from "../pipeline/load.ts";
import type { Traceable } from "../trace/execution.ts";
import { compiledRuntime, type Runtime } from "../compile/runtime.ts";
import { embedded, type EmbeddedBatch, type EmbedRange } from "./embed.ts";
import { type OpenedRun, openRun, type Which } from "./open_run.ts";
import { firstWeights, noting, restoreWeights } from "./weights.ts";

/** How an encoder is opened. */
export interface EncoderOptions extends Pick<LoadOptions, "onModule"> {
  /** Network whose output is wanted; by default the one that the run judges. */
  readonly of?: string | undefined;
  /** Images of a call of the engine; by default by their size. */
  readonly batch?: number | undefined;
  /** Which weights; by default the newest that looked healthy. */
  readonly checkpoint?: Which | undefined;
  /** Of an untrained encoder's weights; by default the run's. */
  readonly seed?: number | undefined;
  /** A GPU where there is one, by default. */
  readonly device?: Device | undefined;
  /** Threads in all, on a CPU; one for each core by default. */
  readonly threads?: number | undefined;
  /** An engine that is open already. */
  readonly engine?: Engine | undefined;
}

/** Pixels of a call: as many as 256 images of 64x64 have. */
const MOST_PIXELS = 2 ** 20;
const MOST_IMAGES = 256;

function batchFor([, height, width]: StageGraph["image"]): number {
  const fitting = Math.floor(MOST_PIXELS / (height * width));
  return Math.max(1, Math.min(MOST_IMAGES, fitting));
}

/** @throws {UserError} When the network is none, or needs more than images. */
export function networkOf(
  { pipeline, graph }: LoadedPipeline,
  of: string | undefined,
): WiredStage {
  if (of === undefined) return graph.encoder;
  const findings = new Findings();
  const evaluate = { ...pipeline.evaluate, of };
  const found = findEncoder({ ...pipeline, evaluate }, graph, findings);
  if (found && !findings.failed) return found;
  const networks = [...graph.byName.keys()].join(", ");
  const [first] = findings.all;
  throw new UserError(
    first
      ? [`${first.message}.`, ...first.hints ?? []].join("\n")
      : `Cannot take features of "${of}": it is no network of the run. Its stages: ${networks}.`,
  );
}

/**
 * An encoder with its weights, on its device.
 *
 * @example
 * ```ts
 * import { buildPipeline, Encoder, train } from "stopgrad";
 *
 * const run = await train(
 *   buildPipeline({
 *     data: { source: "photos", batch: 32 },
 *     stages: {
 *       views: { augment: "simclr", of: "image", count: 2 },
 *       y: { encode: "resnet", of: "views", width: 4, blocks: [1] },
 *       loss: { loss: "nt_xent", between: ["y", "y"], pairs: "unordered" },
 *     },
 *     train: { steps: 2, optimizer: { sgd: { lr: 0.1 } } },
 *     evaluate: false,
 *   }),
 *   { runsDir: await Deno.makeTempDir() },
 * );
 * const encoder = await Encoder.open(run.folder);
 * for await (const { rows, features } of encoder.embed(["data/photos"])) {
 *   console.log(rows, features);
 * }
 * encoder.close();
 * ```
 */
export class Encoder {
  readonly #runtime: Runtime;
  readonly #program: Executable;
  /** Stages of the run, wired. */
  readonly graph: StageGraph;
  /** Numbers that an image gives. */
  readonly width: number;

  private constructor(
    /** Where it comes from. */
    readonly run: OpenedRun,
    /** Network whose output it gives. */
    readonly network: WiredStage,
    readonly engine: Engine,
    /** Images of a call. */
    readonly batch: number,
    runtime: Runtime,
    program: Executable,
  ) {
    this.#runtime = runtime;
    this.#program = program;
    this.graph = run.loaded.graph;
    const chain = chainTo(this.graph.byName, network);
    const last = evaluatedStages(this.graph, chain, 1).at(-1);
    this.width = sizeOf(last?.type.shape ?? []);
  }

  /**
   * Opens the encoder of a run, which is not changed.
   *
   * @param path The run's folder, or one of its checkpoints.
   * @throws {UserError} When it is no run, or its weights do not fit.
   */
  static async open(
    path: string,
    { of, batch, checkpoint, seed, device, threads, engine, ...options }:
      EncoderOptions = {},
  ): Promise<Encoder> {
    const run = await openRun(path, { ...options, checkpoint });
    const { pipeline, graph } = run.loaded;
    const network = networkOf(run.loaded, of);
    const opened = engine ?? await openEngine({
      ...(device ? { device } : {}),
      ...(threads ? { threads } : {}),
    });
    const runtime = compiledRuntime(opened);
    try {
      const images = batch ?? batchFor(graph.image);
      const extractor = featureExtractor(graph, images, network);
      const { body, needed } = noting(extractor);
      const program = runtime.load("features", body);
      if (run.checkpoint) {
        const { entry, values } = run.checkpoint;
        await restoreWeights(runtime, needed, values, entry.file);
      } else await firstWeights(runtime, needed, graph, seed ?? pipeline.seed);
      return new Encoder(run, network, opened, images, runtime, program);
    } catch (error) {
      runtime.close();
      throw error;
    }
  }

  /** Readies a further program that shares the encoder's variables. */
  load(name: string, body: Traceable): Executable {
    return this.#runtime.load(name, body);
  }

  /**
   * Looks at image files, to be read as the run read its own: a folder, a tar
   * archive, a `.txt` list, or files. Those that cannot be read are left out.
   *
   * @throws {UserError} When there are none, or none can be read.
   */
  images(
    places: readonly string[],
    context: Pick<LoadContext, "onProgress" | "onSkipped"> = {},
  ): Promise<LooseImages> {
    return looseImages(places, readingFor(this.run.loaded), {
      ...context,
      baseDir: ".",
      cacheDir: "",
      engine: () => Promise.resolve(this.engine),
    });
  }

  /**
   * Features of images, batch by batch, in their order. There may be fewer
   * images than a batch.
   *
   * @param images Decoded, decoded as they are needed, or where files are.
   * @throws {UserError} When they have another shape than the encoder takes.
   */
  async *embed(
    images: Images | readonly string[],
    range: Omit<EmbedRange, "batch"> = {},
  ): AsyncGenerator<EmbeddedBatch, void> {
    if (!("count" in images)) {
      const found = await this.images(images);
      yield* this.embed(found.images, range);
      return;
    }
    const [channels, height, width] = this.graph.image;
    if (
      images.channels !== channels || images.height !== height ||
      images.width !== width
    ) {
      throw new UserError(
        `Cannot embed images of ${images.width}x${images.height} pixels and ${images.channels} channel(s): the encoder takes ${width}x${height} and ${channels}.\nRead them at that size.`,
      );
    }
    yield* embedded(this.#program, images, { ...range, batch: this.batch });
  }

  /** Frees the device's memory. */
  close(): void {
    this.#runtime.close();
  }
}
