/** @file The name that someone probably meant. */
import { distance } from "fastest-levenshtein";

/**
 * The name nearest to `wanted`, by edit distance; `undefined` where none is
 * near enough to be worth suggesting.
 */
export function nearest(
  wanted: string,
  names: readonly string[],
): string | undefined {
  // A name of one letter is near to every other.
  const reach = Math.min(
    Math.max(2, Math.floor(wanted.length / 3)),
    wanted.length - 1,
  );
  let found: string | undefined;
  let least = reach + 1;
  for (const name of names) {
    // Names of other lengths need as many changes at least.
    if (Math.abs(name.length - wanted.length) >= least) continue;
    const away = distance(wanted, name);
    if (away < least) [found, least] = [name, away];
  }
  return found;
}
