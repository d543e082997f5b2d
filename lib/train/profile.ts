/** @file Where the time of a step goes: op by op, as TensorFlow measured it. */
import type { OpTiming } from "../engine/step_stats.ts";
import { type Owner, ownerOf } from "../ir/scope.ts";
import type { TrainingSession } from "./session.ts";

/** Time of a part of the step. */
export interface Share {
  readonly name: string;
  /** Executions in a step. */
  readonly count: number;
  /** Milliseconds of all threads in a step. */
  readonly milliseconds: number;
}

/** Time of a stage, or of a part of the step beside the stages. */
export interface PartShare extends Share {
  /** Milliseconds of those in the backward pass. */
  readonly backward: number;
}

/** What was measured. */
export interface Profile {
  /** Milliseconds of steps that were not traced; the median. */
  readonly step: number;
  /** Milliseconds of all threads in a traced step. */
  readonly busy: number;
  /** By kind of op, the longest first. */
  readonly ops: readonly Share[];
  /** By stage, or by part of the step; `""` is autodiff's own. */
  readonly parts: readonly PartShare[];
  /** One traced step. */
  readonly timings: readonly OpTiming[];
}

const WARM_UP = 3;
const TRACED = 3;

/** What Grappler appends to a node for a constant that it made of it. */
const FOLDED = /\/_\d+__cf__\d+$/;

/** Whose work a node is, by its name: `step/<scope>/<op>`. */
export function ownerOfNode(name: string): Owner {
  return ownerOf(name.replace(FOLDED, "").split("/").slice(1, -1).join("/"));
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

function partShares(
  timings: readonly OpTiming[],
  steps: number,
): PartShare[] {
  const owner = ({ name }: OpTiming): Owner => ownerOfNode(name);
  const backward = new Map(
    shares(
      timings.filter((timing) => owner(timing).backward),
      steps,
      (timing) => owner(timing).part,
    ).map(({ name, milliseconds }) => [name, milliseconds]),
  );
  return shares(timings, steps, (timing) => owner(timing).part).map((
    share,
  ) => ({ ...share, backward: backward.get(share.name) ?? 0 }));
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
    parts: partShares(all, TRACED),
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
  ) => {
    const { part, backward } = ownerOfNode(name);
    return {
      name: op,
      cat: [part, ...(backward ? ["backward"] : [])].filter(Boolean).join(","),
      ph: "X",
      ts: start - origin,
      dur: duration,
      pid: 1,
      tid: thread,
      args: { name },
    };
  });
  return `${JSON.stringify({ traceEvents, displayTimeUnit: "ms" })}\n`;
}
