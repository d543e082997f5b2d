/** @file What is said of an encoder and of the images that it is given, a line each. */
import type { LooseImages } from "../data/loose.ts";
import type { SkippedFile } from "../data/source.ts";
import type { Encoder } from "../encoder/encoder.ts";
import { counted } from "../counted.ts";
import { bar, duration, integer } from "./format.ts";
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
      `${counted(count, "image")} of ${where}`,
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

/** Shows how many images features were made of, and how long the others will take. */
export function encodingLine(
  terminal: Pick<Terminal, "live">,
  now: () => number = () => performance.now(),
): (features: string, done: number, all: number) => void {
  let [kind, start, first] = ["", 0, 0];
  return (features, done, all) => {
    if (features !== kind) [kind, start, first] = [features, now(), done];
    const speed = 1000 * (done - first) / (now() - start);
    terminal.live(
      [
        `Features of ${features}  ${bar(done / all)} ${integer(done)} of ${
          integer(all)
        } images`,
        ...(speed > 0
          ? [
            `${integer(speed)} images/s`,
            `${duration((all - done) / speed)} left`,
          ]
          : []),
      ].join("  "),
    );
  };
}

/** Warns of files that were left out. */
export function warnOfSkipped(
  terminal: Terminal,
  skipped: readonly SkippedFile[],
  unread: number,
): void {
  if (skipped.length + unread === 0) return;
  terminal.warn(`warning: ${leftOut(skipped, unread)}`);
}
