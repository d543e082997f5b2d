/**
 * @file Runs the lessons with several seeds: each must show what its page says.
 *
 * `deno run -A bench/lessons/run.ts [--seeds 5] [--only TEXT]`. Results that
 * results.json already has are not repeated; the pages in docs/lessons get the
 * tables. Exit code 1 when a point ends otherwise than its lesson says.
 */
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { loadPipeline } from "../../lib/pipeline/load.ts";
import { train } from "../../lib/train/train.ts";
import { LESSONS } from "./lessons.ts";
import { type Result, Results } from "./results.ts";

const PIPELINES = fileURLToPath(
  new URL("../../pipelines/lessons/", import.meta.url),
);

async function run(
  lesson: string,
  point: string,
  seed: number,
): Promise<Result> {
  const loaded = await loadPipeline(join(PIPELINES, `${lesson}.yaml`), {
    set: [`seed=${seed}`],
    point,
  });
  const runsDir = await Deno.makeTempDir({ prefix: "stopgrad-lessons-" });
  try {
    const { summary } = await train(loaded, { runsDir });
    const { verdict, alarms, knn, signals, seconds } = summary;
    return {
      lesson,
      point,
      seed,
      verdict,
      alarms: alarms.map(({ fault, step }) => ({ fault, step })),
      knn,
      signals,
      seconds: Math.round(10 * seconds) / 10,
    };
  } finally {
    await Deno.remove(runsDir, { recursive: true });
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "5" },
      only: { type: "string", default: "" },
    },
  });
  const results = await Results.open(new URL("results.json", import.meta.url));
  let wrong = 0;
  for (let seed = 0; seed < Number(values.seeds); seed++) {
    for (const [lesson, points] of Object.entries(LESSONS)) {
      for (const [point, expected] of Object.entries(points)) {
        if (!`${lesson}: ${point}`.includes(values.only)) continue;
        let result = results.find(lesson, point, seed);
        if (!result) {
          result = await run(lesson, point, seed);
          await results.add(result);
        }
        const ok = !expected || expected.includes(result.verdict);
        if (!ok) wrong++;
        const { verdict, alarms, knn, signals, seconds } = result;
        console.log(
          `${
            ok ? "ok   " : "WRONG"
          } ${lesson}: ${point}, seed ${seed}: ${verdict} (${
            alarms.map(({ fault, step }) => `${fault} at ${step}`).join(", ")
          }); std ${signals["embedding_std"]?.toFixed(3)}, rank ${
            signals["correlation_rank"]?.toFixed(2)
          }, kNN ${knn?.toFixed(3)}, ${seconds} s`,
        );
      }
    }
  }
  Deno.exit(wrong > 0 ? 1 : 0);
}
