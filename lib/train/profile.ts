/** @file Where the time of a step goes: op by op, as TensorFlow measured it. */
import type { OpTiming } from "../engine/step_stats.ts";
import type { TrainingSession } from "./session.ts";

/** Time of a part of the step. */
export interface Share {
  readonly name: string;
  /** Executions in a step. */
  readonly count: number;
  /** Milliseconds of all threads in a step. */
  readonly milliseconds: number;
}

/** What was measured. */
export interface Profile {
  /** Milliseconds of steps that were not traced; the median. */
  readonly step: number;
  /** Milliseconds of all threads in a traced step. */
  readonly busy: number;
  /** By kind of op, the longest first. */
  readonly ops: readonly Share[];
  /** By stage, or by part of the step beside the stages. */
  readonly stages: readonly Share[];
  /** One traced step. */
  readonly timings: readonly OpTiming[];
}

const WARM_UP = 3;
const TRACED = 3;

const AUTODIFF = "backward pass";

/** Stage that a node belongs to, by its name: `step/<scope>/<op>`. */
export function ownerOf(name: string): string {
  const parts = name.split("/");
  return parts.length > 2 ? parts[1] as string : AUTODIFF;
}

function shares(
  timings: readonly OpTiming[],
  steps: number,
  key: (timing: OpTiming) => string,
): Share[] {
  const sums = new Map<string, { count: number; microseconds: number }>();
  for (const timing of timings) {
    const name = key(timing);
    const sum = sums.get(name) ?? { count: 0, microseconds: 0 };
    sum.count++;
    sum.microseconds += timing.duration;
    sums.set(name, sum);
  }
  return [...sums].map(([name, { count, microseconds }]) => ({
    name,
    count: count / steps,
    milliseconds: microseconds / steps / 1000,
  })).sort((a, b) => b.milliseconds - a.milliseconds);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [(sorted.length - 1) >> 1, sorted.length >> 1];
  return ((sorted[low] as number) + (sorted[high] as number)) / 2;
}

/**
 * Measures steps of a session: first the plain ones, then a few with the time
 * of every op, which slows them down a little.
 *
 * @param steps Plain steps.
 */
export async function profileSteps(
  session: TrainingSession,
  steps: number,
): Promise<Profile> {
  for (let i = 0; i < WARM_UP; i++) await session.step();
  const durations: number[] = [];
  for (let i = 0; i < steps; i++) {
    const start = performance.now();
    await session.step();
    durations.push(performance.now() - start);
  }
  const all: OpTiming[] = [];
  let last: readonly OpTiming[] = [];
  for (let i = 0; i < TRACED; i++) {
    await session.step((timings) => {
      all.push(...timings);
      last = timings;
    });
  }
  const ops = shares(all, TRACED, ({ op }) => op);
  return {
    step: median(durations),
    busy: ops.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
    ops,
    stages: shares(all, TRACED, ({ name }) => ownerOf(name)),
    timings: last,
  };
}

/**
 * The same step for a trace viewer (https://ui.perfetto.dev, chrome://tracing):
 * one line a thread.
 */
export function chromeTrace(timings: readonly OpTiming[]): string {
  const origin = Math.min(...timings.map(({ start }) => start));
  const traceEvents = timings.map((
    { name, op, start, duration, thread },
  ) => ({
    name: op,
    cat: ownerOf(name),
    ph: "X",
    ts: start - origin,
    dur: duration,
    pid: 1,
    tid: thread,
    args: { name },
  }));
  return `${JSON.stringify({ traceEvents, displayTimeUnit: "ms" })}\n`;
}
