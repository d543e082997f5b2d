/** @file Which checkpoints stay. */

/** Keeps the best checkpoint by a metric, beside the newest ones. */
export type Best = { readonly min: string } | { readonly max: string };

/** How many checkpoints stay, and which. */
export interface Retention {
  /** Newest ones that stay. */
  readonly keep: number;
  /** One more stays: the best by the mean of a metric since the one before. */
  readonly best?: Best | undefined;
}

/** What is compared of a checkpoint. */
interface Candidate {
  readonly metrics: Readonly<Record<string, number | null>>;
  /** Whether the run looked healthy then. */
  readonly healthy: boolean;
  /** Whether it was time for one; an interruption writes one in between. */
  readonly due?: boolean;
}

/** Name of the metric that a rule compares. */
export const metricOf = (best: Best): string =>
  "min" in best ? best.min : best.max;

/** The best checkpoint by a rule; of equals the newest. */
export function bestOf<C extends Candidate>(
  checkpoints: readonly C[],
  best: Best,
): C | undefined {
  const sign = "min" in best ? 1 : -1;
  let found: { checkpoint: C; score: number } | undefined;
  for (const checkpoint of checkpoints) {
    const value = checkpoint.metrics[metricOf(best)];
    // What was no number is no candidate.
    if (typeof value !== "number") continue;
    const score = sign * value;
    if (!found || score <= found.score) found = { checkpoint, score };
  }
  return found?.checkpoint;
}

/**
 * The checkpoints that stay.
 *
 * @param checkpoints Oldest first.
 * @returns Oldest first: the newest `keep` of those that were due, and the best
 * and the newest healthy one before them; and the newest of all, which may be an
 * interruption's and takes no place of theirs.
 */
export function retained<C extends Candidate>(
  checkpoints: readonly C[],
  { keep, best }: Retention,
): C[] {
  const winner = best && bestOf(checkpoints, best);
  const healthy = checkpoints.findLast((one) => one.healthy);
  const due = checkpoints.filter((one) => one.due ?? true);
  const stays = new Set([
    ...due.slice(-keep),
    checkpoints.at(-1),
    winner,
    healthy,
  ]);
  return checkpoints.filter((one) => stays.has(one));
}
