/** @file Numbers of things, in words. */

/** `1 step`, `1,200 steps`; `more` is the name of several. */
export const counted = (
  count: number,
  one: string,
  more = `${one}s`,
): string => `${count.toLocaleString("en-US")} ${count === 1 ? one : more}`;
