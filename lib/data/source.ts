/** @file What a data source is. */
import type { z } from "zod";

/** Images held in memory: 8 bits a channel, channels last. */
export interface ImageSet {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** `[count, height, width, channels]`, row-major. */
  readonly pixels: Uint8Array;
  /** Class of each image; absent when the source has no labels. */
  readonly labels?: Int32Array;
  /** Names of the classes. */
  readonly classes?: readonly string[];
}

/** A file that was left out, and why. */
export interface SkippedFile {
  readonly path: string;
  readonly reason: string;
}

/** What a source gives. */
export interface LoadedData {
  readonly train: ImageSet;
  /** Held-out images, where the source has them. */
  readonly test?: ImageSet;
  readonly skipped: readonly SkippedFile[];
}

/** How far loading has come. */
export interface LoadProgress {
  readonly task: string;
  readonly done: number;
  readonly total?: number;
  readonly unit: "bytes" | "images";
}

/** Surroundings of a load. */
export interface LoadContext {
  /** Relative paths start here: the folder of the pipeline file. */
  readonly baseDir: string;
  /** Downloads are kept here. */
  readonly cacheDir: string;
  readonly onProgress?: (progress: LoadProgress) => void;
}

/** Shape of one image, known before anything is loaded. */
export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** A place that images come from. */
export interface SourceDefinition<Options = unknown> {
  readonly kind: "source";
  /** Name in YAML, such as `cifar10`. */
  readonly name: string;
  readonly summary: string;
  readonly reference?: string;
  readonly options: z.ZodType<Options>;
  shape(options: Options): ImageShape;
  /** @throws {UserError} When the data cannot be had. */
  load(options: Options, context: LoadContext): Promise<LoadedData>;
}

/** Defines a source; a definition is one file and one line in its registry. */
export function defineSource<O>(
  definition: Omit<SourceDefinition<O>, "kind">,
): SourceDefinition {
  return { kind: "source", ...definition } as SourceDefinition;
}
