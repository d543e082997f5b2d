/** @file Targets tell nothing of their images. */
import {
  type Reading,
  type RunFacts,
  RunningMean,
  type VerdictDefinition,
} from "./define.ts";

/** Below this a batch's targets are all alike; see bench/monitors/README.md. */
export const UNINFORMED = 0.02;

/** Times the threshold, of information that is on its way to it. */
const NEAR = 2;

/** Steps after the warm-up before it is judged: teachers begin with little. */
const GRACE = 100;

/** The entropy of targets above which they are uniform rather than one prototype. */
const HALF = 0.5;

/** The first loss that assigns images to prototypes. */
const assigning = (losses: RunFacts["losses"]): string | undefined =>
  [...losses].find(([, { prototypes }]) => prototypes !== undefined)?.[0];

/** DINO's collapse, in either way (Caron et al. 2021, arXiv:2104.14294, section 5.3). */
export const prototypeCollapse: VerdictDefinition = {
  fault: "prototype_collapse",
  verdict: "prototype_collapse",
  phrase: "collapsed in its prototypes",
  summary:
    `the running mean of prototype_information is below ${UNINFORMED}, ${GRACE} steps after the warm-up or later: the targets of all images are alike, uniform where target_entropy is above ${HALF}, one prototype where it is below`,
  cures: [
    "uniform targets: sharpen them, with a temperature of the target well below the student's",
    "one prototype: centre the targets (`momentum` below 1), or balance them (sinkhorn)",
    "try a smaller learning rate, or freeze the prototypes for the first epoch",
  ],
  judgedFrom: ({ losses, warmup }) =>
    assigning(losses) === undefined ? 0 : warmup + GRACE,
  start({ losses, warmup }) {
    const stage = assigning(losses);
    if (stage === undefined) return () => undefined;
    const figure = `prototype_information:${stage}`;
    const information = new RunningMean();
    const entropy = new RunningMean();
    let highest = 0;
    return ({ step, checked, metrics }): Reading | undefined => {
      const value = information.add(metrics[figure] ?? NaN);
      const undecided = entropy.add(metrics[`target_entropy:${stage}`] ?? NaN);
      if (!checked || step < warmup + GRACE) return undefined;
      highest = Math.max(highest, value);
      return {
        bad: value < UNINFORMED,
        stage,
        figure,
        value,
        threshold: UNINFORMED,
        meaning: undecided > HALF
          ? "the targets of all images are uniform"
          : "the targets of all images are the same prototype",
        fall: { from: highest, early: Math.min(NEAR * UNINFORMED, highest) },
      };
    };
  },
};
