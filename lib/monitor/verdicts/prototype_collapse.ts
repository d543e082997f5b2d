/** @file Targets tell nothing of their images. */
import type { Landmarks } from "../define.ts";
import {
  type Metrics,
  type Reading,
  RunningMean,
  type VerdictDefinition,
  worstOf,
} from "./define.ts";

/** Below this a batch's targets are all alike; see bench/monitors/README.md. */
export const UNINFORMED = 0.02;

/** The same of targets that are nearly uniform, and so are on their way to it. */
export const BLURRED = 0.05;

/** The entropy of targets above which they are nearly uniform. */
const UNIFORM = 0.9;

/** Prototypes below which all images have much the same ones. */
export const FEW = 3;

/** Share of the prototypes that are few, where there are not many. */
const SHARE = 1 / 8;

/** The same where that is a tenth of what it was: healthy runs keep a third and more. */
const FALLEN_TO = 1 / 10;
const FALLEN_BELOW = 8;

/** Times the threshold, of a figure that is on its way to it. */
const NEAR = 1.5;

/** Steps after the warm-up before it is judged: teachers begin with little. */
const GRACE = 100;

/** Losses that assign images to prototypes, with how many there are. */
const assigning = (
  losses: ReadonlyMap<string, Landmarks>,
): readonly (readonly [loss: string, prototypes: number])[] =>
  [...losses].flatMap(([loss, { prototypes }]) =>
    prototypes === undefined ? [] : [[loss, prototypes] as const]
  );

/** Follows the targets of one loss. */
function follow(
  stage: string,
  prototypes: number,
): (metrics: Metrics, judged: boolean) => Reading[] {
  const [information, entropy, use] = [
    new RunningMean(),
    new RunningMean(),
    new RunningMean(),
  ];
  const few = Math.min(FEW, SHARE * prototypes);
  let [informed, used] = [0, 0];
  const read = (
    figure: string,
    value: number,
    { threshold, from, meaning }: {
      readonly threshold: number;
      readonly from: number;
      readonly meaning: string;
    },
  ): Reading => ({
    bad: value < threshold,
    stage,
    figure: `${figure}:${stage}`,
    value,
    threshold,
    meaning,
    fall: { from, early: Math.min(NEAR * threshold, from) },
  });
  return (metrics, judged) => {
    const of = (signal: string): number => metrics[`${signal}:${stage}`] ?? NaN;
    const told = information.add(of("prototype_information"));
    const undecided = entropy.add(of("target_entropy")) > UNIFORM;
    const share = use.add(of("prototype_use"));
    if (share > used) used = share;
    if (!judged) return [];
    informed = Math.max(informed, told);
    const fallen = Math.min(FALLEN_BELOW, FALLEN_TO * used * prototypes);
    return [
      read("prototype_information", told, {
        threshold: undecided ? BLURRED : UNINFORMED,
        from: informed,
        meaning: `the targets of all images are ${
          undecided ? "uniform" : "alike"
        }`,
      }),
      read("prototype_use", share, {
        threshold: Math.max(few, fallen) / prototypes,
        from: used,
        meaning:
          `the targets of all images are the same few of ${prototypes} prototypes`,
      }),
    ];
  };
}

/** DINO's collapse, in either way (Caron et al. 2021, arXiv:2104.14294, section 5.3). */
export const prototypeCollapse: VerdictDefinition = {
  fault: "prototype_collapse",
  verdict: "prototype_collapse",
  phrase: "collapsed in its prototypes",
  summary:
    `${GRACE} steps after the warm-up or later the running mean of prototype_information is below ${UNINFORMED}, or below ${BLURRED} where that of target_entropy is above ${UNIFORM}: the targets of all images are alike, or uniform; or that of prototype_use is that of less than ${FEW} prototypes (of less than ${
      FEW / SHARE
    }, of an eighth), or of less than ${FALLEN_BELOW} and a tenth of its highest: all images have the same few`,
  cures: [
    "uniform targets: sharpen them, with a temperature of the target well below the student's",
    "few prototypes: centre the targets (`momentum` below 1), or balance them (sinkhorn)",
    "try a smaller learning rate, or freeze the prototypes for the first epoch",
  ],
  judgedFrom: ({ losses, warmup }) =>
    assigning(losses).length > 0 ? warmup + GRACE : 0,
  start({ losses, warmup }) {
    const all = assigning(losses).map((one) => follow(...one));
    return ({ step, checked, metrics }) => {
      const judged = checked && step >= warmup + GRACE;
      return worstOf(all.flatMap((one) => one(metrics, judged)));
    };
  },
};
