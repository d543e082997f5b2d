/**
 * @file What the monitors cost: steps with and without them, in turns.
 *
 * `deno run -A bench/monitors/cost.ts [FILE...] [--pairs 100] [--threads N]
 * [--set key=value]...`. Exit code 1 when they cost 2 % of a step or more.
 */
import { parseArgs } from "node:util";
import { cacheFolder } from "../../lib/engine/cache.ts";
import { openEngine } from "../../lib/engine/open.ts";
import { loadPipeline } from "../../lib/pipeline/load.ts";
import { SPECTRUM_EVERY } from "../../lib/train/monitoring.ts";
import { TrainingSession } from "../../lib/train/session.ts";
import { markdownTable } from "../markdown.ts";
import { median } from "../speed/statistics.ts";

/** Largest share of a step that passes. */
const LIMIT = 0.02;
const WARM_UP = 5;

async function time(body: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await body();
  return performance.now() - start;
}

/** Milliseconds, the medians; `ratio` is that of the pairs. */
interface Cost {
  readonly alone: number;
  readonly watched: number;
  readonly ratio: number;
  readonly check: number;
  readonly spectrum: number;
  /** Share of a step, everything included. */
  readonly share: number;
}

async function measure(
  file: string,
  pairs: number,
  threads: number | undefined,
  set: readonly string[],
): Promise<Cost> {
  const engine = await openEngine({
    device: "cpu",
    ...(threads ? { threads } : {}),
  });
  const start = async (monitor: string) => {
    const { pipeline, graph, baseDir } = await loadPipeline(file, {
      set: [...set, `monitor=${monitor}`],
    });
    const { source, options } = pipeline.data;
    const data = await source.load(options, {
      baseDir,
      cacheDir: cacheFolder(),
      onProgress() {},
    });
    return await TrainingSession.start(pipeline, graph, engine, data.train);
  };
  const [alone, watched] = [await start("off"), await start("stop")];
  for (let i = 0; i < WARM_UP; i++) {
    await alone.step();
    await watched.step();
    await watched.check();
    await watched.spectrum();
  }
  const times: [number, number][] = [];
  for (let i = 0; i < pairs; i++) {
    // Each goes first as often as the other.
    const first = i % 2 === 0 ? alone : watched;
    const second = i % 2 === 0 ? watched : alone;
    const one = await time(() => first.step());
    const two = await time(() => second.step());
    times.push(i % 2 === 0 ? [one, two] : [two, one]);
  }
  const [checks, spectra]: [number[], number[]] = [[], []];
  for (let i = 0; i < Math.max(10, pairs / 5); i++) {
    // As in a run, other work has used the caches in between.
    await watched.step();
    checks.push(await time(() => watched.check()));
    spectra.push(await time(() => watched.spectrum()));
  }
  const { every } = watched.pipeline.monitor;
  const own = {
    alone: median(times.map(([off]) => off)),
    watched: median(times.map(([, on]) => on)),
    ratio: median(times.map(([off, on]) => on / off)),
    check: median(checks),
    spectrum: median(spectra),
  };
  await alone.close();
  await watched.close();
  const beside = (own.check + own.spectrum / SPECTRUM_EVERY) / every;
  return { ...own, share: own.ratio - 1 + beside / own.alone };
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      pairs: { type: "string", default: "100" },
      threads: { type: "string" },
      set: { type: "string", multiple: true, default: [] },
    },
  });
  const files = positionals.length > 0
    ? positionals
    : ["pipelines/simsiam.yaml", "pipelines/byol.yaml"];
  const threads = values.threads ? Number(values.threads) : undefined;
  const rows: string[][] = [];
  let worst = 0;
  for (const file of files) {
    const cost = await measure(file, Number(values.pairs), threads, values.set);
    worst = Math.max(worst, cost.share);
    rows.push([
      file,
      ...[cost.alone, cost.watched, cost.check, cost.spectrum].map((ms) =>
        ms.toFixed(1)
      ),
      `${(100 * (cost.ratio - 1)).toFixed(2)} %`,
      `${(100 * cost.share).toFixed(2)} %`,
    ]);
  }
  console.log(markdownTable([
    [
      "pipeline",
      "step alone, ms",
      "step watched, ms",
      "check, ms",
      "spectrum, ms",
      "cost in the step",
      "cost in all",
    ],
    ...rows,
  ]));
  Deno.exit(worst < LIMIT ? 0 : 1);
}
