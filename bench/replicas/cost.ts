/**
 * @file CPU time of a step by several replicas, for each image, over that by
 * one. Parts of a CPU have the same cores, so it is the cost of sharing a batch,
 * and no speed.
 *
 *     deno run -A bench/replicas/cost.ts [FILE] --rounds 5 --set key=value
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cacheFolder } from "../../lib/engine/cache.ts";
import { openEngine } from "../../lib/engine/open.ts";
import { bucketsOf } from "../../lib/look/draw/buckets.ts";
import { toSvgText } from "../../lib/look/draw/shape.ts";
import { loadPipeline } from "../../lib/pipeline/load.ts";
import { framed } from "../../lib/report/figures.ts";
import { TrainingSession } from "../../lib/train/session.ts";
import { markdownTable, writeResult } from "../markdown.ts";
import { spreadOf } from "../speed/statistics.ts";

const STEPS = 2;
/** Pixels of the chart, more than it has points. */
const WIDTH = 500;
const OWN = "train.replicas={ batch_norm: per_replica }";

/** What is measured; the first of each is one device. */
interface Side {
  readonly scaling: "strong" | "weak" | "strong, own batch norms";
  readonly replicas: number;
  readonly batch: number;
}

/** The same batch among more devices, or as much for each as one had. */
const SIDES: readonly Side[] = [
  ...[1, 2, 4, 8].map((replicas): Side => ({
    scaling: "strong",
    replicas,
    batch: 128,
  })),
  ...[1, 2, 4, 8].map((replicas): Side => ({
    scaling: "weak",
    replicas,
    batch: 32 * replicas,
  })),
  ...[1, 2, 4].map((replicas): Side => ({
    scaling: "strong, own batch norms",
    replicas,
    batch: 128,
  })),
];

const { values, positionals: [file = "pipelines/simsiam.yaml"] } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    set: { type: "string", multiple: true, default: [] },
  },
});

async function start(
  { replicas, batch, scaling }: Side,
): Promise<TrainingSession> {
  const own = scaling === "strong, own batch norms" ? [OWN] : [];
  const { pipeline, graph, baseDir } = await loadPipeline(file, {
    set: [...values.set, ...own, `data.batch=${batch}`],
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
  for (const [i, { batch }] of SIDES.entries()) {
    const measured = await cost(sessions[i] as TrainingSession, batch);
    // The first warms up.
    if (round >= 0) costs[i]?.push(measured);
  }
}
for (const session of sessions) await session.close();

/** Over one device of the same kind, round by round. */
const ratios = SIDES.map(({ scaling }, i) => {
  const one = costs[SIDES.findIndex((side) => side.scaling === scaling)];
  return spreadOf(
    costs[i]?.map((value, round) => value / (one?.[round] ?? NaN)) ?? [],
  );
});

const table = markdownTable([
  ["scaling", "replicas", "batch", "CPU ms an image", "over one device"],
  ...SIDES.map(({ scaling, replicas, batch }, i) => {
    const { median, least, most } = ratios[i] as typeof ratios[number];
    return [
      scaling,
      String(replicas),
      String(batch),
      spreadOf(costs[i] ?? []).median.toFixed(2),
      replicas === 1
        ? ""
        : `${median.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`,
    ];
  }),
]);
console.log(table);

const scalings = [...new Set(SIDES.map(({ scaling }) => scaling))];
const drawn = framed({
  title: "CPU time of an image, over one device's",
  xName: "replicas",
  curves: scalings.map((scaling, colour) => {
    const own = SIDES.flatMap((side, i) =>
      side.scaling === scaling
        ? [[side.replicas, ratios[i]?.median ?? NaN] as const]
        : []
    );
    return {
      name: scaling,
      colour,
      points: bucketsOf(own.map(([x]) => x), own.map(([, y]) => y), WIDTH),
    };
  }),
});
await Deno.writeTextFile(
  fileURLToPath(new URL("cost.svg", import.meta.url)),
  `${toSvgText(drawn).trimEnd()}\n`,
);
const date = new Date().toISOString().slice(0, 10);
await writeResult(
  new URL("cost.md", import.meta.url),
  `${table}\n\n![CPU time against the number of replicas](cost.svg)\n\n\`${file}\`, ${values.rounds} interleaved rounds of ${STEPS} steps, median (least to most), ${navigator.hardwareConcurrency} cores, ${date}.`,
);
Deno.exit(0);
