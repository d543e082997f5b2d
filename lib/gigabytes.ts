/** @file Bytes in words. */

/** `61.9 GB`, or with more digits behind the point. */
export const gigabytes = (bytes: number, digits = 1): string =>
  `${(bytes / 1e9).toFixed(digits)} GB`;
