/** @file What is said of an encoder and of the images that it is given, a line each. */
import type { LooseImages } from "../data/loose.ts";
import type { SkippedFile } from "../data/source.ts";
import type { Encoder } from "../encoder/encoder.ts";
import { integer } from "./format.ts";
import { leftOut } from "./left_out.ts";
import type { Terminal } from "./reporter.ts";

/** What was read, and how. */
export function imagesLine(
  { images, remarks }: LooseImages,
  places: readonly string[],
): string {
  const { count, width, height, channels, classes, labels } = images;
  const where = places.length === 1 ? places[0] : `${places.length} files`;
  return [
    [
      `${integer(count)} image${count === 1 ? "" : "s"} of ${where}`,
      labels ? `${classes?.length} classes by their folders` : "no labels",
      `scaled and cut to ${width}x${height} pixels, ${
        channels === 1 ? "gray" : `${channels} channels`
      }`,
    ].join(", "),
    ...remarks.map((line) => `  ${line}`),
  ].join("\n");
}

/** Which network, of which run, with which weights. */
export const encoderLine = (
  { network, run, width, engine }: Encoder,
): string =>
  `"${network.name}" of ${run.folder}, ${run.chosen}: ${width} numbers an image, on ${engine.device}`;

/** Warns of files that were left out. */
export function warnOfSkipped(
  terminal: Terminal,
  skipped: readonly SkippedFile[],
  unread: number,
): void {
  if (skipped.length + unread === 0) return;
  terminal.warn(`warning: ${leftOut(skipped, unread)}`);
}
