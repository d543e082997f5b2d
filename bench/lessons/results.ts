/** @file Results of single points of the lessons, kept in a file as they come. */
import { readResults, writeResults } from "../results_file.ts";

/** A point of a lesson, with one seed. */
export interface Result {
  /** The lesson's file, without its ending. */
  readonly lesson: string;
  readonly point: string;
  readonly seed: number;
  /** Of the whole pipeline: a lesson that was changed is run again. */
  readonly digest: string;
  readonly verdict: string;
  /** Faults that were found, and the steps. */
  readonly alarms: readonly {
    readonly fault: string;
    readonly step: number;
  }[];
  readonly knn: number | null;
  /** Of the projector, where the run went wrong. */
  readonly projector: number | null;
  /** Of the encoder with its first weights, where the run went wrong. */
  readonly untrained: number | null;
  /** Newest values at the end. */
  readonly signals: Readonly<Record<string, number | null>>;
}

/** The file of results. */
export class Results {
  private constructor(readonly file: URL, readonly all: Result[]) {}

  /** Reads what is there. */
  static async open(file: URL): Promise<Results> {
    return new Results(file, await readResults(file));
  }

  /** The result of a pipeline, which may stand in several lessons. */
  find(digest: string, seed: number): Result | undefined {
    return this.all.find((one) => one.digest === digest && one.seed === seed);
  }

  /** Keeps a result, in the place of what the point had before. */
  async add(result: Result): Promise<void> {
    const { lesson, point, seed } = result;
    const at = this.all.findIndex((one) =>
      one.lesson === lesson && one.point === point && one.seed === seed
    );
    this.all.splice(at < 0 ? this.all.length : at, at < 0 ? 0 : 1, result);
    await writeResults(this.file.pathname, this.all, 1);
  }
}
