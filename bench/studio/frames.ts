/** @file Times between the frames that a page draws. */
import type { Page } from "playwright-core";

/** Records the time between frames while it is there. */
const RECORD = `(() => {
  window.frames_ = [];
  let last = performance.now();
  const next = (now) => { window.frames_.push(now - last); last = now; window.id_ = requestAnimationFrame(next); };
  window.id_ = requestAnimationFrame(next);
})()`;
const STOP =
  `(() => { cancelAnimationFrame(window.id_); return window.frames_; })()`;

/** Settles when what was asked for has been drawn. */
export const AT_REST =
  "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))";

/** A time in milliseconds. */
export const ms = (value: number): string => `${value.toFixed(0)} ms`;

/** Value below which a share of sorted numbers lies. */
export const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;

/** Median, 95th percentile, most, and the number of frames while something is done. */
export async function framesOf(
  page: Page,
  body: () => Promise<void>,
): Promise<string> {
  await page.evaluate(RECORD);
  await body();
  const frames = (await page.evaluate(STOP) as number[]).slice(1)
    .sort((a, b) => a - b);
  return `${ms(at(frames, 0.5))}, ${ms(at(frames, 0.95))}, ${
    ms(frames.at(-1) ?? 0)
  } (${frames.length} frames)`;
}
