/** @file From samples of any kind to 8-bit channels, upright. */
import type { Raster } from "./formats/raster.ts";
import { bandsOf, rangeOf, type Reading } from "./reading.ts";

/** Channels last, 8 bits. */
export interface Channels {
  readonly width: number;
  readonly height: number;
  /** 1 or 3 where gray or luma is yet to be made. */
  readonly channels: number;
  readonly pixels: Uint8Array;
  /** Share of the samples that lay beyond the range, 0..1. */
  readonly clipped: number;
}

/** Least and largest sample. @throws {Error} When one is no number. */
function extent(samples: ArrayLike<number>): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let none = 0;
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] as number;
    if (!Number.isFinite(value)) none++;
    else {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (none === 0) return [low, high];
  throw new Error(
    `${none} of its ${samples.length} samples are no numbers (NaN or infinite)`,
  );
}

/** Stored row and column of a pixel that is shown at `y`, `x`, by orientation (EXIF 2.32, tag 0x0112). */
const STORED: Readonly<
  Record<
    number,
    (y: number, x: number, h: number, w: number) => readonly [number, number]
  >
> = {
  2: (y, x, _, w) => [y, w - 1 - x],
  3: (y, x, h, w) => [h - 1 - y, w - 1 - x],
  4: (y, x, h) => [h - 1 - y, x],
  5: (y, x) => [x, y],
  6: (y, x, h) => [h - 1 - x, y],
  7: (y, x, h, w) => [h - 1 - x, w - 1 - y],
  8: (y, x, _, w) => [x, w - 1 - y],
};

function upright(image: Channels, orientation: number): Channels {
  const stored = STORED[orientation];
  if (!stored) return image;
  const { width: w, height: h, channels, pixels } = image;
  const [height, width] = orientation >= 5 ? [w, h] : [h, w];
  const turned = new Uint8Array(pixels.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [row, column] = stored(y, x, h, w);
      const from = (row * w + column) * channels;
      turned.set(
        pixels.subarray(from, from + channels),
        (y * width + x) * channels,
      );
    }
  }
  return { ...image, width, height, pixels: turned };
}

/**
 * Takes the bands that are asked for, scales the range to 8 bits, lays
 * transparency over black.
 *
 * @throws {UnsettledError} When range or bands are not settled.
 */
export function toChannels(
  raster: Raster,
  reading: Reading,
  wanted: number,
): Channels {
  const { width, height, bands, samples, alpha, inverted } = raster;
  const chosen = bandsOf(raster, reading, wanted);
  const [low, high] = rangeOf(raster, reading, extent(samples));
  const colours = bands - Number(alpha ?? false);
  const opaque = chosen.kind === "taken" && reading.bands !== undefined;
  const places = opaque
    ? chosen.places
    : Array.from({ length: colours }, (_, i) => i);
  const cover = alpha && !opaque && !raster.premultiplied;
  const channels = places.length;
  const area = width * height;
  const pixels = new Uint8Array(area * channels);
  const scale = 255 / (high - low);
  let clipped = 0;
  for (let i = 0; i < area; i++) {
    // Transparency has the range of its type, whatever that of the colours is.
    const share = cover
      ? Number(samples[(i + 1) * bands - 1]) / alphaMost(raster)
      : 1;
    for (let c = 0; c < channels; c++) {
      const sample = samples[i * bands + (places[c] as number)] as number;
      const value = Math.round((sample - low) * scale * share);
      if (sample < low || sample > high) clipped++;
      const shown = Math.min(255, Math.max(0, value));
      pixels[i * channels + c] = inverted ? 255 - shown : shown;
    }
  }
  return upright(
    { width, height, channels, pixels, clipped: clipped / pixels.length },
    raster.orientation ?? 1,
  );
}

const alphaMost = ({ type, bits }: Raster): number =>
  type === "float" ? 1 : 2 ** bits - 1;
