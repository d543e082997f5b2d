/** @file results.json: the last result of every bench. */
import { readResults, writeResults } from "../results_file.ts";
import type { SideSamples } from "./measure.ts";

/** Result of one bench. */
export interface Result {
  /** Of the bench. */
  readonly id: string;
  readonly date: string;
  readonly machine: string;
  readonly threads: number;
  readonly seconds: number;
  /** Stopgrad's own. */
  readonly commit: string;
  readonly sides: readonly SideSamples[];
}

/** The results in a file; one for each bench, a new one takes an old one's place. */
export class Results {
  readonly #byId: Map<string, Result>;

  private constructor(readonly path: string, list: readonly Result[]) {
    this.#byId = new Map(list.map((result) => [result.id, result]));
  }

  /** Reads what earlier runs left. */
  static async open(path: string): Promise<Results> {
    return new Results(path, await readResults(path));
  }

  find(id: string): Result | undefined {
    return this.#byId.get(id);
  }

  put(result: Result): void {
    this.#byId.set(result.id, result);
  }

  /** Writes them, in the order of `ids`; results of other benches go. */
  async save(ids: readonly string[]): Promise<void> {
    const list = ids.flatMap((id) => this.#byId.get(id) ?? []);
    await writeResults(this.path, list);
  }
}
