/** @file `metrics.jsonl`, read and cut in pieces: it can be larger than memory. */
import { createHash, type Hash } from "node:crypto";
import { writeAtomic } from "../checkpoint/write_atomic.ts";

/** A line of `metrics.jsonl`; `null` for what was no number. */
export type MetricsLine = Readonly<Record<string, number | null>>;

/** What a step reported, read again. */
export interface ReportedStep {
  /** Counted from 1. */
  readonly step: number;
  /** NaN for what was no number. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Keys of a line that say where the run stood. */
const POSITION = ["step", "epoch", "seconds"];

/**
 * What the step of a line reported.
 *
 * @param scheduled Keys of the line that the pipeline gave, not the step.
 */
export function reportedStep(
  line: MetricsLine,
  scheduled: Iterable<string> = [],
): ReportedStep {
  const others = new Set([...POSITION, ...scheduled]);
  const metrics = Object.entries(line).filter(([key]) => !others.has(key))
    .map(([key, value]) => [key, value ?? Number.NaN] as const);
  return { step: line["step"] ?? 0, metrics: Object.fromEntries(metrics) };
}

/** A file without what had no place in it. */
export interface CutMetrics {
  /** Lines that were none, or came twice, before one that stays. */
  readonly damaged: number;
  /** Steps that have no line. */
  readonly missing: number;
  /** Of the lines that stayed. */
  readonly digest: LinesDigest;
}

/** A checksum of lines, but for the seconds in them: the same run takes others. */
export class LinesDigest {
  readonly #hash: Hash = createHash("sha256");

  add({ seconds: _, ...line }: Readonly<Record<string, unknown>>): void {
    this.#hash.update(JSON.stringify(line)).update("\n");
  }

  /** Of all lines so far. */
  get value(): string {
    return this.#hash.copy().digest("hex");
  }
}

const CHUNK_BYTES = 1 << 20;
/** No line of ours is longer; what is has no end. */
const MOST_LINE_BYTES = 1 << 20;
/** Lines that are handed on at once. */
const BATCH = 1000;
const NEWLINE = 10;

/** A part of the file. */
interface Range {
  readonly from: number;
  readonly to: number;
}

function isLine(value: unknown): value is MetricsLine & { step: number } {
  return typeof value === "object" && value !== null &&
    Number.isSafeInteger((value as { step?: unknown }).step) &&
    Object.values(value).every((one) =>
      one === null || typeof one === "number"
    );
}

function parse(
  bytes: Uint8Array,
): (MetricsLine & { step: number }) | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isLine(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The lines of a file with their places; the last one may have no end. */
async function* linesOf(
  file: Deno.FsFile,
): AsyncGenerator<{ readonly bytes: Uint8Array } & Range> {
  const chunk = new Uint8Array(CHUNK_BYTES);
  let rest = new Uint8Array(0);
  let at = 0;
  for (;;) {
    const count = await file.read(chunk);
    const text = new Uint8Array(rest.length + (count ?? 0));
    text.set(rest);
    text.set(chunk.subarray(0, count ?? 0), rest.length);
    let start = 0;
    for (let end; (end = text.indexOf(NEWLINE, start)) >= 0; start = end + 1) {
      yield {
        bytes: text.subarray(start, end),
        from: at + start,
        to: at + end + 1,
      };
    }
    rest = text.subarray(start);
    at += start;
    if (count === null || rest.length > MOST_LINE_BYTES) {
      const to = at + rest.length;
      if (rest.length > 0) yield { bytes: rest, from: at, to };
      if (count === null) return;
      at = to;
      rest = new Uint8Array(0);
    }
  }
}

/** Writes some parts of a file in its place. */
async function copyParts(path: string, parts: readonly Range[]): Promise<void> {
  using file = await Deno.open(path);
  await writeAtomic(path, async (write) => {
    for (const { from, to } of parts) {
      await file.seek(from, Deno.SeekMode.Start);
      for (let left = to - from; left > 0;) {
        const chunk = new Uint8Array(Math.min(left, CHUNK_BYTES));
        const count = await file.read(chunk);
        if (count === null) return;
        await write(chunk.subarray(0, count));
        left -= count;
      }
    }
  });
}

/**
 * Forgets the lines of steps after `step`, and what is no line.
 *
 * @param take Given the lines that stay, in order, some at a time.
 */
export async function cutAfter(
  path: string,
  step: number,
  take: (lines: readonly MetricsLine[]) => void,
): Promise<CutMetrics> {
  const digest = new LinesDigest();
  const parts: { from: number; to: number }[] = [];
  let batch: MetricsLine[] = [];
  let [end, bad, damaged, kept, latest] = [0, 0, 0, 0, 0];
  {
    using file = await Deno.open(path);
    for await (const { bytes, from, to } of linesOf(file)) {
      end = to;
      const line = parse(bytes);
      // A whole line without its end would run into the next.
      const torn = to - from === bytes.length;
      if (!line || torn || line.step <= latest) {
        bad++;
        continue;
      }
      if (line.step > step) continue;
      damaged += bad;
      bad = 0;
      kept++;
      digest.add(line);
      latest = line.step;
      batch.push(line);
      if (batch.length >= BATCH) {
        take(batch);
        batch = [];
      }
      const last = parts.at(-1);
      if (last?.to === from) last.to = to;
      else parts.push({ from, to });
    }
  }
  take(batch);
  const [first = { from: 0, to: 0 }, ...others] = parts;
  if (others.length > 0 || first.from > 0) await copyParts(path, parts);
  else if (first.to < end) await Deno.truncate(path, first.to);
  return { damaged, missing: step - kept, digest };
}
