/** @file Pictures of what a step sees: some images, and their views beside them. */
import type * as tf from "@tensorflow/tfjs";
import type { Executable } from "../compile/machine.ts";
import { encodePng } from "../data/libvips.ts";
import { PlanarBatch } from "../data/planar.ts";
import { isInMemory } from "../data/source.ts";
import { STEP } from "../graph/step.ts";
import { viewsByStage } from "../graph/views.ts";
import type { TensorData } from "../ir/dtype.ts";
import { unitPixels } from "../ops/pixels.ts";
import type { TrackedImage } from "../track/tracker.ts";
import type { TrainingSession } from "./session.ts";

/** Pixels between two pictures. */
const GAP = 2;

/** Channels last, `[height, width, channels]` each, one after another. */
interface Column {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly data: ArrayLike<number>;
}

/** Numbers as brightness: 0..1 as they are, others from the least to the greatest. */
function brightness(data: ArrayLike<number>): (value: number) => number {
  let [least, most] = [0, 1];
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  // Resampling goes a little beyond; a picture that does is none that was normalised.
  if (least > -0.1 && most < 1.1) [least, most] = [0, 1];
  return (value) =>
    Math.round(
      255 * Math.min(1, Math.max(0, (value - least) / (most - least))),
    );
}

/** A row for each image: a column for each of its pictures. */
async function grid(
  stage: string,
  rows: number,
  columns: readonly Column[],
): Promise<TrackedImage> {
  const tall = Math.max(...columns.map(({ height }) => height)) + GAP;
  const width = columns.reduce((sum, one) => sum + one.width + GAP, -GAP);
  const height = rows * tall - GAP;
  const pixels = new Uint8Array(width * height * 3).fill(255);
  let left = 0;
  for (const { height: own, width: wide, channels, data } of columns) {
    const shade = brightness(data);
    for (let row = 0; row < rows; row++) {
      for (let y = 0; y < own; y++) {
        for (let x = 0; x < wide; x++) {
          const from = ((row * own + y) * wide + x) * channels;
          const to = ((row * tall + y) * width + left + x) * 3;
          for (let c = 0; c < 3; c++) {
            const band = channels === 3 ? c : 0;
            pixels[to + c] = shade(data[from + band] as number);
          }
        }
      }
    }
    left += wide + GAP;
  }
  const png = await encodePng(pixels, { width, height, channels: 3 });
  return { stage, width, height, png };
}

/** Draws the views of the first images of a run's data. */
export class ViewPictures {
  #program: Executable | undefined;
  #images: TensorData | undefined;

  /** @param count Images, at most. */
  constructor(readonly session: TrainingSession, readonly count: number) {}

  /** A picture for each stage of views, as the next step would draw them. */
  async draw(): Promise<readonly TrackedImage[]> {
    const images = this.#images ??= await this.#read();
    const [rows = 0, channels = 0, height = 0, width = 0] = images.shape;
    this.#program ??= this.#load(images.shape);
    const views = Object.entries(await this.#program.run({ images }));
    const area = height * width;
    const original: Column = {
      height,
      width,
      channels,
      data: Float32Array.from(
        { length: rows * area * channels },
        (_, i) => {
          const [pixel, c] = [Math.floor(i / channels), i % channels];
          const [row, at] = [Math.floor(pixel / area), pixel % area];
          return (images.data[(row * channels + c) * area + at] as number) /
            255;
        },
      ),
    };
    const stages = [...new Set(views.map(([name]) => stageOf(name)))];
    return await Promise.all(stages.map((stage) => {
      const own = views.filter(([name]) => stageOf(name) === stage)
        .map(([, { shape: [, height = 0, width = 0, channels = 0], data }]) => (
          { height, width, channels, data: data as Float32Array }
        ));
      return grid(stage, rows, [original, ...own]);
    }));
  }

  #load(shape: readonly number[]): Executable {
    const { graph, pipeline: { seed } } = this.session;
    return this.session.load("views", (execution) => {
      const images = unitPixels(execution.feed("images", shape, "uint8"));
      const step = execution.read(STEP) as tf.Scalar;
      const stages = viewsByStage(graph, execution, { images, seed, step });
      return Object.fromEntries(
        [...stages].flatMap(([stage, views]) =>
          views.map((view, i) => [`${stage}${BETWEEN}${i}`, view])
        ),
      );
    });
  }

  async #read(): Promise<TensorData> {
    const { data } = this.session;
    const size = data.height * data.width * data.channels;
    const decoded: Uint8Array[] = [];
    for (let i = 0; i < data.count && decoded.length < this.count; i++) {
      const pixels = isInMemory(data)
        ? data.pixels.subarray(i * size, (i + 1) * size)
        : await data.decode(i);
      if (pixels) decoded.push(pixels);
    }
    const batch = new PlanarBatch(decoded.length, data);
    decoded.forEach((pixels, place) => batch.put(place, pixels));
    return batch.tensor;
  }
}

const BETWEEN = "/view";
const stageOf = (name: string): string =>
  name.slice(0, name.lastIndexOf(BETWEEN));
