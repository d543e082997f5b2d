/** @file Images channel by channel, as the compiled step reads them. */
import type { ImageSet } from "../data/source.ts";
import type { TensorData } from "../ir/dtype.ts";

/** Copies images `from..from+count` into `[count, channels, height, width]`; past the end, the last one repeats. */
export function planarBatch(
  { pixels, height, width, channels, count: available }: ImageSet,
  indices: ArrayLike<number>,
): TensorData {
  const area = height * width;
  const data = new Uint8Array(indices.length * channels * area);
  for (let k = 0; k < indices.length; k++) {
    const image = Math.min(indices[k] as number, available - 1);
    const source = image * area * channels;
    const target = k * area * channels;
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < area; i++) {
        data[target + c * area + i] = pixels[source + i * channels + c] ?? 0;
      }
    }
  }
  const shape = [indices.length, channels, height, width];
  return { dtype: "uint8", shape, data };
}

/** `from, from + 1, ...` */
export function range(from: number, count: number): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: count }, (_, i) => from + i);
}
