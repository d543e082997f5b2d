/** @file Means of what steps report, between two checkpoints. */
import type { ReportedStep } from "./metrics_file.ts";
import type { StepMetrics } from "./session.ts";
import { finite } from "./summary.ts";

/** Adds up the metrics of steps. */
export class Averages {
  readonly #sums = new Map<string, { sum: number; count: number }>();

  /** Takes what a step reported. */
  add(metrics: StepMetrics): void {
    for (const [name, value] of Object.entries(metrics)) {
      const { sum, count } = this.#sums.get(name) ?? { sum: 0, count: 0 };
      this.#sums.set(name, { sum: sum + value, count: count + 1 });
    }
  }

  /**
   * Takes again what an interrupted run had added up.
   *
   * @param reported Some steps, or all.
   * @param every Steps between two checkpoints.
   * @param done The step that the run goes on after.
   * @param shift What is added to a step for its place.
   */
  recall(
    reported: readonly ReportedStep[],
    every: number,
    done: number,
    shift = 0,
  ): void {
    const from = done - (done + shift) % every;
    for (const { step, metrics } of reported) {
      if (step > from) this.add(metrics);
    }
  }

  /** Means since the last `clear`; `null` for what is no number. */
  get means(): Record<string, number | null> {
    return Object.fromEntries(
      [...this.#sums].map(([name, { sum, count }]) =>
        [name, finite(sum / count)] as const
      ),
    );
  }

  /** Begins anew. */
  clear(): void {
    this.#sums.clear();
  }
}
