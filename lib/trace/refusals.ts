/** @file What cannot be recorded rightly is refused, in one form of words. */
import { UserError } from "../errors.ts";
import { ownerOf } from "../ir/scope.ts";

const LIBRARY = new URL("../", import.meta.url).href;
const PACKAGES = /\/node_modules\/|\/npm\/[\w-]+(?:\.[\w-]+)+\//;
const FRAME = /(file:\/\/.*?([^\\/]+\.[cm]?[jt]sx?:\d+:\d+))\)?$/;

/** Below these stands who asked for the step, and had no part in it. */
const FLOOR = /^\s*at (?:withSink|buildWithoutChance) /;

/** The first place in a step that is neither Stopgrad's nor a package's. */
export function userPlace(stack: string | undefined): string | undefined {
  for (const line of stack?.split("\n") ?? []) {
    if (FLOOR.test(line)) return;
    const [, url, place] = FRAME.exec(line) ?? [];
    if (url && !url.startsWith(LIBRARY) && !PACKAGES.test(url)) return place;
  }
}

/**
 * Runs `body`, in which errors know all of their way: a dozen of tfjs's frames
 * may lie above the user's.
 */
export function withLongStacks<T>(body: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 100;
  try {
    return body();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Where the user's own code stands now, if it has a part in it. */
export const currentPlace = (): string | undefined =>
  userPlace(withLongStacks(() => new Error().stack));

/** What is refused. */
export interface Refusal {
  /** What was tried, after "Cannot". */
  readonly attempt: string;
  /** Scope in which it was. */
  readonly scope: string;
  /** Where in the user's code; by default where it stands now. */
  readonly at?: string | undefined;
  readonly why: string;
  /** The way out, a sentence. */
  readonly cure: string;
}

const nameOf = (scope: string): string => {
  const { part } = ownerOf(scope);
  if (!part) return "this step";
  return part === "optimizer" ? "the optimizer" : `the stage "${part}"`;
};

/** The error that says so. */
export function refusal(
  { attempt, scope, why, cure, at = currentPlace() }: Refusal,
): UserError {
  const place = at ? ` (at ${at})` : "";
  return new UserError(
    `Cannot ${attempt} in ${nameOf(scope)}${place}: ${why}.\n${cure}`,
  );
}
