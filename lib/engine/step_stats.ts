/** @file What TensorFlow measured of one call: every op, when and where it ran. */
import { type Field, fields } from "./protobuf.ts";

/** One execution of one op. */
export interface OpTiming {
  /** Name of the node in TensorFlow's graph. */
  readonly name: string;
  /** Kind of op, as Grappler left it. */
  readonly op: string;
  /** Such as `/job:localhost/replica:0/task:0/device:CPU:0`. */
  readonly device: string;
  /** Number of the thread that ran it. */
  readonly thread: number;
  /** Microseconds since the epoch. */
  readonly start: number;
  /** Microseconds. */
  readonly duration: number;
}

const bytesOf = ({ value }: Field): Uint8Array => value as Uint8Array;
const textOf = (field: Field): string =>
  new TextDecoder().decode(bytesOf(field));

/** `name = Op(inputs)` is how the timeline labels a node. */
const LABEL = /= ([A-Za-z0-9_]+)\(/;

function timing(bytes: Uint8Array, device: string): OpTiming {
  const text: Record<number, string> = {};
  const number: Record<number, number> = {};
  for (const field of fields(bytes)) {
    if (typeof field.value === "number") number[field.number] = field.value;
    else if (field.number === 1 || field.number === 8) {
      text[field.number] = textOf(field);
    }
  }
  const [start = 0, from = 0, to = 0] = [number[2], number[3], number[4]];
  return {
    name: text[1] ?? "",
    op: LABEL.exec(text[8] ?? "")?.[1] ?? text[1] ?? "",
    device,
    thread: number[10] ?? 0,
    start: start + from,
    duration: to - from,
  };
}

/**
 * Timings in a serialized `RunMetadata`; field numbers are those of
 * `tensorflow/core/framework/step_stats.proto`.
 */
export function readStepStats(runMetadata: Uint8Array): OpTiming[] {
  const timings: OpTiming[] = [];
  for (const stepStats of fields(runMetadata)) {
    if (stepStats.number !== 1) continue;
    for (const deviceStats of fields(bytesOf(stepStats))) {
      const parts = [...fields(bytesOf(deviceStats))];
      const device = parts.find(({ number }) => number === 1);
      for (const node of parts) {
        if (node.number !== 2) continue;
        timings.push(timing(bytesOf(node), device ? textOf(device) : ""));
      }
    }
  }
  return timings;
}
