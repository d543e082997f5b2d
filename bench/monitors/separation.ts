/**
 * @file Trains pipelines whose fate is known, and shows what the monitors say.
 *
 * `deno run -A bench/monitors/separation.ts [--seeds 1] [--epochs 4]
 * [--only TEXT]... [--healthy] [--small] [--threads N] [--set key=value]...`.
 * Runs that results.json already has are not repeated. `--small` takes those that
 * `cases.ts` can make small, and makes them so. Exit code 1 when a shipped pipeline is flagged or a ruined one
 * is not; README.md gets the table.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadPipeline } from "../../lib/pipeline/load.ts";
import { train } from "../../lib/train/train.ts";
import { type Case, CASES, SMALL } from "./cases.ts";
import { type Result, Results } from "./results.ts";
import { writeSeparation } from "./report.ts";

const PIPELINES = fileURLToPath(new URL("../../pipelines/", import.meta.url));

/** Lowest value of every signal over a run's checks. */
async function lowest(folder: string): Promise<Record<string, number>> {
  const text = await Deno.readTextFile(join(folder, "metrics.jsonl"));
  const least: Record<string, number> = {};
  for (const line of text.trim().split("\n")) {
    const metrics = JSON.parse(line) as Record<string, number | null>;
    if (!("correlation_rank" in metrics)) continue;
    for (const [key, value] of Object.entries(metrics)) {
      if (value !== null) least[key] = Math.min(value, least[key] ?? Infinity);
    }
  }
  return least;
}

async function run(
  { name, file, set: ruin }: Case,
  seed: number,
  { epochs, set, small, own, threads }:
    & Pick<Result, "epochs" | "set" | "small">
    & { readonly own: readonly string[]; readonly threads?: number },
): Promise<Result> {
  const loaded = await loadPipeline(join(PIPELINES, `${file}.yaml`), {
    set: [
      `seed=${seed}`,
      `train.epochs=${epochs}`,
      "monitor={collapse: warn}",
      "evaluate.linear=false",
      ...own,
      ...ruin,
      ...set,
    ],
  });
  const runsDir = await Deno.makeTempDir({ prefix: "stopgrad-monitors-" });
  try {
    const { folder, summary } = await train(loaded, {
      runsDir,
      ...(threads ? { threads } : {}),
    });
    const { alarms, loss, knn, signals } = summary;
    return {
      name,
      seed,
      epochs,
      set,
      ...(small ? { small } : {}),
      alarms: alarms.map(({ fault, step }) => ({ fault, step })),
      loss,
      knn,
      signals,
      lowest: await lowest(folder),
    };
  } finally {
    await Deno.remove(runsDir, { recursive: true });
  }
}

/** Whether the monitors said what is known. */
export function right({ expect }: Case, { alarms }: Result): boolean {
  if (!expect) return true;
  return expect.length === 0
    ? alarms.length === 0
    : alarms.some(({ fault }) => expect.includes(fault));
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "1" },
      epochs: { type: "string", default: "4" },
      only: { type: "string", multiple: true, default: [""] },
      healthy: { type: "boolean", default: false },
      small: { type: "boolean", default: false },
      threads: { type: "string" },
      set: { type: "string", multiple: true, default: [] },
    },
  });
  const epochs = Number(values.epochs);
  const results = await Results.open(new URL("results.json", import.meta.url));
  let wrong = 0;
  for (let seed = 0; seed < Number(values.seeds); seed++) {
    for (const one of CASES) {
      const named = values.only.some((text) =>
        one.name.toLowerCase().includes(text.toLowerCase())
      );
      if (!named || values.healthy && one.expect?.length !== 0) continue;
      const small = values.small ? SMALL[one.file] : undefined;
      if (values.small && !small) continue;
      const key = {
        name: one.name,
        seed,
        epochs: small?.epochs ?? epochs,
        set: values.set,
        ...(small ? { small: true as const } : {}),
      };
      let result = results.find(key);
      if (!result) {
        result = await run(one, seed, {
          ...key,
          own: small?.set ?? [],
          ...(values.threads ? { threads: Number(values.threads) } : {}),
        });
        await results.add(result);
      }
      const ok = right(one, result);
      if (!ok) wrong++;
      const found = result.alarms.map(({ fault, step }) =>
        `${fault} at ${step}`
      );
      console.log(
        `${ok ? "ok   " : "WRONG"} ${one.name}, seed ${seed}: ${
          found.join(", ") || "healthy"
        }; correlation_rank ${
          result.lowest["correlation_rank"]?.toFixed(2)
        }, embedding_std ${result.lowest["embedding_std"]?.toFixed(3)}, kNN ${
          result.knn?.toFixed(3)
        }`,
      );
    }
  }
  await writeSeparation(results.all);
  Deno.exit(wrong > 0 ? 1 : 0);
}
