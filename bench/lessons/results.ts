/** @file Results of single points of the lessons, kept in a file as they come. */
import { readResults, writeResults } from "../results_file.ts";

/** A point of a lesson, with one seed. */
export interface Result {
  /** The lesson's file, without its ending. */
  readonly lesson: string;
  readonly point: string;
  readonly seed: number;
  readonly verdict: string;
  /** Faults that were found, and the steps. */
  readonly alarms: readonly {
    readonly fault: string;
    readonly step: number;
  }[];
  readonly knn: number | null;
  /** Newest values at the end. */
  readonly signals: Readonly<Record<string, number | null>>;
  /** Of training alone. */
  readonly seconds: number;
}

/** The file of results. */
export class Results {
  private constructor(readonly file: URL, readonly all: Result[]) {}

  /** Reads what is there. */
  static async open(file: URL): Promise<Results> {
    return new Results(file, await readResults(file));
  }

  /** The result of a point with a seed. */
  find(lesson: string, point: string, seed: number): Result | undefined {
    return this.all.find((one) =>
      one.lesson === lesson && one.point === point && one.seed === seed
    );
  }

  /** Keeps a result. */
  async add(result: Result): Promise<void> {
    this.all.push(result);
    await writeResults(this.file.pathname, this.all, 1);
  }
}
