/** @file `profile FILE`: where the time of a step goes. */
import { cacheFolder } from "../engine/cache.ts";
import { type Device, openEngine } from "../engine/open.ts";
import { loadPipeline } from "../pipeline/load.ts";
import { planRun } from "../train/plan.ts";
import {
  chromeTrace,
  type Profile,
  profileSteps,
  type Share,
} from "../train/profile.ts";
import { TrainingSession } from "../train/session.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { integer } from "./format.ts";
import { output } from "./output.ts";
import { flops } from "./plan.ts";
import { processTerminal, reporter } from "./reporter.ts";
import { table } from "./table.ts";

/** Options of the command. */
export interface ProfileCommand {
  readonly set: readonly string[];
  /** A point of the file's sweep, in place of its own pipeline. */
  readonly point?: string | undefined;
  readonly device?: Device;
  readonly threads?: number;
  readonly steps: number;
  /** Where the Chrome trace goes. */
  readonly trace?: string;
}

/** Kinds of op that are listed; the rest is one line. */
const MOST_ROWS = 20;

function rows(what: string, all: readonly Share[], busy: number): string {
  const shown = all.slice(0, MOST_ROWS);
  const rest = all.slice(MOST_ROWS);
  const total = (key: "count" | "milliseconds"): number =>
    rest.reduce((sum, share) => sum + share[key], 0);
  const listed = rest.length === 0 ? shown : [...shown, {
    name: `${rest.length} more`,
    count: total("count"),
    milliseconds: total("milliseconds"),
  }];
  return table([
    [what, "ops", "ms", "share"],
    ...listed.map(({ name, count, milliseconds }) => [
      name,
      integer(count),
      milliseconds.toFixed(2),
      `${(100 * milliseconds / busy).toFixed(1)} %`,
    ]),
  ], ["left", "right", "right", "right"]);
}

/** The report of a profile. */
export function profileText(
  { step, busy, ops, stages }: Profile,
  batch: number,
  flop: number,
): string {
  return [
    rows("op", ops, busy),
    "",
    rows("stage", stages, busy),
    "",
    `A step takes ${step.toFixed(1)} ms (median): ${
      integer(1000 * batch / step)
    } images/s, ${flops(1000 * flop / step)}/s.`,
    `Its ops are busy for ${busy.toFixed(1)} ms, over all threads.`,
  ].join("\n");
}

/** Runs the command. */
export async function profile(
  file: string,
  { set, point, device, threads, steps, trace }: ProfileCommand,
): Promise<ExitCode> {
  const loaded = await loadPipeline(file, { set, point });
  if (loaded.warnings) console.error(loaded.warnings);
  const { pipeline, graph, baseDir } = loaded;
  const report = reporter(processTerminal());
  const data = await pipeline.data.source.load(pipeline.data.options, {
    baseDir,
    cacheDir: cacheFolder(),
    onProgress: (progress) => report({ kind: "load", progress }),
  });
  const engine = await openEngine({
    ...(device ? { device } : {}),
    ...(threads ? { threads } : {}),
    onProgress: (progress) => report({ kind: "install", progress }),
  });
  const session = await TrainingSession.start(
    pipeline,
    graph,
    engine,
    data.train,
  );
  try {
    const plan = planRun(loaded, engine, data.train.count);
    const measured = await profileSteps(session, steps);
    console.log(profileText(measured, pipeline.data.batch, plan.flops));
    if (trace !== undefined) await output(chromeTrace(measured.timings), trace);
  } finally {
    await session.close();
  }
  return EXIT.success;
}
