/**
 * @file Every shipped method after a short run on the photographs, beside its
 * own network untrained.
 *
 *     deno run -A bench/methods/run.ts --seeds 3 --part 4 --only mae,ijepa
 *
 * A training that is in `results.json` is not repeated; `--tables` trains
 * nothing.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadPipeline } from "../../lib/pipeline/load.ts";
import { lossesOf, traitsOf } from "../../tools/methods/traits.ts";
import { markdownTable, writeResult } from "../markdown.ts";
import { readResults, writeResults } from "../results_file.ts";
import { spreadOf } from "../seeds.ts";
import { median } from "../speed/statistics.ts";
import type { Accuracies, Outcome, Result } from "./results.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "3" },
    part: { type: "string", default: "4" },
    only: { type: "string" },
    tables: { type: "boolean", default: false },
  },
});
const part = Number(values.part);

const PIPELINES = fileURLToPath(new URL("../../pipelines/", import.meta.url));
const WORKER = fileURLToPath(new URL("train_one.ts", import.meta.url));
const RESULTS = fileURLToPath(new URL("results.json", import.meta.url));

/** Files on the photographs, by name. */
async function methods(): Promise<string[]> {
  const names: string[] = [];
  for (const { name } of Deno.readDirSync(PIPELINES)) {
    if (!name.endsWith(".yaml")) continue;
    const { pipeline } = await loadPipeline(PIPELINES + name);
    if (pipeline.data.source.name === "photos") names.push(name.slice(0, -5));
  }
  return names.sort();
}

async function trainOne(method: string, seed: number): Promise<Outcome> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      WORKER,
      `${PIPELINES}${method}.yaml`,
      String(seed),
      String(part),
    ],
    stdout: "piped",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`${method}, seed ${seed}: the training failed`);
  return JSON.parse(
    new TextDecoder().decode(stdout).trim().split("\n").at(-1) ?? "",
  );
}

/** Its traits, and its losses by name. */
async function madeOf(method: string): Promise<[string, string]> {
  const { pipeline } = await loadPipeline(`${PIPELINES}${method}.yaml`);
  return [
    traitsOf(pipeline).join(", "),
    lossesOf(pipeline).map(({ definition }) => definition.name).join(", "),
  ];
}

/** `68.3 ± 0.4`, in per cent. */
function spread(shares: readonly number[]): string {
  const { mean, deviation, count } = spreadOf(shares.map((one) => 100 * one));
  const shown = mean.toFixed(1);
  return count > 1 ? `${shown} ± ${deviation.toFixed(1)}` : shown;
}

async function row(
  method: string,
  results: readonly Result[],
): Promise<string[]> {
  const scores = (
    kind: "trained" | "untrained",
    score: keyof Accuracies,
  ): string => spread(results.map((result) => result[kind][score]));
  const some = (pick: (result: Result) => number): string =>
    median(results.map(pick)).toFixed(0);
  return [
    method,
    ...await madeOf(method),
    some(({ epochs }) => epochs),
    String(results.length),
    scores("untrained", "knn"),
    scores("trained", "knn"),
    scores("untrained", "linear"),
    scores("trained", "linear"),
    [...new Set(results.map(({ verdict }) => verdict))].join(", "),
    some(({ images_per_second }) => images_per_second),
    some(({ megabytes }) => megabytes),
  ];
}

const results = await readResults<Result>(RESULTS);
const known = (method: string): Result[] =>
  results.filter((one) => one.method === method && one.part === part);
const all = await methods();
const only = values.only?.split(",");
const wanted = all.filter((name) => only?.includes(name) ?? true);
for (let seed = 0; seed < Number(values.seeds); seed++) {
  for (const method of values.tables ? [] : wanted) {
    if (known(method).some((one) => one.seed === seed)) continue;
    const outcome = await trainOne(method, seed);
    const date = new Date().toISOString().slice(0, 10);
    results.push({ method, seed, part, ...outcome, date });
    await writeResults(RESULTS, results);
    console.log(method, seed, JSON.stringify(outcome));
  }
}
const table = markdownTable([
  [
    "method",
    "has",
    "losses",
    "epochs",
    "seeds",
    "kNN untrained",
    "kNN trained",
    "linear untrained",
    "linear trained",
    "verdict",
    "images/s",
    "MB",
  ],
  ...await Promise.all(
    all.filter((name) => known(name).length > 0)
      .map((name) => row(name, known(name))),
  ),
]);
const dates = results.map(({ date }) => date).sort();
await writeResult(
  new URL("README.md", import.meta.url),
  `${table}\n\n\`deno run -A bench/methods/run.ts --seeds ${values.seeds} --part ${part}\`, ${
    dates.at(-1)
  }, Deno ${Deno.version.deno}, ${Deno.build.arch} ${Deno.build.os}, ${navigator.hardwareConcurrency} cores.`,
);
console.log("`deno task generate` puts the figures into docs/methods");
