/** @file results.json: the last result of every bench on every machine. */
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

const keyOf = ({ machine, id }: Result): string => `${machine}\n${id}`;

/**
 * The results in a file; one for each bench and machine, a new one takes an old
 * one's place.
 */
export class Results {
  readonly #byKey: Map<string, Result>;

  private constructor(readonly path: string, list: readonly Result[]) {
    this.#byKey = new Map(list.map((result) => [keyOf(result), result]));
  }

  /** Reads what earlier runs left. */
  static async open(path: string): Promise<Results> {
    return new Results(path, await readResults(path));
  }

  put(result: Result): void {
    this.#byKey.set(keyOf(result), result);
  }

  /** Those of some benches, in their order, machine by machine. */
  list(ids: readonly string[]): Result[] {
    const all = [...this.#byKey.values()];
    const machines = [...new Set(all.map(({ machine }) => machine))];
    return machines.flatMap((machine) =>
      ids.flatMap((id) =>
        all.find((one) => one.machine === machine && one.id === id) ?? []
      )
    );
  }

  /** Writes those of some benches; results of others go. */
  async save(ids: readonly string[]): Promise<void> {
    await writeResults(this.path, this.list(ids));
  }
}
