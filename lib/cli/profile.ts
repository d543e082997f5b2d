/** @file `profile FILE`: where the time of a step goes. */
import { loadImages } from "../data/own_source.ts";
import { shareOf } from "../data/share.ts";
import { cacheFolder } from "../engine/cache.ts";
import { type Device, openEngine, openInstalled } from "../engine/open.ts";
import { loadPipeline } from "../pipeline/load.ts";
import {
  type Limit,
  measureLimits,
  productName,
} from "../train/machine_rate.ts";
import { type Plan, planRun } from "../train/plan.ts";
import { chromeTrace, type Profile, profileSteps } from "../train/profile.ts";
import { checkReplicas } from "../train/replicas.ts";
import { TrainingSession } from "../train/session.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { integer } from "./format.ts";
import { announceModule } from "./modules.ts";
import { output } from "./output.ts";
import { flops } from "./plan.ts";
import { processTerminal, reporter } from "./reporter.ts";
import { complain, print } from "./say.ts";
import { table } from "./table.ts";

/** Options of the command. */
export interface ProfileCommand {
  readonly set: readonly string[];
  /** A point of the file's sweep, in place of its own pipeline. */
  readonly point?: string | undefined;
  readonly device?: Device;
  readonly threads?: number;
  readonly replicas?: number;
  readonly xla?: boolean;
  readonly steps: number;
  /** Where the Chrome trace goes. */
  readonly trace?: string;
}

/** Kinds of op that are listed; the rest is one line. */
const MOST_ROWS = 20;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function opTable({ ops: all, busy }: Profile): string {
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
    ["op", "ops", "ms", "share"],
    ...listed.map(({ name, count, milliseconds }) => [
      name,
      integer(count),
      milliseconds.toFixed(2),
      percent(milliseconds / busy),
    ]),
  ], ["left", "right", "right", "right"]);
}

/** What a profile is held against. */
export interface Yardstick {
  readonly plan: Pick<Plan, "flops" | "flopsByPart">;
  /** Images of a step. */
  readonly batch: number;
  readonly limits: Awaited<ReturnType<typeof measureLimits>>;
}

/**
 * Stages have no limit of their own: an op may use one thread or all of them,
 * and convolutions and products have different ones.
 */
function partTable({ parts, busy }: Profile, { plan }: Yardstick): string {
  return table([
    ["stage", "ops", "ms", "backward", "share", "FLOP", "FLOP/busy s"],
    ...parts.map(({ name, count, milliseconds, backward }) => {
      const operations = plan.flopsByPart.get(name) ?? 0;
      return [
        name || "backward pass, rest",
        integer(count),
        milliseconds.toFixed(2),
        backward > 0 ? backward.toFixed(2) : "–",
        percent(milliseconds / busy),
        operations > 0 ? flops(operations) : "–",
        operations > 0 ? flops(1000 * operations / milliseconds) : "–",
      ];
    }),
  ], ["left", ...Array<"right">(6).fill("right")]);
}

const limitText = (what: string, { product, rate }: Limit): string =>
  `${what} ${flops(rate)}/s (${productName(product)})`;

/** The report of a profile. */
export function profileText(profile: Profile, yardstick: Yardstick): string {
  const { step, busy } = profile;
  const { plan, batch, limits } = yardstick;
  const rate = 1000 * plan.flops / step;
  return [
    opTable(profile),
    "",
    partTable(profile, yardstick),
    "",
    `A step takes ${step.toFixed(1)} ms (median): ${
      integer(1000 * batch / step)
    } images/s, ${flops(rate)}/s, ${
      percent(rate / limits.convolution.rate)
    } of the limit.`,
    `Its ops are busy for ${
      busy.toFixed(1)
    } ms, over all threads; a stage's FLOP are for each second that one of its ops is busy.`,
    `The limit, measured here: ${
      limitText("a 3x3 convolution", limits.convolution)
    }, ${limitText("a matrix product", limits.matrices)}.`,
  ].join("\n");
}

/** Runs the command. */
export async function profile(
  file: string,
  { set, point, device, threads, replicas = 1, xla, steps, trace }:
    ProfileCommand,
): Promise<ExitCode> {
  const loaded = await loadPipeline(file, {
    set,
    point,
    onModule: announceModule,
  });
  if (loaded.warnings) complain(loaded.warnings);
  const { pipeline, graph, baseDir } = loaded;
  checkReplicas(pipeline, graph, replicas);
  const terminal = processTerminal();
  const report = reporter(terminal);
  const { source, options, share } = pipeline.data;
  const settings = {
    ...(device ? { device } : {}),
    ...(threads ? { threads } : {}),
    replicas,
    ...(xla ? { xla } : {}),
  };
  // As a run has it: the engine decodes images, now and while steps are timed.
  let opened = openInstalled(settings);
  const whole = await loadImages(source, options, {
    baseDir,
    cacheDir: cacheFolder(),
    onProgress: (progress) => report({ kind: "load", progress }),
    engine: () => opened,
  });
  const engine = await opened ?? await openEngine({
    ...settings,
    onProgress: (progress) => report({ kind: "install", progress }),
  });
  opened = Promise.resolve(engine);
  const data = shareOf(whole, share, pipeline.seed);
  const session = await TrainingSession.start(
    pipeline,
    graph,
    engine,
    data.train,
  );
  try {
    const { rounding } = session;
    const plan = planRun(loaded, engine, {
      images: data.train.count,
      rounding,
    });
    terminal.print(`Timing ${integer(steps)} steps of ${pipeline.name}`);
    const measured = await profileSteps(session, steps);
    terminal.print("Measuring what this machine can do at best");
    const limits = await measureLimits(
      engine,
      rounding,
      (product) =>
        terminal.live(`  ${product.kind} of ${productName(product)}`),
    );
    print(profileText(measured, {
      plan,
      batch: pipeline.data.batch,
      limits,
    }));
    if (trace !== undefined) await output(chromeTrace(measured.timings), trace);
  } finally {
    await session.close();
  }
  return EXIT.success;
}
