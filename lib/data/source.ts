/** @file What a data source is. */
import type { z } from "zod";
import type { Engine } from "../engine/open.ts";
import type { Names } from "./names.ts";
import type { Turns } from "./shuffle.ts";

/** Shape of one image, known before anything is loaded. */
export interface ImageShape {
  /** Pixels of a column. */
  readonly height: number;
  /** Pixels of a row. */
  readonly width: number;
  /** Values of a pixel: 1 (gray), 3 (RGB), or as many as there are bands. */
  readonly channels: number;
}

/** What is known of images without their pixels. */
export interface ImageInfo extends ImageShape {
  /** Images. */
  readonly count: number;
  /** Class of each image; absent when the source has no labels. */
  readonly labels?: Int32Array;
  /** Names of the classes. */
  readonly classes?: readonly string[];
}

/** Images held in memory: 8 bits a channel, channels last. */
export interface ImageSet extends ImageInfo {
  /** `[count, height, width, channels]`, row-major. */
  readonly pixels: Uint8Array;
}

/** Images that are decoded each time they are needed. */
export interface ImageStream extends ImageInfo {
  /** What each image is called in its folder or archive. */
  readonly names: Names;
  /** How the images lie that are read one after another: orders keep to it. */
  readonly turns?: Turns;
  /**
   * Digest of what the load saw of each file: all of a small one, the beginning
   * of a large one.
   */
  readonly contents?: string;
  /**
   * `[height, width, channels]` of one image; `undefined` when it cannot be
   * read and such files are left out.
   *
   * @throws {UserError} When it cannot be read and that is to end the run.
   */
  decode(image: number): Promise<Uint8Array | undefined>;
  /** Images that may be asked for at a time, where that is more than usual. */
  readonly atOnce?: number;
  /** Closes files that are open between images; a later image opens them again. */
  release?(): Promise<void>;
}

/** Images, wherever they are. */
export type Images = ImageSet | ImageStream;

/** Whether images are held in memory. */
export const isInMemory = (images: Images): images is ImageSet =>
  "pixels" in images;

/**
 * Images that have to be in memory.
 *
 * @throws {Error} When they are not.
 */
export function inMemory(images: Images): ImageSet {
  if (isInMemory(images)) return images;
  throw new Error(
    'These images are decoded as they are needed: raise "memory" under "data"',
  );
}

/** A file that was left out, and why. */
export interface SkippedFile {
  /** Where it is. */
  readonly path: string;
  /** What is wrong with it. */
  readonly reason: string;
  /** What would make it readable, where a setting would. */
  readonly cure?: string;
}

/** What a source gives. */
export interface LoadedData {
  /** Images to train on. */
  readonly train: Images;
  /** Held-out images, where the source has them. */
  readonly test?: Images;
  /** Files that were left out. */
  readonly skipped: readonly SkippedFile[];
  /** What was made of the files, a line each: sizes, ranges, bands. */
  readonly remarks?: readonly string[];
}

/** How far loading has come. */
export interface LoadProgress {
  /** What is being done, such as `Downloading CIFAR-10`. */
  readonly task: string;
  /** How much of it is done. */
  readonly done: number;
  /** How much there is, where it is known. */
  readonly total?: number;
  /** What `done` and `total` count. */
  readonly unit: "bytes" | "images";
}

/** Surroundings of a load. */
export interface LoadContext {
  /** Relative paths start here: the folder of the pipeline file. */
  readonly baseDir: string;
  /** Downloads are kept here. */
  readonly cacheDir: string;
  /** Called now and then while data loads. */
  readonly onProgress?: (progress: LoadProgress) => void;
  /** Called for a file that turns out to be bad after the load, once each. */
  readonly onSkipped?: (file: SkippedFile) => void;
  /**
   * The engine as soon as it is open, which decodes ordinary JPEGs sooner than
   * sharp, to the same pixels; `undefined` where it is not at hand yet.
   */
  readonly engine?: () => Promise<Engine | undefined>;
}

/** What a look at a source's files tells, without reading any of them. */
export interface Survey {
  /** Why the files cannot be had; absent when they are there. */
  readonly missing?: string;
  /** Whether the images have labels, where that can be told. */
  readonly labelled?: boolean;
  /** What is odd about where the files lie, or would be refused. */
  readonly odd?: string;
}

/** A place that images come from. */
export interface SourceDefinition<Options = unknown> {
  /** Tells definitions apart. */
  readonly kind: "source";
  /** Name in YAML, such as `cifar10`. */
  readonly name: string;
  /** One sentence for the reference page and the editor. */
  readonly summary: string;
  /** Where the data comes from. */
  readonly reference?: string;
  /** Schema of its keys in YAML. */
  readonly options: z.ZodType<Options>;
  /** Shape of its images, known without loading them. */
  shape(options: Options): ImageShape;
  /** Training images, where they are known without loading them. */
  trainImages?(options: Options): number;
  /**
   * Looks at the files, quickly: for the check, which loads nothing.
   *
   * @param baseDir Relative paths start here.
   */
  survey?(options: Options, baseDir: string): Survey;
  /**
   * Loads the images into memory, or gets ready to decode them on demand.
   *
   * @throws {UserError} When the data cannot be had.
   */
  load(options: Options, context: LoadContext): Promise<LoadedData>;
}

/** Defines a source; a definition is one file and one line in its registry. */
export function defineSource<O>(
  definition: Omit<SourceDefinition<O>, "kind">,
): SourceDefinition {
  return { kind: "source", ...definition } as SourceDefinition;
}
