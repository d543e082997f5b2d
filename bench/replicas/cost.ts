/**
 * @file CPU time of a step by several replicas, for each image, over that by
 * one. Parts of a CPU have the same cores, so it is the cost of sharing a batch,
 * and no speed.
 *
 *     deno run -A bench/replicas/cost.ts [FILE] --rounds 5 --set key=value
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { cacheFolder } from "../../lib/engine/cache.ts";
import { openEngine } from "../../lib/engine/open.ts";
import { loadPipeline } from "../../lib/pipeline/load.ts";
import { TrainingSession } from "../../lib/train/session.ts";
import { markdownTable } from "../markdown.ts";
import { median } from "../speed/statistics.ts";

/** Images of a step that one replica has, or that all have together. */
const ROWS = 32;
const STEPS = 3;
const OWN = "train.replicas={ batch_norm: per_replica }";

/** What is measured; the first of each batch is one device. */
const SIDES: readonly (readonly [
  replicas: number,
  batch: number,
  set: readonly string[],
])[] = [
  [1, ROWS, []],
  [1, 2 * ROWS, []],
  [2, 2 * ROWS, []],
  [2, 2 * ROWS, [OWN]],
  [4, 2 * ROWS, []],
  [4, 4 * ROWS, []],
];

const { values, positionals: [file = "pipelines/simsiam.yaml"] } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    set: { type: "string", multiple: true, default: [] },
  },
});

async function start(
  [replicas, batch, set]: typeof SIDES[number],
): Promise<TrainingSession> {
  const { pipeline, graph, baseDir } = await loadPipeline(file, {
    set: [...values.set, ...set, `data.batch=${batch}`],
  });
  const { source, options } = pipeline.data;
  const data = await source.load(options, {
    baseDir,
    cacheDir: cacheFolder(),
    onProgress() {},
  });
  const engine = await openEngine({ device: "cpu", replicas });
  return await TrainingSession.start(pipeline, graph, engine, data.train);
}

/** Milliseconds of CPU time for each image. */
async function cost(session: TrainingSession, batch: number): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < STEPS; i++) await session.step();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / STEPS / batch;
}

const sessions: TrainingSession[] = [];
for (const side of SIDES) sessions.push(await start(side));
const costs: number[][] = SIDES.map(() => []);
for (let round = -1; round < Number(values.rounds); round++) {
  for (const [i, [, batch]] of SIDES.entries()) {
    const measured = await cost(sessions[i] as TrainingSession, batch);
    // The first warms up.
    if (round >= 0) costs[i]?.push(measured);
  }
}
for (const session of sessions) await session.close();

const ratio = (of: number, over: number): string => {
  const ratios =
    costs[of]?.map((one, i) => one / (costs[over]?.[i] ?? Number.NaN)) ?? [];
  return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${
    Math.max(...ratios).toFixed(2)
  })`;
};
console.log(markdownTable([
  [
    "replicas",
    "batch",
    "batch norms see",
    "CPU ms an image",
    "over one device",
  ],
  ...SIDES.map(([replicas, batch, set], i) => [
    String(replicas),
    String(batch),
    set.length > 0 ? "their replica's rows" : "all",
    median(costs[i] ?? []).toFixed(2),
    // With the batch of one replica, the weak way, or with the same batch.
    replicas === 1 ? "–" : ratio(i, batch === 2 * ROWS ? 1 : 0),
  ]),
]));
Deno.exit(0);
