/** @file Results of single runs, kept in a file as they come. */
import type { Fault } from "../../lib/monitor/policy.ts";
import { readResults, writeResults } from "../results_file.ts";

/** Signals that the table shows. */
export const SHOWN = [
  "embedding_std",
  "correlation",
  "correlation_rank",
  "effective_rank",
  "rankme",
  "alpha_req",
  "alignment",
  "uniformity",
] as const;

/** Signals of a loss, which the table shows where there are any. */
export const OF_LOSSES = [
  "target_entropy",
  "prototype_use",
  "prototype_information",
  "explained",
  "target_spread",
] as const;

/** One run. */
export interface Result {
  readonly name: string;
  readonly seed: number;
  readonly epochs: number;
  /** What was set beside the case's own, such as a smaller network. */
  readonly set: readonly string[];
  /** Whether it was made small as `cases.ts` has it. */
  readonly small?: true;
  readonly alarms: readonly { readonly fault: Fault; readonly step: number }[];
  readonly loss: number | null;
  readonly knn: number | null;
  /** At the end. */
  readonly signals: Readonly<Record<string, number | null>>;
  /** Lowest of its checks. */
  readonly lowest: Readonly<Record<string, number>>;
}

/** The file of results. */
export class Results {
  private constructor(readonly file: URL, readonly all: Result[]) {}

  /** Reads what is there. */
  static async open(file: URL): Promise<Results> {
    return new Results(file, await readResults(file));
  }

  /** A result of the same run. */
  find(
    key: Pick<Result, "name" | "seed" | "epochs" | "set" | "small">,
  ): Result | undefined {
    return this.all.find(({ name, seed, epochs, set, small }) =>
      name === key.name && seed === key.seed && epochs === key.epochs &&
      set.join() === key.set.join() && small === key.small
    );
  }

  /** Keeps a result. */
  async add(result: Result): Promise<void> {
    this.all.push(result);
    await writeResults(this.file.pathname, this.all, 1);
  }
}
