/** @file The program of an encoder that other runtimes take. */
import { DEFINING, optimize } from "../compile/compile.ts";
import type { Engine } from "../engine/open.ts";
import { UserError } from "../errors.ts";
import { featureExtractor } from "../graph/features.ts";
import type { StageGraph } from "../graph/stage_graph.ts";
import type { Program, Value } from "../ir/program.ts";
import { FLOAT32 } from "../ir/rounding.ts";
import { ShapeError } from "../stages/define.ts";
import { trace } from "../trace/execution.ts";
import { channelsLast, FEATURES, IMAGES } from "./channels_last.ts";
import { sameButForImages } from "./compare.ts";
import type { TrainedEncoder } from "./encoder.ts";
import { fold } from "./fold.ts";
import { freeBatch } from "./free_batch.ts";
import { freeze } from "./freeze.ts";

/** A size, or the name of one that the caller chooses. */
export type Size = number | "batch" | "height" | "width";

/** An encoder as a program without variables, from bytes to numbers. */
export interface Portable {
  /** Its shapes are those of some batch; {@linkcode Portable.images} counts. */
  readonly program: Program;
  /** Of `images`: uint8, the channels of a pixel side by side. */
  readonly images: readonly Size[];
  /** Of `features`: float32. */
  readonly features: readonly Size[];
}

/** Numbers of images that tell what depends on them: they divide nothing else. */
const BATCHES = [5, 7] as const;

type Image = StageGraph["image"];

async function recorded(
  engine: Engine,
  { graph, values }: TrainedEncoder,
  batch: number,
  image: Image,
): Promise<Program> {
  const body = featureExtractor({ ...graph, image }, batch);
  // As they are defined: the fastest way on this machine is none elsewhere.
  const target = { device: "any", ...FLOAT32 } as const;
  const program = trace(engine.api, FEATURES, body, target);
  const frozen = freeze(optimize(program, DEFINING), values);
  return channelsLast(await fold(engine, frozen));
}

async function anyBatch(
  engine: Engine,
  encoder: TrainedEncoder,
  image: Image,
): Promise<Program> {
  const [one, two] = BATCHES;
  return freeBatch(
    await recorded(engine, encoder, one, image),
    await recorded(engine, encoder, two, image),
  );
}

/** The same network for images of another, odd size; none where it has none. */
async function otherSize(
  engine: Engine,
  encoder: TrainedEncoder,
): Promise<Program | undefined> {
  const [channels, height, width] = encoder.graph.image;
  const image = [channels, 2 * height + 1, 2 * width + 1] as const;
  try {
    return await anyBatch(engine, encoder, image);
  } catch (error) {
    // Its weights, or its patches, are for one size.
    if (error instanceof ShapeError || error instanceof UserError) {
      return undefined;
    }
    throw error;
  }
}

/**
 * Records an encoder for other runtimes: weights inside, any number of images,
 * and any size where nothing in the network depends on it.
 *
 * @throws {UserError} When the values are none of its variables, or something
 *   depends on the number of images.
 */
export async function portable(
  engine: Engine,
  encoder: TrainedEncoder,
): Promise<Portable> {
  const program = await anyBatch(engine, encoder, encoder.graph.image);
  const other = await otherSize(engine, encoder);
  const free = other !== undefined && sameButForImages(program, other);
  const [, height = 0, width = 0, channels = 0] =
    (program.feeds.get(IMAGES) as Value).shape;
  const [, ...rest] = (program.fetches.get(FEATURES) as Value).shape;
  return {
    program,
    images: [
      "batch",
      free ? "height" : height,
      free ? "width" : width,
      channels,
    ],
    features: ["batch", ...rest],
  };
}
