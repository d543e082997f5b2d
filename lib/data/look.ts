/** @file A look at decoded images: sets that have nothing to tell apart. */
import { type Images, isInMemory, type LoadedData } from "./source.ts";

/** Images that are looked at; a stream has to decode them for it. */
const HELD = 256;
const STREAMED = 32;

/** Of 256 values, a set that uses fewer is nearly constant. */
const FEW_VALUES = 32;
/** Standard deviation of all values below which a set is nearly constant. */
const SMALL_SPREAD = 2;

/** What values of one channel are like. */
interface Spread {
  readonly least: number;
  readonly most: number;
  readonly std: number;
}

/** Images evenly spread over a set; of parts that are read from their beginning, the first ones. */
function* spread(images: Images): Generator<number> {
  const held = isInMemory(images);
  const most = Math.min(images.count, held ? HELD : STREAMED);
  const parts = held ? undefined : images.turns?.parts;
  if (!parts) {
    for (let i = 0; i < most; i++) yield Math.floor(i * images.count / most);
    return;
  }
  const some = Math.min(most, parts.length);
  for (let i = 0; i < some; i++) {
    const part = Math.floor(i * parts.length / some);
    const [from = 0, end = images.count] = [parts[part], parts[part + 1]];
    for (let j = from; j < Math.min(end, from + most / some); j++) yield j;
  }
}

/** Pixels of some images of a set. */
async function sample(images: Images): Promise<Uint8Array[]> {
  const held = isInMemory(images);
  const each = images.height * images.width * images.channels;
  const found: Uint8Array[] = [];
  try {
    for (const image of spread(images)) {
      const pixels = held
        ? images.pixels.subarray(image * each, (image + 1) * each)
        : await images.decode(image);
      if (pixels) found.push(pixels);
    }
    return found;
  } finally {
    if (!held) await images.release?.();
  }
}

function spreadOf(
  images: readonly Uint8Array[],
  channel: number,
  channels: number,
): Spread {
  let [least, most, sum, square, count] = [255, 0, 0, 0, 0];
  for (const pixels of images) {
    for (let i = channel; i < pixels.length; i += channels) {
      const value = pixels[i] as number;
      if (value < least) least = value;
      if (value > most) most = value;
      sum += value;
      square += value * value;
      count++;
    }
  }
  const mean = sum / count;
  return {
    least,
    most,
    std: Math.sqrt(Math.max(0, square / count - mean * mean)),
  };
}

const isNarrow = ({ least, most, std }: Spread): boolean =>
  most - least < FEW_VALUES || std < SMALL_SPREAD;

const same = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);

const CURE =
  'Look at the files, and at "range", "bands" and "page" under "data": an encoder can learn nothing from images that are alike.';

/**
 * What is wrong with the training images as they are now, in sentences; none
 * where they have something to tell apart.
 */
export async function lookAt(
  { train }: Pick<LoadedData, "train">,
): Promise<readonly string[]> {
  const { channels } = train;
  const images = await sample(train);
  const [first] = images;
  if (!first) return [];
  const looked = `${images.length} of ${train.count} images looked at`;
  const spreads = Array.from(
    { length: channels },
    (_, channel) => spreadOf(images, channel, channels),
  );
  const narrow = spreads.filter(isNarrow);
  const least = Math.min(...spreads.map(({ least }) => least));
  const most = Math.max(...spreads.map(({ most }) => most));
  if (narrow.length === channels) {
    return [
      least === most
        ? `The images are of one colour: every value is ${least} (${looked}).\n${CURE}`
        : `The images are nearly constant: their values are in ${least}..${most} of 0..255 (${looked}).\n${CURE}`,
    ];
  }
  if (images.length > 1 && images.every((pixels) => same(pixels, first))) {
    return [`The images are all the same one (${looked}).\n${CURE}`];
  }
  const plain = images.filter((pixels) => isConstant(pixels, channels)).length;
  const notes: string[] = [];
  if (plain > images.length / 2) {
    notes.push(
      `${plain} of ${images.length} images looked at are of one colour each.\n${CURE}`,
    );
  }
  const empty = spreads.flatMap((spread, i) => isNarrow(spread) ? [i + 1] : []);
  if (empty.length > 0) {
    notes.push(
      `Channel ${
        empty.join(", ")
      } of ${channels} is nearly constant (${looked}).\n${CURE}`,
    );
  }
  return notes;
}

const isConstant = (pixels: Uint8Array, channels: number): boolean =>
  pixels.every((value, i) => value === pixels[i % channels]);
