/**
 * @file Runs the lessons with several seeds: each must show what its page says.
 *
 * `deno run -A bench/lessons/run.ts [--seeds 5] [--only TEXT]`. Results that
 * results.json already has are not repeated; `--only none` writes the tables
 * alone. The pages in docs/lessons get them. Exit code 1 when a point ends
 * otherwise than its lesson says.
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { resolve } from "../../lib/pipeline/explain/resolve.ts";
import { type LoadedPipeline, loadPipeline } from "../../lib/pipeline/load.ts";
import { train } from "../../lib/train/train.ts";
import { LESSONS } from "./lessons.ts";
import { writePages } from "./pages.ts";
import { type Result, Results } from "./results.ts";

const PIPELINES = fileURLToPath(
  new URL("../../pipelines/lessons/", import.meta.url),
);

/** Tells pipelines apart, whatever they are called. */
function digestOf({ pipeline }: LoadedPipeline): string {
  const { name: _, seed: __, ...rest } = resolve(pipeline) as Record<
    string,
    unknown
  >;
  return createHash("sha256").update(JSON.stringify(rest)).digest("hex")
    .slice(0, 16);
}

async function measured(
  loaded: LoadedPipeline,
): Promise<Omit<Result, "lesson" | "point" | "seed" | "digest">> {
  const runsDir = await Deno.makeTempDir({ prefix: "stopgrad-lessons-" });
  try {
    const { summary } = await train(loaded, { runsDir, device: "cpu" });
    const { verdict, alarms, knn, compared, signals } = summary;
    return {
      verdict,
      alarms: alarms.map(({ fault, step }) => ({ fault, step })),
      knn,
      projector: compared?.watched?.knn ?? null,
      untrained: compared?.untrained.knn ?? null,
      signals,
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
        const loaded = await loadPipeline(join(PIPELINES, `${lesson}.yaml`), {
          set: [`seed=${seed}`],
          point,
        });
        const digest = digestOf(loaded);
        const known = results.find(digest, seed);
        const found = known ?? await measured(loaded);
        const result = { ...found, lesson, point, seed, digest };
        await results.add(result);
        const ok = !expected || expected.includes(result.verdict);
        if (!ok) wrong++;
        const { verdict, alarms, knn, signals } = result;
        console.log(
          `${
            ok ? "ok   " : "WRONG"
          } ${lesson}: ${point}, seed ${seed}: ${verdict} (${
            alarms.map(({ fault, step }) => `${fault} at ${step}`).join(", ")
          }); std ${signals["embedding_std"]?.toFixed(3)}, rank ${
            signals["correlation_rank"]?.toFixed(2)
          }, kNN ${knn?.toFixed(3)}`,
        );
      }
    }
  }
  await writePages(results.all);
  Deno.exit(wrong > 0 ? 1 : 0);
}
