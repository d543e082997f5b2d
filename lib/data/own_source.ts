/** @file What a source of the user's own gives, looked at before it is believed. */
import { isRecord, show } from "../diagnostics/validate.ts";
import { UserError } from "../errors.ts";
import { reasonIn } from "../stages/user_code.ts";
import { isUserFile } from "../stages/user_file.ts";
import type {
  Images,
  ImageShape,
  LoadContext,
  LoadedData,
  SourceDefinition,
} from "./source.ts";

const isLength = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) > 0;

/** @throws {RangeError} Unless a value is the shape of an image. */
export function expectImageShape(
  value: unknown,
): asserts value is ImageShape {
  const lengths = isRecord(value)
    ? [value["height"], value["width"], value["channels"]]
    : [];
  if (lengths.length === 3 && lengths.every(isLength)) return;
  throw new RangeError(
    `its shape is ${
      isRecord(value) ? `[${lengths.map(show).join(", ")}]` : show(value)
    }: expected height, width and channels, whole numbers from 1`,
  );
}

/** What is wrong with a set of images; undefined where nothing is. */
function fault(
  images: Images | undefined,
  { height, width, channels }: ImageShape,
): string | undefined {
  if (!isRecord(images) || !isLength(images.count)) {
    return "no images: expected { count, height, width, channels, pixels }";
  }
  const { count, labels, classes = [] } = images;
  const own = [images.height, images.width, images.channels];
  const wanted = [height, width, channels];
  if (`${own}` !== `${wanted}`) {
    return `images of [${own}]: expected [${wanted}], as its \`shape\` says`;
  }
  if ("pixels" in images) {
    const length = count * height * width * channels;
    if (
      !(images.pixels instanceof Uint8Array) || images.pixels.length !== length
    ) {
      return `pixels that are no Uint8Array of ${length} bytes, ${count} images of [${wanted}]`;
    }
  } else if (
    typeof images.decode !== "function" || !Array.isArray(images.names)
  ) {
    return "images without `pixels`, and without `decode` and `names`";
  }
  if (labels === undefined) return undefined;
  const known = labels instanceof Int32Array && labels.length === count &&
    Array.isArray(classes) &&
    labels.every((label) => label >= 0 && label < classes.length);
  return known
    ? undefined
    : `labels that are no Int32Array of ${count} places in \`classes\``;
}

/** Images that are decoded on demand, each looked at as it comes. */
function watched(
  images: Images,
  { height, width, channels }: ImageShape,
  name: string,
  refuse: (reason: string) => UserError,
): Images {
  if ("pixels" in images) return images;
  const length = height * width * channels;
  return {
    ...images,
    async decode(image) {
      let pixels: unknown;
      try {
        pixels = await images.decode(image);
      } catch (error) {
        throw error instanceof UserError
          ? error
          : refuse(reasonIn(name, error));
      }
      if (pixels === undefined) return undefined;
      if (pixels instanceof Uint8Array && pixels.length === length) {
        return pixels;
      }
      throw refuse(`image ${image} is no Uint8Array of ${length} bytes`);
    },
  };
}

/** After so long it is said what is waited for, and again. */
const SILENCE_MS = 10_000;

/**
 * Loads the images of a source.
 *
 * @throws {UserError} When they cannot be had; of the user's own source, when
 * it fails or gives something else.
 */
export async function loadImages(
  source: SourceDefinition,
  options: unknown,
  context: LoadContext,
): Promise<LoadedData> {
  const { name } = source;
  if (!isUserFile(name)) return await source.load(options, context);
  const refuse = (reason: string): UserError =>
    new UserError(
      `Cannot load images by "${name}": ${reason}.\nMend the file.`,
    );
  let loaded: LoadedData;
  // It may never come: who waits is told for what.
  const began = performance.now();
  const waiting = setInterval(() => {
    const seconds = Math.round((performance.now() - began) / 1000);
    context.onProgress?.({
      task: `Waiting for the images of "${name}" (${seconds} s)`,
      done: 0,
      unit: "images",
    });
  }, SILENCE_MS);
  try {
    loaded = await source.load(options, context);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw refuse(reasonIn(name, error));
  } finally {
    clearInterval(waiting);
  }
  const shape = source.shape(options);
  const { train, test, skipped = [] } = loaded ?? {};
  const reason = fault(train, shape) ??
    (test === undefined ? undefined : fault(test, shape));
  if (reason !== undefined) throw refuse(`it gives ${reason}`);
  return {
    ...loaded,
    skipped,
    train: watched(train as Images, shape, name, refuse),
    ...(test ? { test: watched(test, shape, name, refuse) } : {}),
  };
}
