/**
 * @file TensorBoard's events as protocol buffers (tensorboard/compat/proto:
 * event.proto, summary.proto, histogram.proto).
 */
import {
  fixed32,
  fixed64,
  message,
  newWriter,
  sized,
  text,
  varint,
  type Writer,
} from "../../protobuf.ts";
import type { TrackedImage } from "../tracker.ts";

/** What an event tells, by tag. */
export type Told =
  | { readonly tag: string; readonly scalar: number }
  | { readonly tag: string; readonly histogram: readonly number[] }
  | { readonly tag: string; readonly image: TrackedImage };

/** Seconds since 1970, and the step. */
export interface When {
  readonly time: number;
  readonly step: number;
}

function eventAt(
  { time, step }: When,
  body: (event: Writer) => unknown,
): Uint8Array {
  const event = newWriter().uint32(fixed64(1)).double(time);
  if (step > 0) event.uint32(varint(2)).int64(step);
  body(event);
  return event.finish();
}

/** The first event of a file. */
export const versionEvent = (when: When): Uint8Array =>
  eventAt(when, (event) => text(event, 3, "brain.Event:2"));

/** Says that what was told of this step and later ones is void. */
export const restartEvent = (when: When): Uint8Array =>
  eventAt(when, (event) =>
    message(event, 7, (log) => {
      log.uint32(varint(1)).int32(1);
    }));

/** Buckets of a histogram. */
const BUCKETS = 30;

/** Equal buckets from the least to the greatest value. */
function histogram(writer: Writer, values: readonly number[]): void {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const width = (most - least) / BUCKETS || 1;
  const counts = new Array<number>(BUCKETS).fill(0);
  for (const value of values) {
    const bucket = Math.min(BUCKETS - 1, Math.floor((value - least) / width));
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  const total = (of: (value: number) => number): number =>
    values.reduce((sum, value) => sum + of(value), 0);
  [
    least,
    most,
    values.length,
    total((value) => value),
    total((value) => value * value),
  ].forEach((value, i) => writer.uint32(fixed64(i + 1)).double(value));
  const packed = (field: number, numbers: readonly number[]): void => {
    writer.uint32(sized(field)).fork();
    for (const value of numbers) writer.double(value);
    writer.ldelim();
  };
  packed(6, counts.map((_, i) => least + (i + 1) * width));
  packed(7, counts);
}

function value(writer: Writer, told: Told): void {
  text(writer, 1, told.tag);
  if ("scalar" in told) writer.uint32(fixed32(2)).float(told.scalar);
  else if ("histogram" in told) {
    message(writer, 5, (w) => histogram(w, told.histogram));
  } else {
    const { width, height, png } = told.image;
    message(writer, 4, (w) => {
      w.uint32(varint(1)).int32(height);
      w.uint32(varint(2)).int32(width);
      // RGB.
      w.uint32(varint(3)).int32(3);
      w.uint32(sized(4)).bytes(png);
    });
  }
}

/** What is told of a step. */
export const summaryEvent = (when: When, all: readonly Told[]): Uint8Array =>
  eventAt(when, (event) =>
    message(event, 5, (summary) => {
      for (const told of all) message(summary, 1, (w) => value(w, told));
    }));
