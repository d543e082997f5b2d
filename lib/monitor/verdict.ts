/** @file Is the run healthy? Judged from what each step reports. */

/** State of a run. */
export type Verdict = "healthy" | "collapsed" | "diverged";

/** What the watch reads of a step. */
export interface Signals {
  readonly loss: number;
  /** See `embedding_std` in docs: 1 for spread embeddings, 0 for equal ones. */
  readonly embedding_std: number;
  readonly gradient_norm: number;
}

/** A verdict other than healthy, with its cause. */
export interface Alarm {
  /** What became of the run. */
  readonly verdict: Exclude<Verdict, "healthy">;
  /** Steps done when it was noticed. */
  readonly step: number;
  /** The figure that gave it away. */
  readonly message: string;
}

/**
 * Below this the embeddings of a batch are practically equal; healthy runs of
 * the shipped pipelines stay above 0.4. Chen and He
 * 2020 (arXiv:2011.10566, figure 2) show 0 for the collapsed run and about
 * 1 for the healthy one, both within the first epochs.
 */
export const COLLAPSED_BELOW = 0.1;

/** Share of the newest step in the running mean. */
const NEWEST = 0.1;

/** Settings of a {@linkcode Watch}. */
export interface WatchOptions {
  /** Steps between two checks. */
  readonly every: number;
  /** Checks in a row that must look collapsed. */
  readonly patience: number;
}

/** Follows a run step by step. */
export class Watch {
  #mean: number | undefined;
  #inARow = 0;

  constructor(readonly options: WatchOptions) {}

  /** Running mean of the collapse signal. */
  get embeddingStd(): number {
    return this.#mean ?? Number.NaN;
  }

  /** Whether the last check looked collapsed. */
  get suspicious(): boolean {
    return this.#inARow > 0;
  }

  /**
   * Takes the signals of a step (counted from 1); answers with an alarm when
   * the run is lost.
   */
  observe(step: number, signals: Signals): Alarm | undefined {
    const broken = Object.entries(signals).find(([, value]) =>
      !Number.isFinite(value)
    );
    if (broken) {
      return {
        verdict: "diverged",
        step,
        message: `${broken[0]} is ${broken[1]}`,
      };
    }
    const { embedding_std: std } = signals;
    this.#mean = this.#mean === undefined
      ? std
      : this.#mean + NEWEST * (std - this.#mean);
    if (step % this.options.every !== 0) return undefined;
    this.#inARow = this.#mean < COLLAPSED_BELOW ? this.#inARow + 1 : 0;
    if (this.#inARow < this.options.patience) return undefined;
    return {
      verdict: "collapsed",
      step,
      message: `embedding_std is ${
        this.#mean.toFixed(4)
      }: the embeddings of all images are practically equal`,
    };
  }
}
