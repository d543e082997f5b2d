/** @file A run's trackers: begun, told of its steps, ended. */
import type { Spectra } from "../monitor/define.ts";
import { resolve } from "../pipeline/explain/resolve.ts";
import type { TrackedEnd, TrackedLine, Tracker } from "../track/tracker.ts";
import { trackersOf } from "../track/trackers.ts";
import type { TrainEvent } from "./events.ts";
import type { TrainingSession } from "./session.ts";
import { ViewPictures } from "./view_pictures.ts";

/** The trackers of one run, and the pictures that they are given. */
export class RunTracking {
  readonly #tracker: Tracker;
  #pictures: ViewPictures | undefined;

  private constructor(
    tracker: Tracker,
    session: TrainingSession,
    readonly emit: (event: TrainEvent) => void,
  ) {
    this.#tracker = tracker;
    const { images = 0 } = tracker;
    if (images > 0) this.#pictures = new ViewPictures(session, images);
  }

  /** Those that the pipeline asks for, if any. */
  static of(
    session: TrainingSession,
    folder: string,
    emit: (event: TrainEvent) => void,
  ): RunTracking | undefined {
    const { pipeline } = session;
    if (!pipeline.track) return undefined;
    const run = {
      folder,
      name: pipeline.name,
      config: resolve(pipeline),
      say: (text: string) => emit({ kind: "track", text }),
    };
    return new RunTracking(trackersOf(pipeline.track, run), session, emit);
  }

  /** Takes lines of steps that were done before. */
  recall(lines: readonly TrackedLine[]): void {
    this.#tracker.recall?.(lines);
  }

  /** Begins, or goes on after so many steps. */
  begin(done: number): Promise<void> {
    return this.#tracker.begin(done);
  }

  /**
   * Tells of a step.
   *
   * @param pictured Whether pictures of views are due.
   */
  async step(
    line: TrackedLine,
    spectra: Spectra | undefined,
    pictured: boolean,
  ): Promise<void> {
    const images = pictured ? await this.#draw() : [];
    await this.#tracker.step({
      line,
      ...(spectra
        ? { spectra: spectra as unknown as Record<string, readonly number[]> }
        : {}),
      images,
    });
  }

  /** Ends all. */
  end(end: TrackedEnd): Promise<void> {
    return this.#tracker.end(end);
  }

  /** Pictures are never worth a run. */
  async #draw() {
    try {
      return await this.#pictures?.draw() ?? [];
    } catch (error) {
      this.#pictures = undefined;
      const reason = error instanceof Error ? error.message : String(error);
      this.emit({
        kind: "notice",
        text: `the views cannot be drawn for TensorBoard: ${reason}`,
      });
      return [];
    }
  }
}
