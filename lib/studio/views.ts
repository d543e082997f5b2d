/** @file Real images beside what the compiled graph makes of them. */
import type * as tf from "@tensorflow/tfjs";
import { compiledRuntime } from "../compile/runtime.ts";
import { encodePng } from "../data/libvips.ts";
import { PlanarBatch } from "../data/planar.ts";
import type { Images, ImageShape } from "../data/source.ts";
import { UserError } from "../errors.ts";
import { viewsByStage } from "../graph/views.ts";
import { unitPixels } from "../ops/pixels.ts";
import type { LoadedPipeline } from "../pipeline/load.ts";
import type { EngineRoom } from "./engine_room.ts";
import { pixelsOf } from "./pixels.ts";

/** Which images, and of which step. */
export interface ViewsRequest {
  /** Images. */
  readonly count: number;
  /** The first of them. */
  readonly first: number;
  /** Its random numbers are drawn. */
  readonly step: number;
}

/** Pictures in rows: an image, then its views. */
export interface Views {
  readonly columns: readonly string[];
  /** PNG files as addresses of data. */
  readonly rows: readonly (readonly string[])[];
  /** What was done so that numbers can be seen, where anything was. */
  readonly note?: string;
}

const png = async (pixels: Uint8Array, shape: ImageShape): Promise<string> =>
  `data:image/png;base64,${
    (await encodePng(pixels, shape)).toString("base64")
  }`;

/** The range of values; 0 to 1 where they lie in it, but for resampling's overshoot. */
function rangeOf(values: Float32Array): readonly [number, number] {
  let [low, high] = [0, 1];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low < -0.1 || high > 1.1 ? [low, high] : [0, 1];
}

/** Values of a range as bytes. */
const bytesOf = (
  values: Float32Array,
  [low, high]: readonly [number, number],
): Uint8Array =>
  Uint8Array.from(
    values,
    (value) =>
      Math.round(255 * Math.min(1, Math.max(0, (value - low) / (high - low)))),
  );

/** Draws views of images as a step of training would. */
export async function drawViews(
  room: EngineRoom,
  { pipeline: { seed }, graph }: Pick<LoadedPipeline, "pipeline" | "graph">,
  images: Images,
  { count, first, step }: ViewsRequest,
): Promise<Views> {
  const many = Math.min(count, images.count);
  const sources = await Promise.all(
    Array.from(
      { length: many },
      (_, i) => pixelsOf(images, (first + i) % images.count),
    ),
  );
  const batch = new PlanarBatch(many, images);
  sources.forEach((pixels, place) => batch.put(place, pixels));
  const runtime = compiledRuntime(await room.engine());
  try {
    const program = runtime.load("views", (execution) => {
      const fed = execution.feed("images", batch.tensor.shape, "uint8");
      const stages = viewsByStage(graph, execution, {
        images: unitPixels(fed),
        seed,
        step: execution.feed("step", [], "int32") as tf.Scalar,
      });
      return Object.fromEntries(
        [...stages].flatMap(([stage, views]) =>
          views.map((view, i) => [`${stage}[${i}]`, view])
        ),
      );
    });
    const views = Object.entries(
      await program.run({
        images: batch.tensor,
        step: { dtype: "int32", shape: [], data: Int32Array.of(step) },
      }),
    );
    if (views.length === 0) {
      throw new UserError("Cannot show views: the pipeline makes none.");
    }
    let stretched = false;
    const columns = await Promise.all(views.map(([, { data, shape }]) => {
      const [, height = 1, width = 1, channels = 1] = shape;
      const values = data as Float32Array;
      const range = rangeOf(values);
      if (range[0] !== 0 || range[1] !== 1) stretched = true;
      const size = height * width * channels;
      return Promise.all(
        sources.map((_, row) =>
          png(bytesOf(values.subarray(row * size, (row + 1) * size), range), {
            height,
            width,
            channels,
          })
        ),
      );
    }));
    const originals = await Promise.all(
      sources.map((pixels) => png(pixels, images)),
    );
    return {
      columns: ["image", ...views.map(([name]) => name)],
      rows: originals.map((source, row) => [
        source,
        ...columns.map((column) => column[row] as string),
      ]),
      ...(stretched
        ? {
          note:
            "Values beyond 0 to 1, as after normalize, are stretched over the range that a view has.",
        }
        : {}),
    };
  } finally {
    runtime.close();
  }
}
