/** @file Images channel by channel, as the compiled step reads them. */
import type { ImageSet, ImageShape } from "./source.ts";
import type { TensorData } from "../ir/dtype.ts";

/** Images `[height, width, channels]`, each written as `[channels, height, width]` into its place in a batch. */
export class PlanarBatch {
  readonly #data: Uint8Array<ArrayBuffer>;
  /** The same, four values each: to write them one by one takes longer. */
  readonly #fours: Uint32Array<ArrayBuffer> | undefined;

  constructor(readonly count: number, readonly shape: ImageShape) {
    const { height, width, channels } = shape;
    this.#data = new Uint8Array(count * channels * height * width);
    const whole = height * width % 4 === 0;
    this.#fours = whole ? new Uint32Array(this.#data.buffer) : undefined;
  }

  /** @param offset Of the image's first value in `pixels`. */
  put(place: number, pixels: Uint8Array, offset = 0): void {
    const { height, width, channels } = this.shape;
    const area = height * width;
    if (this.#fours) {
      const plane = area / 4;
      const first = place * plane * channels;
      putFours(this.#fours, first, plane, channels, pixels, offset);
      return;
    }
    const data = this.#data;
    let target = place * area * channels;
    for (let c = 0; c < channels; c++) {
      let from = offset + c;
      for (const end = target + area; target < end; from += channels) {
        data[target++] = pixels[from] as number;
      }
    }
  }

  /** `[count, channels, height, width]`; not a copy. */
  get tensor(): TensorData {
    const { height, width, channels } = this.shape;
    const shape = [this.count, channels, height, width];
    return { dtype: "uint8", shape, data: this.#data };
  }
}

/** Writes the planes of an image, the lowest byte of a word first, as all of Deno's machines have them. */
function putFours(
  words: Uint32Array,
  first: number,
  plane: number,
  channels: number,
  pixels: Uint8Array,
  offset: number,
): void {
  let target = first;
  for (let c = 0; c < channels; c++) {
    let from = offset + c;
    for (const end = target + plane; target < end; from += 4 * channels) {
      words[target++] = (pixels[from] as number) |
        ((pixels[from + channels] as number) << 8) |
        ((pixels[from + 2 * channels] as number) << 16) |
        ((pixels[from + 3 * channels] as number) << 24);
    }
  }
}

/** Copies the images of `indices` into `[indices, channels, height, width]`; past the end, the last one repeats. */
export function planarBatch(
  { pixels, count, ...shape }: ImageSet,
  indices: ArrayLike<number>,
): TensorData {
  const size = shape.height * shape.width * shape.channels;
  const batch = new PlanarBatch(indices.length, shape);
  for (let k = 0; k < indices.length; k++) {
    batch.put(k, pixels, Math.min(indices[k] as number, count - 1) * size);
  }
  return batch.tensor;
}

/** `from, from + 1, ...` */
export function range(from: number, count: number): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: count }, (_, i) => from + i);
}
