/** @file Exit codes of the command line. */

/** What each code means; docs/commands.md lists them. */
export const EXIT = {
  success: 0,
  /** A defect of Stopgrad itself. */
  defect: 1,
  /** Bad input: one message says what, where and what to do. */
  usage: 2,
  /** The run was stopped because it collapsed or diverged. */
  stopped: 3,
  /** Another task of a cluster is gone: the run can be resumed. */
  lost: 4,
  /** Ctrl-C: the run can be resumed. */
  interrupted: 130,
} as const;

/** Any of {@linkcode EXIT}'s codes. */
export type ExitCode = typeof EXIT[keyof typeof EXIT];
