/** @file Images for the tests of transforms, and what PIL and torchvision make of them. */
import assert from "@std/assert";
import type * as tf from "@tensorflow/tfjs";
import type { TensorData } from "../../lib/ir/dtype.ts";
import type { Random } from "../../lib/ops/random.ts";
import type { TransformDefinition } from "../../lib/stages/define_transform.ts";
import { compute, float32, rows } from "../helpers/numeric.ts";
import fixture from "../fixtures/transforms.json" with { type: "json" };

export { fixture };

/** One plane of an image. */
export type Plane = readonly (readonly number[])[];
/** An image, plane by plane. */
export type Planes = readonly Plane[];

/** A plane of one formula. */
export const plane = (
  height: number,
  width: number,
  value: (y: number, x: number) => number,
): Plane =>
  Array.from(
    { length: height },
    (_, y) => Array.from({ length: width }, (_, x) => value(y, x)),
  );

/** The batch of images as `[batch, channels, height, width]`. */
export function batchOf(images: readonly Planes[]): TensorData {
  const [first] = images;
  const [top] = first ?? [];
  const shape = [
    images.length,
    first?.length ?? 0,
    top?.length ?? 0,
    top?.[0]?.length ?? 0,
  ];
  return float32(shape, images.flat(3));
}

/** The images of a batch. */
export function imagesOf(batch: TensorData): Planes[] {
  const [, channels = 0, height = 0, width = 0] = batch.shape;
  return rows(batch).map((values) =>
    Array.from(
      { length: channels },
      (_, c) =>
        plane(height, width, (y, x) =>
          values[(c * height + y) * width + x] as number),
    )
  );
}

const bytes = (text: string): Uint8Array =>
  Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

function planesOf(
  values: ArrayLike<number>,
  channels: number,
  scale: number,
): Planes {
  const side = Math.sqrt(values.length / channels);
  return Array.from(
    { length: channels },
    (_, c) =>
      plane(
        side,
        side,
        (y, x) => (values[(y * side + x) * channels + c] as number) / scale,
      ),
  );
}

/** A stored image of bytes, in 0..1. */
export const stored = (text: string, channels = 3): Planes =>
  planesOf(bytes(text), channels, 255);

/** A stored image of 16-bit numbers, in 0..1. */
export function storedFloats(text: string): Planes {
  const view = new DataView(bytes(text).buffer);
  const values = Array.from(
    { length: view.byteLength / 2 },
    (_, i) => view.getUint16(2 * i, true),
  );
  return planesOf(values, 3, 65535);
}

/** Half a unit of the 16 bits, and float32's rounding. */
export const STORED = 2e-5;

/** Images of the fixture, in 0..1. */
export const IMAGES: readonly Planes[] = fixture.images.map((text) =>
  stored(text)
);

/** Applies a transform; options are parsed as a pipeline's. */
export function apply(
  definition: TransformDefinition,
  options: Record<string, unknown>,
  images: readonly Planes[],
  random: Random | (() => Random),
): Planes[] {
  const parsed = definition.options.parse(options);
  const { y } = compute([batchOf(images)], (x) => {
    const draws = typeof random === "function" ? random() : random;
    return { y: definition.apply(x as tf.Tensor4D, parsed, draws) };
  });
  return imagesOf(y);
}

/** Asserts that two images agree within an absolute tolerance. */
export function alike(
  found: Planes | undefined,
  expected: Planes,
  tolerance: number,
  what = "image",
): void {
  const actual = found ?? assert.fail(`no ${what}`);
  assert.deepEqual(
    [actual.length, actual[0]?.length, actual[0]?.[0]?.length],
    [expected.length, expected[0]?.length, expected[0]?.[0]?.length],
    `shape of ${what}`,
  );
  assert.ok(
    distance(actual, expected) <= tolerance,
    `${what} is off by ${distance(actual, expected)}, more than ${tolerance}`,
  );
}

/** Largest difference of two images. */
export function distance(a: Planes, b: Planes): number {
  const flat = b.flat(2);
  return a.flat(2).reduce(
    (most, v, i) => Math.max(most, Math.abs(v - (flat[i] as number))),
    0,
  );
}
