/** @file results.json: every training that was done, so that none is repeated. */
import { readResults, writeResults } from "../results_file.ts";
import type { Method, Outcome, Side } from "./training.ts";

/** What tells results apart. */
export interface ResultKey {
  readonly method: Method;
  readonly side: Side;
  readonly seed: number;
  readonly epochs: number;
  /** Name of the images. */
  readonly data: string;
  /** Training images, when not all were used. */
  readonly images?: number;
}

/** One training with its key. */
export type Result = ResultKey & Outcome & {
  readonly threads: number;
  readonly date: string;
};

const keyText = (key: ResultKey): string =>
  JSON.stringify([
    key.data,
    key.images ?? "all",
    key.epochs,
    key.method,
    key.side,
    key.seed,
  ]);

/** The results in a file. */
export class Results {
  private constructor(
    readonly path: string,
    private readonly list: Result[],
  ) {}

  /** Reads what earlier runs left. */
  static async open(path: string): Promise<Results> {
    return new Results(path, await readResults(path));
  }

  /** The result of a key, where it is there. */
  find(key: ResultKey): Result | undefined {
    return this.list.find((result) => keyText(result) === keyText(key));
  }

  /** Adds one, on disk at once: a training takes long. */
  async add(result: Result): Promise<void> {
    this.list.push(result);
    await writeResults(this.path, this.list);
  }
}
