/** @file The name that someone probably meant. */
import { closest, distance } from "fastest-levenshtein";

/**
 * The name nearest to `wanted`, by edit distance; `undefined` where none is
 * near enough to be worth suggesting.
 */
export function nearest(
  wanted: string,
  names: readonly string[],
): string | undefined {
  if (names.length === 0) return undefined;
  const found = closest(wanted, [...names]);
  const reach = Math.max(2, Math.floor(wanted.length / 3));
  const away = distance(wanted, found);
  // A name of one letter is near to every other.
  return away <= reach && away < wanted.length ? found : undefined;
}
