/** @file What a pipeline says about a run that goes wrong. */

/** What is done about a verdict. */
export const ACTIONS = {
  stop: "the run ends",
  warn: "the run goes on, with a warning",
  off: "nothing is said",
} as const;

/** One of {@linkcode ACTIONS}. */
export type Action = keyof typeof ACTIONS;

/** What can be wrong with a run; each is a key of `monitor:`. */
export const FAULTS = [
  "divergence",
  "collapse",
  "dimensional_collapse",
  "prototype_collapse",
  "stuck_at_uniform",
  "not_learning",
] as const;

/** One of {@linkcode FAULTS}. */
export type Fault = typeof FAULTS[number];

/** What to do about each fault, and how soon it is believed. */
export interface Monitor extends Readonly<Record<Fault, Action>> {
  /** Checks in a row that must find a fault before it is believed. */
  readonly patience: number;
  /** Steps between two checks, at most; an epoch has at least one. */
  readonly every: number;
  /** Stage whose embeddings are watched, where the pipeline says. */
  readonly of?: string;
}

/** Faults that cannot mend themselves follow `collapse` where they are not written. */
const LIKE_COLLAPSE = [
  "divergence",
  "dimensional_collapse",
  "prototype_collapse",
] as const;

/** What `monitor:` holds, before what is not written is filled in. */
export type WrittenMonitor =
  & Pick<Monitor, "collapse" | "patience" | "every">
  & { readonly of?: string | undefined }
  & Partial<Readonly<Record<Exclude<Fault, "collapse">, Action | undefined>>>;

/**
 * Fills in what is not written: faults that end in a useless encoder are
 * treated as `collapse` is, the others warn, unless all is off.
 */
export function completeMonitor(written: WrittenMonitor): Monitor {
  const { collapse, patience, every, of } = written;
  const actions = FAULTS.map((fault): [Fault, Action] => {
    const own = written[fault];
    if (own !== undefined) return [fault, own];
    const alike = (LIKE_COLLAPSE as readonly Fault[]).includes(fault);
    return [fault, alike || collapse === "off" ? collapse : "warn"];
  });
  return {
    ...Object.fromEntries(actions) as Record<Fault, Action>,
    patience,
    every,
    ...(of === undefined ? {} : { of }),
  };
}

/** Whether anything is watched; where nothing is, the step has no monitors. */
export function isWatched(monitor: Monitor): boolean {
  return FAULTS.some((fault) => monitor[fault] !== "off");
}
