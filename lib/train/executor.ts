/**
 * @file Which of TensorFlow's two executors runs a GPU's steps: its own, or
 * clusters of ops that XLA compiled. Trying decides, once for each kind of step.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { recall, remember } from "../data/remembered.ts";
import type { Images, ImageSet } from "../data/source.ts";
import type { Engine } from "../engine/open.ts";
import { gpuKind } from "../engine/gpu.ts";
import type { StageGraph } from "../graph/stage_graph.ts";
import type { Pipeline } from "../model/pipeline.ts";
import { resolve } from "../pipeline/explain/resolve.ts";
import type { ModuleDigests } from "./own_modules.ts";
import { TrainingSession } from "./session.ts";

/** Steps that are not timed: TensorFlow compiles in them, and tries kernels. */
const WARM_UP = 3;
const TIMED = 10;

/** XLA compiles for about a minute: in shorter runs it cannot pay. */
const WORTH_SECONDS = 120;

const CACHE = "executors";

/** Milliseconds of a step, in the middle of those that were timed. */
const tried = z.object({
  own: z.number().positive(),
  /** `null` where XLA could not compile it; absent where it was not tried. */
  xla: z.number().positive().nullable().optional(),
});

/** What there is to try. */
export interface Trial {
  /** What the time of a step depends on. */
  readonly key: string;
  /** Steps that the run has yet to do. */
  readonly steps: number;
  /** Milliseconds of a step. */
  time(xla: boolean): Promise<number>;
}

/**
 * Whether the steps are to run with XLA.
 *
 * @param say Told what was decided, and why.
 */
export async function chooseExecutor(
  { key, steps, time }: Trial,
  cacheDir: string,
  say: (text: string) => void,
): Promise<boolean> {
  const known = tried.safeParse(await recall(cacheDir, key, CACHE)).data;
  const own = known?.own ?? await time(false).catch(() => undefined);
  // What is wrong with the step is said where the run starts.
  if (own === undefined) return false;
  let xla = known?.xla;
  const seconds = (steps * own) / 1000;
  if (xla === undefined && seconds < WORTH_SECONDS) {
    await remember(cacheDir, key, { own }, CACHE);
    say(
      `steps run without XLA: all of them take about ${
        Math.ceil(seconds)
      } s, and XLA compiles for about a minute (--xla takes it)`,
    );
    return false;
  }
  if (xla === undefined) {
    say(
      "trying the steps with XLA, which compiles for about a minute (--no-xla leaves it out)",
    );
    xla = await time(true).catch(() => null);
    await remember(cacheDir, key, { own, xla }, CACHE);
  }
  if (xla === null) {
    say("steps run without XLA, which cannot compile them");
    return false;
  }
  const faster = own / xla;
  say(
    faster > 1
      ? `steps run with XLA, ${
        faster.toFixed(1)
      } times as fast as without (--no-xla leaves it out)`
      : `steps run without XLA, ${
        (1 / faster).toFixed(1)
      } times as fast as with it`,
  );
  return faster > 1;
}

/** What the time of a step depends on; not its rates, nor how many there are. */
export function stepKey(
  pipeline: Pipeline,
  { height, width, channels }: Images,
  engine: Engine,
  modules: ModuleDigests,
): string {
  const { stages, train, monitor } = resolve(pipeline) as {
    readonly [key: string]: Readonly<Record<string, unknown>>;
  };
  const parts = [
    engine.api.version,
    gpuKind(),
    [pipeline.data.batch, height, width, channels],
    stages,
    Object.keys(train?.["optimizer"] ?? {}),
    [train?.["precision"], train?.["accumulate"], train?.["clip"]],
    monitor,
    modules,
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** A batch of noise of the images' shape and classes. */
function noise(images: Images, count: number): ImageSet {
  const { height, width, channels, labels, classes } = images;
  const most = labels?.reduce((top, label) => Math.max(top, label), 0) ?? 0;
  return {
    count,
    height,
    width,
    channels,
    // The high bits of a multiplicative hash of the index.
    pixels: Uint8Array.from(
      { length: count * height * width * channels },
      (_, i) => Math.imul(i + 1, 2654435761) >>> 24,
    ),
    ...(labels
      ? { labels: Int32Array.from({ length: count }, (_, i) => i % (most + 1)) }
      : {}),
    ...(classes ? { classes } : {}),
  };
}

/** Milliseconds of a step, in a session of its own whose weights are given up. */
export async function timeSteps(
  pipeline: Pipeline,
  graph: StageGraph,
  engine: Engine,
  images: Images,
): Promise<number> {
  const session = await TrainingSession.start(
    pipeline,
    graph,
    engine,
    noise(images, pipeline.data.batch),
  );
  try {
    const times: number[] = [];
    for (let i = 0; i < WARM_UP + TIMED; i++) {
      const start = performance.now();
      await session.step();
      if (i >= WARM_UP) times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b)[TIMED >> 1] as number;
  } finally {
    await session.close();
  }
}

/** The engine, with sessions of either executor. */
export const withXla = (engine: Engine, xla: boolean): Engine => ({
  ...engine,
  config: { ...engine.config, xla },
});
