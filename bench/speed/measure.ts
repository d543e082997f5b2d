/** @file Measures a bench: its sides in turns, round by round. */
import { type Bench, MORE_IS_BETTER, type Side, type Timing } from "./bench.ts";
import { firstStep } from "./first_step.ts";
import type { Facts } from "./jobs.ts";
import type { Workplace } from "./settings.ts";
import { BenchWorker } from "./worker.ts";

/** What a side gave. */
export interface SideSamples {
  readonly name: string;
  /** The way that was taken, of several. */
  readonly way?: string;
  /** One a round, in the bench's unit. */
  readonly samples: readonly number[];
  readonly flops?: number;
  readonly versions: readonly string[];
}

/** A side that is ready to be measured. */
interface Runner {
  readonly side: Side;
  readonly way: string;
  facts: Omit<Facts, "value">;
  /** One round, in the bench's unit. */
  sample(): Promise<number>;
  end(): Promise<void>;
}

/** Work of a side in a round, so that it takes the seconds that are asked for. */
async function calibrate(
  worker: BenchWorker,
  seconds: number,
): Promise<number> {
  const once = await worker.work(1);
  // A short piece of work is mostly noise: a second look at more of it.
  const some = Math.max(1, Math.round(seconds / 4 / once));
  const each = some > 1 ? await worker.work(some) / some : once;
  return Math.max(1, Math.round(seconds / each));
}

async function steady(
  side: Side,
  way: string,
  place: Workplace,
): Promise<Runner> {
  const worker = await BenchWorker.start(pick(side, way), place);
  const { quick, seconds } = place.settings;
  const { facts } = worker;
  let count: number | undefined;
  return {
    side,
    way,
    facts,
    async sample() {
      count ??= quick ? 1 : await calibrate(worker, seconds);
      return (facts.units ?? Number.NaN) * count / await worker.work(count);
    },
    end: () => worker.end(),
  };
}

function fresh(side: Side, way: string, place: Workplace): Promise<Runner> {
  const runner: Runner = {
    side,
    way,
    facts: { versions: [] },
    async sample() {
      const worker = await BenchWorker.start(pick(side, way), place);
      await worker.end();
      runner.facts = worker.facts;
      return worker.facts.value ?? Number.NaN;
    },
    end: () => Promise.resolve(),
  };
  return Promise.resolve(runner);
}

async function command(
  side: Side,
  way: string,
  place: Workplace,
): Promise<Runner> {
  const start = await firstStep(pick(side, way), place);
  // Files are in the machine's memory from here on, and code is compiled.
  await start();
  return {
    side,
    way,
    facts: { versions: [] },
    sample: start,
    end: () => Promise.resolve(),
  };
}

const RUNNERS: Readonly<
  Record<
    Timing,
    (side: Side, way: string, place: Workplace) => Promise<Runner>
  >
> = { steady, fresh, "first-step": command };

function pick({ name, ways }: Side, way: string) {
  const worker = ways[way];
  if (!worker) throw new Error(`internal: "${name}" has no way "${way}"`);
  return worker;
}

/** Whether `a` is a better value than `b`. */
export const better = (bench: Bench, a: number, b: number): boolean =>
  MORE_IS_BETTER[bench.unit] ? a > b : a < b;

/**
 * The way of a side that does best alone; the only one is not tried, and a
 * quick look takes the last.
 */
async function bestWay(
  bench: Bench,
  side: Side,
  place: Workplace,
  say: (what: string) => void,
): Promise<string> {
  const ways = Object.keys(side.ways);
  const last = ways.at(-1) ?? "";
  if (ways.length === 1 || place.settings.quick) return last;
  let [best, most] = [last, Number.NaN];
  for (const way of ways) {
    say(`${side.name} tries ${way}`);
    const runner = await RUNNERS[bench.timing](side, way, place);
    try {
      const value = await runner.sample();
      if (Number.isNaN(most) || better(bench, value, most)) {
        [best, most] = [way, value];
      }
    } finally {
      await runner.end();
    }
  }
  return best;
}

/** All sides, each round in another order: what drifts meets all alike. */
export async function measure(
  bench: Bench,
  place: Workplace,
  say: (what: string) => void = () => {},
): Promise<SideSamples[]> {
  const chosen: [Side, string][] = [];
  for (const side of bench.sides) {
    chosen.push([side, await bestWay(bench, side, place, say)]);
  }
  const runners: Runner[] = [];
  const samples = new Map<Runner, number[]>();
  try {
    const start = async ([side, way]: readonly [Side, string]) => {
      say(`${side.name} starts`);
      const runner = await RUNNERS[bench.timing](side, way, place);
      runners.push(runner);
      samples.set(runner, []);
    };
    if (place.settings.device === "gpu") {
      // Compilers take a minute each, and the machine's cores are many.
      const started = await Promise.allSettled(chosen.map(start));
      const failed = started.find(({ status }) => status === "rejected");
      if (failed) throw (failed as PromiseRejectedResult).reason;
      const { sides } = bench;
      runners.sort((a, b) => sides.indexOf(a.side) - sides.indexOf(b.side));
    } else {
      for (const one of chosen) await start(one);
    }
    const rounds = Math.min(
      place.settings.rounds,
      bench.mostRounds ?? Infinity,
    );
    for (let round = 0; round < rounds; round++) {
      say(`round ${round + 1} of ${rounds}`);
      const order = round % 2 === 0 ? runners : runners.toReversed();
      for (const runner of order) {
        samples.get(runner)?.push(await runner.sample());
      }
    }
  } finally {
    for (const runner of runners) await runner.end();
  }
  return runners.map((runner) => ({
    name: runner.side.name,
    ...(Object.keys(runner.side.ways).length > 1 ? { way: runner.way } : {}),
    samples: samples.get(runner) ?? [],
    ...(runner.facts.flops ? { flops: runner.facts.flops } : {}),
    versions: runner.facts.versions,
  }));
}
