/** @file Images channel by channel, as the compiled step reads them. */
import type { ImageSet, ImageShape } from "./source.ts";
import type { TensorData } from "../ir/dtype.ts";

/** Images `[height, width, channels]`, each written as `[channels, height, width]` into its place in a batch. */
export class PlanarBatch {
  readonly #data: Uint8Array<ArrayBuffer>;

  constructor(readonly count: number, readonly shape: ImageShape) {
    const { height, width, channels } = shape;
    this.#data = new Uint8Array(count * channels * height * width);
  }

  /** @param offset Of the image's first value in `pixels`. */
  put(place: number, pixels: Uint8Array, offset = 0): void {
    const { height, width, channels } = this.shape;
    const area = height * width;
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
