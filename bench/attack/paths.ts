/** @file Paths beside this folder. */

/** The path of a relative address. */
export const fromFileUrl = (relative: string): string =>
  new URL(relative, import.meta.url).pathname;
