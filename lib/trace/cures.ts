/** @file Ways around ops that have no gradient. */

const COMPARES = /^tf\.(?:not)?(?:equal|greater|less)(?:Equal)?$/i;

const CURES: readonly (readonly [RegExp, string])[] = [
  [
    COMPARES,
    "Compare values whose gradient is stopped: stopGradient(x). A choice by tf.where has a gradient of both sides.",
  ],
  [
    /^tf\.cast$/,
    "Whole numbers have no gradient: stop it before them, stopGradient(x).",
  ],
  [/^tf\.flipLeftRight$/, "Use tf.reverse."],
  [/^tf\.diag$/, "Multiply with tf.eye."],
  [/^tf\.einsum$/, "Write it with tf.transpose, tf.reshape and tf.matMul."],
  [
    /^tf\.stridedSlice$/,
    "Use tf.slice, tf.reverse or tf.gather.",
  ],
  [/^tf\.(?:gatherND|scatterND)$/, "Use tf.gather, or gatherTokens."],
  [
    /^tf\.(?:depthToSpace|spaceToDepth)$/,
    "Write it with tf.reshape and tf.transpose.",
  ],
];

/** What to do instead of an op on the way to a trained weight. */
export function cureFor(op: string): string {
  return CURES.find(([pattern]) => pattern.test(op))?.[1] ??
    "Stop the gradient before it, stopGradient(x), or compute it by other ops.";
}
