/** @file A finished encoder judged by labelled images, beside what needs no training. */
import type { Images, LoadedData } from "../data/source.ts";
import { isInMemory } from "../data/source.ts";
import type { Encoder } from "../encoder/encoder.ts";
import { UserError } from "../errors.ts";
import { type FeatureReader, gatherFeatures, rawPixels } from "./features.ts";
import { judgeable } from "./judgeable.ts";
import { classCount, labelled, only } from "./labelled.ts";
import { majority, type Score, type Scored, scoresOf } from "./scores.ts";

/** Scores of one kind of features. */
export interface FeatureScores {
  /** `trained`, `untrained` or `pixels`. */
  readonly features: string;
  /** In words. */
  readonly name: string;
  /** Numbers of an image. */
  readonly width: number;
  readonly scores: readonly Score[];
}

/** What becomes of the images of one class. */
export interface ClassScore {
  readonly name: string;
  /** Test images. */
  readonly images: number;
  /** Share of them that is right, 0..1. */
  readonly accuracy: number;
}

/** An encoder's scores on labelled images. */
export interface Report {
  readonly run: string;
  /** Network whose output was judged. */
  readonly of: string;
  /** Which weights, in words. */
  readonly weights: string;
  readonly images: {
    readonly train: number;
    readonly test: number;
    readonly classes: readonly string[];
    /** What is odd about the labels. */
    readonly notes: readonly string[];
  };
  /** The trained encoder first, then what it is to be compared with. */
  readonly features: readonly FeatureScores[];
  readonly majority: Score;
  /** Of the trained encoder's linear probe on all labels. */
  readonly per_class: readonly ClassScore[];
  /** `[class][taken for]`: test images, by the same probe. */
  readonly confusion: readonly (readonly number[])[];
  /** What was left out, and why. */
  readonly left_out: readonly string[];
}

/** How an encoder is judged. */
export interface JudgeOptions {
  /** The same encoder before it was trained. */
  readonly untrained: Encoder;
  readonly signal?: AbortSignal | undefined;
  /** Called with what has just been found. */
  readonly onScore?: (features: string, score: Score) => void;
  /** Called with how many of all images an encoder has made features of. */
  readonly onEncoded?: (features: string, done: number, all: number) => void;
}

/** Pixels that are compared as features. */
const MOST_PIXEL_BYTES = 2 ** 29;

const plain = ({ winners: _, ...score }: Scored): Score => score;

/** Makes features of one set after another, and tells how many there are. */
function readerOf(
  encoder: Encoder,
  signal: AbortSignal | undefined,
  onDone: (done: number) => void,
): FeatureReader {
  let done = 0;
  return (set) =>
    gatherFeatures(
      set,
      async function* () {
        for await (const batch of encoder.embed(set, { signal })) {
          done += batch.rows.length;
          onDone(done);
          yield batch;
        }
      }(),
    );
}

/** Whether pixels can be features: held in memory, and not too many. */
function pixelsFit({ train, test }: LoadedData): boolean {
  const bytes = (set: Images | undefined): number =>
    set ? 4 * set.count * set.height * set.width * set.channels : 0;
  return isInMemory(train) && (!test || isInMemory(test)) &&
    bytes(train) <= MOST_PIXEL_BYTES && bytes(test) <= MOST_PIXEL_BYTES;
}

/** Test images of each class, by what they were taken for. */
function confusionOf(
  winners: Int32Array,
  labels: Int32Array,
  classes: number,
): number[][] {
  const matrix = Array.from(
    { length: classes },
    () => new Array<number>(classes).fill(0),
  );
  labels.forEach((label, i) => {
    const row = matrix[label] as number[];
    const taken = winners[i] as number;
    row[taken] = (row[taken] ?? 0) + 1;
  });
  return matrix;
}

/**
 * Judges an encoder by kNN and linear probes, beside the untrained encoder,
 * raw pixels and the most frequent class.
 *
 * @throws {UserError} When the labels do not allow it.
 */
export async function judge(
  encoder: Encoder,
  data: LoadedData,
  { untrained, signal, onScore = () => {}, onEncoded = () => {} }: JudgeOptions,
): Promise<Report> {
  const { train, test } = data;
  const { possible, notes, queries } = judgeable(train, test);
  if (!possible || !test) {
    throw new UserError(
      `Cannot judge the encoder: ${
        notes.join("; ")
      }.\nGive labelled images with --data, in folders of their classes, and such to test with (--test, or folders train/ and test/).`,
    );
  }
  const classes = classCount(train);
  const names = Array.from(
    { length: classes },
    (_, i) => train.classes?.[i] ?? String(i),
  );
  const left: string[] = [];
  const all = train.count + test.count;
  const told = (
    name: string,
    of: Encoder,
  ): readonly [string, FeatureReader] => [
    name,
    readerOf(of, signal, (done) => onEncoded(name, done, all)),
  ];
  const kinds: [string, string, FeatureReader][] = [
    ["trained", ...told(`"${encoder.network.name}"`, encoder)],
    ["untrained", ...told("untrained", untrained)],
  ];
  if (pixelsFit(data)) kinds.push(["pixels", "raw pixels", rawPixels]);
  else left.push("raw pixels: they are too many to be compared");
  const features: FeatureScores[] = [];
  let best: Scored | undefined;
  let chance: Scored | undefined;
  let labels = new Int32Array();
  for (const [kind, name, read] of kinds) {
    const sets = {
      train: await labelled(train, read),
      test: only(await labelled(test, read), queries),
      classes,
    };
    const scores = await scoresOf(encoder, sets, {
      signal,
      onScore: (score) => onScore(name, score),
    });
    chance ??= majority(sets);
    if (!best) {
      best = scores.find(({ key }) => key === "linear") as Scored;
      labels = Int32Array.from(sets.test.labels);
    }
    features.push({
      features: kind,
      name,
      width: sets.train.features.width,
      scores: scores.map(plain),
    });
  }
  const confusion = confusionOf((best as Scored).winners, labels, classes);
  return {
    run: encoder.run.folder,
    of: encoder.network.name,
    weights: encoder.run.chosen,
    images: { train: train.count, test: labels.length, classes: names, notes },
    features,
    majority: plain(chance as Scored),
    per_class: confusion.flatMap((row, label) => {
      const images = row.reduce((sum, count) => sum + count, 0);
      return images === 0 ? [] : [{
        name: names[label] as string,
        images,
        accuracy: (row[label] as number) / images,
      }];
    }),
    confusion,
    left_out: left,
  };
}
