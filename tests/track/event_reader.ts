/** @file Reads TensorBoard's event files as TensorBoard does; shares nothing with the writer. */
import { join } from "node:path";
import { type Field, fields } from "../../lib/engine/protobuf.ts";

/** CRC-32C bit by bit, masked as records have it. */
function maskedCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
    }
  }
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** Whole records of a file; what a killed process began is left out. */
function* records(file: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 0; at + 12 <= file.length;) {
    const length = Number(view.getBigUint64(at, true));
    const sum = view.getUint32(at + 8, true);
    if (maskedCrc(file.subarray(at, at + 8)) !== sum) {
      throw new Error(`bad checksum of a length at ${at}`);
    }
    const end = at + 12 + length;
    if (end + 4 > file.length) return;
    const bytes = file.subarray(at + 12, end);
    if (maskedCrc(bytes) !== view.getUint32(end, true)) {
      throw new Error(`bad checksum of a record at ${at}`);
    }
    yield bytes;
    at = end + 4;
  }
}

/** A value of a summary. */
export interface Point {
  readonly step: number;
  readonly time: number;
  readonly scalar?: number;
  readonly histogram?: {
    readonly min: number;
    readonly max: number;
    readonly count: number;
    readonly limits: readonly number[];
    readonly counts: readonly number[];
  };
  readonly png?: Uint8Array;
}

const one = (all: readonly Field[], number: number) =>
  all.find((field) => field.number === number)?.value;

const doubles = (bytes: unknown): number[] => {
  const packed = bytes as Uint8Array;
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
  return Array.from(
    { length: packed.length / 8 },
    (_, i) => view.getFloat64(8 * i, true),
  );
};

function pointOf(value: readonly Field[], when: Pick<Point, "step" | "time">) {
  const [scalar, image, histo] = [2, 4, 5].map((field) => one(value, field));
  if (image) {
    const png = one([...fields(image as Uint8Array)], 4) as Uint8Array;
    return { ...when, png };
  }
  if (!histo) return { ...when, scalar: scalar as number };
  const all = [...fields(histo as Uint8Array)];
  return {
    ...when,
    histogram: {
      min: one(all, 1) as number,
      max: one(all, 2) as number,
      count: one(all, 3) as number,
      limits: doubles(one(all, 6)),
      counts: doubles(one(all, 7)),
    },
  };
}

/** Everything that a run's event files tell, by tag. */
export async function readEvents(
  folder: string,
): Promise<ReadonlyMap<string, readonly Point[]>> {
  const names = (await Array.fromAsync(Deno.readDir(folder)))
    .map(({ name }) => name).filter((name) => name.includes("tfevents"));
  const found = new Map<string, Point[]>();
  for (const name of names.sort()) {
    const file = await Deno.readFile(join(folder, name));
    for (const [i, record] of [...records(file)].entries()) {
      const event = [...fields(record)];
      const version = one(event, 3);
      if ((i === 0) !== (version !== undefined)) {
        throw new Error(
          `${name}: the version is the first event, and no other`,
        );
      }
      const when = {
        time: one(event, 1) as number,
        step: Number(one(event, 2) ?? 0),
      };
      // A session that begins voids what is not before it.
      if (one(event, 7)) {
        for (const [tag, points] of found) {
          found.set(tag, points.filter(({ step }) => step < when.step));
        }
      }
      const summary = one(event, 5) as Uint8Array | undefined;
      for (const { value } of summary ? fields(summary) : []) {
        const all = [...fields(value as Uint8Array)];
        const tag = new TextDecoder().decode(one(all, 1) as Uint8Array);
        found.set(tag, [...found.get(tag) ?? [], pointOf(all, when)]);
      }
    }
  }
  return found;
}
