/** @file What takes the engine or a run's images: opened once, one job at a time. */
import { join } from "node:path";
import { readRecord, RUN_FILES } from "../checkpoint/run_record.ts";
import { loadImages } from "../data/own_source.ts";
import { type Images, isInMemory, type LoadedData } from "../data/source.ts";
import { Encoder, type EncoderOptions } from "../encoder/encoder.ts";
import { cacheFolder } from "../engine/cache.ts";
import { type Engine, openEngine } from "../engine/open.ts";
import type { Pipeline } from "../model/pipeline.ts";
import { type LoadedPipeline, loadPipeline } from "../pipeline/load.ts";
import { type ExecutedModule, modulesIn } from "../pipeline/parse/custom.ts";
import { Refused } from "./guard.ts";

/** Sets of images that are held. */
const MOST_SETS = 3;

/** The engine, encoders and images of a studio. */
export class EngineRoom {
  #engine: Promise<Engine> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  readonly #sets = new Map<string, Promise<LoadedData>>();

  /**
   * @param ownModules Whether modules that pipelines name are executed.
   * @param cache Folder of what was computed once.
   */
  constructor(
    readonly ownModules: boolean,
    readonly cache: string = join(cacheFolder(), "studio"),
  ) {}

  /** The engine, opened when it is first needed. */
  engine(): Promise<Engine> {
    this.#engine ??= openEngine({});
    this.#engine.catch(() => this.#engine = undefined);
    return this.#engine;
  }

  /** Does one job after another. */
  alone<T>(job: () => Promise<T>): Promise<T> {
    const done = this.#last.then(job, job);
    this.#last = done.catch(() => {});
    return done;
  }

  /**
   * Lets a pipeline pass whose modules may be executed: those that it is seen
   * to name, to say so at once.
   *
   * @throws {Refused} Of one that names modules, which are programs.
   */
  checkModules(value: unknown): void {
    for (const file of modulesIn(value)) this.onModule({ file });
  }

  /**
   * Refuses a module right before it is executed. Whatever was looked at before,
   * a run's folder may say something else in another of its files.
   */
  readonly onModule = ({ file }: Pick<ExecutedModule, "file">): void => {
    if (this.ownModules) return;
    throw new Refused(
      403,
      `This pipeline names a module of its own, ${file}, which is a program that would have to be executed. Start the studio with --own-modules if you trust it.`,
    );
  };

  /** A run's pipeline. */
  async load(folder: string): Promise<LoadedPipeline> {
    const { baseDir, pipeline } = await readRecord(folder);
    this.checkModules(pipeline);
    return await loadPipeline(join(folder, RUN_FILES.pipeline), {
      baseDir,
      onModule: this.onModule,
    });
  }

  /** A run's encoder; whoever opens it closes it. */
  async encoder(folder: string, options: EncoderOptions): Promise<Encoder> {
    this.checkModules((await readRecord(folder)).pipeline);
    return await Encoder.open(folder, {
      ...options,
      onModule: this.onModule,
      engine: await this.engine(),
    });
  }

  /** The images that a pipeline trains on, and those that it is tested with. */
  data(
    { data: { source, options } }: Pipeline,
    baseDir: string,
  ): Promise<LoadedData> {
    const key = JSON.stringify([source.name, options, baseDir]);
    const known = this.#sets.get(key);
    const set = known ?? loadImages(source, options, {
      baseDir,
      cacheDir: cacheFolder(),
      // Whoever asks for images goes on with it, and it decodes them faster.
      engine: () => this.engine(),
    });
    this.#sets.delete(key);
    this.#sets.set(key, set);
    set.catch(() => this.#sets.delete(key));
    const [oldest] = this.#sets.keys();
    if (this.#sets.size > MOST_SETS && oldest) this.#sets.delete(oldest);
    return set;
  }
}

/** The first images of a set, where they lie. */
export function firstImages(set: Images, most: number): Images {
  const count = Math.min(set.count, most);
  if (count === set.count) return set;
  const info = {
    height: set.height,
    width: set.width,
    channels: set.channels,
    count,
    ...(set.labels ? { labels: set.labels.subarray(0, count) } : {}),
    ...(set.classes ? { classes: set.classes } : {}),
  };
  return isInMemory(set)
    ? { ...info, pixels: set.pixels }
    : { ...info, names: set.names, decode: (image) => set.decode(image) };
}
