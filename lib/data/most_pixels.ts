/** @file How large images are decoded at the most. */

/** Largest side of decoded images, in pixels. */
export const MOST_PIXELS = 4096;
