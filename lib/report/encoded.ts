/** @file What a report needs the encoder for: scores beside baselines, and neighbours. */
import { isInMemory, type LoadedData } from "../data/source.ts";
import { Encoder, type EncoderOptions } from "../encoder/encoder.ts";
import { UserError } from "../errors.ts";
import { judge, type Report } from "../evaluate/judge.ts";
import { judgeData, type JudgeSource } from "../evaluate/judge_data.ts";
import { gatherFeatures } from "../evaluate/features.ts";
import type { LoadContext } from "../data/source.ts";
import { nearestOf } from "../similar/neighbours.ts";
import { type SheetRow, sheetRows } from "../similar/sheet.ts";

/** Images that are compared with each other. */
const MOST_IMAGES = 2000;
/** Images whose neighbours are shown, and how many of each. */
const [ROWS, NEIGHBOURS] = [8, 7];

/** What the encoder of a run gave. */
export interface Encoded {
  /** Which weights, in half a sentence. */
  readonly weights: string;
  /** Absent where the images have too few labels. */
  readonly scores?: Report;
  /** Neighbours as HTML, each row an image and those that are like it. */
  readonly neighbours: string;
  /** What the neighbours are of, in half a sentence. */
  readonly images: string;
  readonly notes: readonly string[];
}

/** How it is had. */
export interface EncodedOptions extends EncoderOptions, JudgeSource {
  readonly context: LoadContext;
  readonly signal?: AbortSignal | undefined;
  /** Told of each score as it is found. */
  readonly onScore?: (text: string) => void;
  /** Called with how many of all images an encoder has made features of. */
  readonly onEncoded?: (features: string, done: number, all: number) => void;
}

async function neighboursOf(
  encoder: Encoder,
  { test, train }: LoadedData,
  signal: AbortSignal | undefined,
): Promise<Pick<Encoded, "neighbours" | "images">> {
  const all = test ?? train;
  const count = Math.min(all.count, MOST_IMAGES);
  // Evenly, for images are often in the order of their classes.
  const picked = Int32Array.from(
    { length: count },
    (_, i) => Math.floor(i * all.count / count),
  );
  const bytes = all.height * all.width * all.channels;
  const pixels = new Uint8Array(count * bytes);
  const kept: number[] = [];
  for (const image of picked) {
    const one = isInMemory(all)
      ? all.pixels.subarray(image * bytes, (image + 1) * bytes)
      : await all.decode(image);
    if (!one) continue;
    pixels.set(one, kept.length * bytes);
    kept.push(image);
  }
  const { height, width, channels } = all;
  const images = {
    count: kept.length,
    height,
    width,
    channels,
    pixels: pixels.subarray(0, kept.length * bytes),
  };
  const features = await gatherFeatures(
    images,
    encoder.embed(images, { signal }),
  );
  const { k, rows, similarity } = await nearestOf(
    encoder,
    features,
    features,
    NEIGHBOURS + 1,
    signal,
  );
  const shown = Math.min(ROWS, kept.length);
  const sheet = Array.from({ length: shown }, (_, i): SheetRow => {
    const image = Math.floor((i + 0.5) * kept.length / shown);
    const others = Array.from({ length: k }, (_, j) => ({
      image: rows[image * k + j] as number,
      similarity: similarity[image * k + j] as number,
    })).filter((other) => other.image !== image).slice(0, NEIGHBOURS);
    return { image, others };
  });
  const nameOf = (row: number): string => {
    const image = kept[row] as number;
    const label = all.labels?.[image];
    const named = label === undefined ? undefined : all.classes?.[label];
    return named ?? `image ${image}`;
  };
  return {
    neighbours: await sheetRows(sheet, {
      width,
      height,
      channels,
      nameOf,
      decode: (row) =>
        Promise.resolve(images.pixels.slice(row * bytes, (row + 1) * bytes)),
    }),
    images: `${images.count} ${test ? "test" : "training"} images`,
  };
}

/**
 * Opens the encoder of a run, judges it, and looks for neighbours.
 *
 * @throws {UserError} When it has no weights, or its images cannot be had.
 */
export async function encode(
  run: string,
  { context, data, test, signal, onScore, onEncoded, ...options }:
    EncodedOptions,
): Promise<Encoded> {
  const encoder = await Encoder.open(run, options);
  try {
    const { loaded } = await judgeData(encoder, { data, test }, context);
    const notes: string[] = [];
    let scores: Report | undefined;
    const untrained = await Encoder.open(run, {
      ...options,
      engine: encoder.engine,
      checkpoint: "untrained",
    });
    try {
      scores = await judge(encoder, loaded, {
        untrained,
        signal,
        ...(onEncoded ? { onEncoded } : {}),
        onScore: (features, { name, accuracy }) =>
          onScore?.(`${features}: ${name} ${(100 * accuracy).toFixed(1)} %`),
      });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      notes.push(error.message.split("\n")[0] ?? "");
    } finally {
      untrained.close();
    }
    return {
      weights: encoder.run.chosen,
      ...(scores ? { scores } : {}),
      ...await neighboursOf(encoder, loaded, signal),
      notes,
    };
  } finally {
    encoder.close();
  }
}
