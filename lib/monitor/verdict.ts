/** @file How a run stands, in a word. */

/** What a fault makes of a run. */
export type FaultVerdict =
  | "diverged"
  | "collapsed"
  | "dimensional_collapse"
  | "prototype_collapse"
  | "stuck_at_uniform"
  | "not_learning";

/**
 * State of a run: what a fault makes of it; `falling` where a figure is on its
 * way to a collapse; `too_short` where a fault might not have shown yet;
 * `not_watched` with `monitor: off`; and `healthy` where none of these is so.
 */
export type Verdict =
  | FaultVerdict
  | "falling"
  | "too_short"
  | "not_watched"
  | "healthy";

/** Verdicts that are no single word, for people. */
const WORDS: Readonly<Record<string, string>> = {
  too_short: "too short to judge",
  not_watched: "not watched",
} satisfies Partial<Record<Verdict, string>>;

/** A verdict as people read it; of a file's verdict that is not known, itself. */
export const verdictText = (verdict: string): string =>
  Object.hasOwn(WORDS, verdict) ? WORDS[verdict] as string : verdict;
