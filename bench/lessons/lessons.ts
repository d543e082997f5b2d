/** @file What each point of each lesson has to end as. */

const COLLAPSES = ["collapsed", "dimensional_collapse"] as const;
const HEALTHY = ["healthy"] as const;

/** Verdicts that a point may end with; absent where the page lets chance decide. */
export type Expected = readonly string[] | undefined;

/** By file and point. */
export const LESSONS: Readonly<
  Record<string, Readonly<Record<string, Expected>>>
> = {
  stop_gradient: { "with stop-gradient": HEALTHY, "without": COLLAPSES },
  predictor: { "with predictor": HEALTHY, "no predictor": COLLAPSES },
  momentum: {
    "tau 0.95": HEALTHY,
    "tau 0": HEALTHY,
    "tau 0.95, no predictor": undefined,
    "tau 0, no predictor": COLLAPSES,
  },
  invariance: {
    "all three terms": HEALTHY,
    "no covariance": COLLAPSES,
    "invariance only": COLLAPSES,
  },
  centring: {
    "centred and sharpened": HEALTHY,
    "no centring": [...COLLAPSES, "prototype_collapse"],
    "no sharpening": [...COLLAPSES, "prototype_collapse"],
  },
};
