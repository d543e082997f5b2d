/** @file Event files in a run's folder, as TensorBoard reads them. */
import { join } from "node:path";
import {
  SUMMARY_SCORES,
  type TrackedEnd,
  type TrackedLine,
  type TrackedRun,
  type TrackedStep,
  type Tracker,
} from "../tracker.ts";
import type { TensorBoardSettings } from "../track.ts";
import {
  restartEvent,
  summaryEvent,
  type Told,
  versionEvent,
  type When,
} from "./event.ts";
import { tfRecord } from "./tf_record.ts";

const NAME = /^events\.out\.tfevents\.(\d+)\.stopgrad\.\d+$/;

/** What is no measure of a step. */
const UNTOLD = ["step", "seconds"];

/** Eigenvalues below this share of the largest are as good as none. */
const LEAST_SHARE = 1e-12;

/** `gradient_norm:y` stands in TensorBoard's section `gradient_norm`. */
const tagOf = (key: string): string => key.replace(":", "/");

const scalars = (line: TrackedLine): Told[] =>
  Object.entries(line).filter(([key]) => !UNTOLD.includes(key))
    .map(([key, value]) => ({ tag: tagOf(key), scalar: value ?? NaN }));

const logarithms = (values: readonly number[]): readonly number[] => {
  const least = LEAST_SHARE * Math.max(...values, Number.MIN_VALUE);
  return values.map((value) => Math.log10(Math.max(value, least)));
};

/**
 * Writes event files: one for the run, and one more each time that it is
 * resumed, which says from which step on the earlier ones are void.
 */
export class TensorBoard implements Tracker {
  #file: Deno.FsFile | undefined;
  #last: TrackedLine = {};

  constructor(
    readonly run: Pick<TrackedRun, "folder">,
    readonly settings: TensorBoardSettings,
  ) {}

  /** Images whose views are shown. */
  get images(): number {
    return this.settings.images;
  }

  /** Begins a file. */
  async begin(done: number): Promise<void> {
    const { folder } = this.run;
    const names = (await Array.fromAsync(Deno.readDir(folder)))
      .map(({ name }) => name).filter((name) => NAME.test(name));
    // TensorBoard reads files in the order of their names, also when a clock went back.
    const second = names.reduce(
      (latest, name) => Math.max(latest, Number(NAME.exec(name)?.[1])),
      Math.floor(Date.now() / 1000),
    );
    const number = String(names.length).padStart(4, "0");
    this.#file = await Deno.open(
      join(folder, `events.out.tfevents.${second}.stopgrad.${number}`),
      { write: true, createNew: true },
    );
    await this.#write(versionEvent(this.#now(0)));
    if (names.length > 0) await this.#write(restartEvent(this.#now(done + 1)));
  }

  /** Adds an event. */
  async step({ line, spectra, images }: TrackedStep): Promise<void> {
    this.#last = line;
    const all: Told[] = [
      ...scalars(line),
      ...Object.entries(spectra ?? {}).map(([matrix, values]) => ({
        tag: `log10 of eigenvalues/${matrix}`,
        histogram: logarithms(values),
      })),
      ...(images ?? []).map((image) => ({
        tag: `views/${image.stage}`,
        image,
      })),
    ];
    await this.#write(summaryEvent(this.#now(line["step"] ?? 0), all));
  }

  /** Adds the scores that the last step did not tell, and closes the file. */
  async end({ summary = {} }: TrackedEnd): Promise<void> {
    const scores = SUMMARY_SCORES.flatMap((tag): Told[] => {
      const scalar = summary[tag];
      return typeof scalar === "number" && this.#last[tag] === undefined
        ? [{ tag, scalar }]
        : [];
    });
    if (scores.length > 0) {
      const step = Number(summary["steps"] ?? this.#last["step"] ?? 0);
      await this.#write(summaryEvent(this.#now(step), scores));
    }
    this.#file?.close();
    this.#file = undefined;
  }

  #now(step: number): When {
    return { time: Date.now() / 1000, step };
  }

  async #write(event: Uint8Array): Promise<void> {
    const record = tfRecord(event);
    for (let at = 0; at < record.length;) {
      at += await this.#file?.write(record.subarray(at)) ?? record.length;
    }
  }
}
