/** @file A contrastive loss that stays at a guess's. */
import {
  type RunFacts,
  RunningMean,
  type VerdictDefinition,
} from "./define.ts";

/** Distance from 1 within which loss / log K counts as a guess. */
const WITHIN = 0.01;

/** Steps after the warm-up before it is judged. */
const GRACE = 100;

/** The first loss that tells candidates apart. */
const contrastive = (losses: RunFacts["losses"]): string | undefined =>
  [...losses].find(([, { uniform }]) => uniform !== undefined)?.[0];

/** Stuck at uniform: the loss is log K, what a guess among K candidates costs. */
export const stuckAtUniform: VerdictDefinition = {
  fault: "stuck_at_uniform",
  verdict: "stuck_at_uniform",
  phrase: "is stuck at a guess",
  summary:
    `the running mean of loss_to_uniform is within ${WITHIN} of 1, ${GRACE} steps after the warm-up or later: no candidate is told from another`,
  cures: [
    "try a larger learning rate, or a smaller one if the embeddings are all alike",
    "check the temperature, and that both sides see the same image",
    "check that the queue is fed by the EMA twin, not by the network itself",
  ],
  judgedFrom: ({ losses, warmup }) =>
    contrastive(losses) === undefined ? 0 : warmup + GRACE,
  start({ losses, warmup }) {
    const stage = contrastive(losses);
    if (stage === undefined) return () => undefined;
    const figure = `loss_to_uniform:${stage}`;
    const mean = new RunningMean();
    return ({ step, checked, metrics }) => {
      const value = mean.add(metrics[figure] ?? NaN);
      if (!checked || step < warmup + GRACE) return undefined;
      return {
        bad: Math.abs(value - 1) < WITHIN,
        stage,
        figure,
        value,
        threshold: 1 - WITHIN,
        meaning: "no candidate is told from another",
      };
    };
  },
};
