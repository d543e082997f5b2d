/** @file What a training of a method gives, and what is kept of it. */

/** Accuracies in 0..1. */
export interface Accuracies {
  /** k = 20, temperature 0.1. */
  readonly knn: number;
  /** Logistic regression to its end. */
  readonly linear: number;
}

/** What one training gave. */
export interface Outcome {
  readonly epochs: number;
  readonly verdict: string;
  readonly images_per_second: number;
  /** Most that the process held while it trained. */
  readonly megabytes: number;
  readonly trained: Accuracies;
  /** The same network with the same seed's first weights. */
  readonly untrained: Accuracies;
}

/** What tells trainings apart. */
export interface Key {
  /** File below `pipelines/`, without its ending. */
  readonly method: string;
  readonly seed: number;
  /** Into so many parts the file's own number of epochs was divided. */
  readonly part: number;
}

/** One training. */
export type Result = Key & Outcome & { readonly date: string };
