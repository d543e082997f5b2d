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
  /** Number of the thread that ran it, or of the GPU's stream. */
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
/** `name:Op` is how a kernel of a GPU is called after its node. */
const KERNEL = /^([\w./-]+):(\w+)$/;
/**
 * What a GPU did is listed by stream. `stream:all`, `memcpy` and the device
 * itself, with the launches, tell of the same work again.
 */
const STREAM = /^\/device:GPU:\d+\/stream:(\d+)/;
const GPU = /device:GPU:/;

const counts = (device: string): boolean =>
  STREAM.test(device) || !GPU.test(device);

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
  const node = text[1] ?? "";
  const stream = STREAM.exec(device)?.[1];
  const kernel = stream === undefined ? null : KERNEL.exec(node);
  return {
    name: kernel?.[1] ?? node,
    op: kernel?.[2] ?? LABEL.exec(text[8] ?? "")?.[1] ?? node,
    device,
    thread: stream === undefined ? number[10] ?? 0 : Number(stream),
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
      const field = parts.find(({ number }) => number === 1);
      const device = field ? textOf(field) : "";
      if (!counts(device)) continue;
      for (const node of parts) {
        if (node.number === 2) timings.push(timing(bytesOf(node), device));
      }
    }
  }
  return timings;
}
