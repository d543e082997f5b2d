/**
 * @file Every shipped method, shrunk, by one, two and three replicas.
 *
 *     deno run -A bench/replicas/run.ts --seeds 1,3 --only simsiam,moco
 *
 * What is in `results.json` is not measured again; `--tables` measures nothing.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openEngine } from "../../lib/engine/open.ts";
import { TrainingSession } from "../../lib/train/session.ts";
import {
  apart,
  GRADIENT,
  keepingGradients,
} from "../../tests/graph/agreement.ts";
import {
  IMAGES,
  METHOD_NAMES,
  smallPipeline,
} from "../../tests/graph/methods.ts";
import { markdownTable, writeResult } from "../markdown.ts";
import { readResults, writeResults } from "../results_file.ts";

/** How far some replicas are from one device, as shares. */
interface Result {
  readonly method: string;
  readonly seed: number;
  readonly replicas: number;
  /** Loss of the first step. */
  readonly loss: number;
  /** All gradients of the first step, as one vector. */
  readonly gradient: number;
  /** All variables after the last step, as one vector. */
  readonly variables: number;
}

const STEPS = 5;
const BATCH = 12;

/** What a method needs beside what `smallPipeline` gives it. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  w_mse: ["stages.w.size=6"],
};

const isGradient = (path: string): boolean =>
  path.startsWith(`optimizer/${GRADIENT}/`);

/** The first step and the last, by so many replicas. */
async function steps(method: string, seed: number, replicas: number) {
  const { pipeline, graph } = await smallPipeline(
    method,
    `data.batch=${BATCH}`,
    ...MORE[method] ?? [],
    `seed=${seed}`,
  );
  const session = await TrainingSession.start(
    keepingGradients(pipeline),
    graph,
    await openEngine({ device: "cpu", replicas }),
    IMAGES,
  );
  const { loss = Number.NaN } = await session.step();
  const first = await session.save();
  for (let i = 1; i < STEPS; i++) await session.step();
  const last = await session.save();
  await session.close();
  return { loss, first, last };
}

const share = (value: number): string => value.toExponential(0);

/** Least and largest over the seeds and two and three replicas. */
function range(results: readonly Result[], key: keyof Result): string {
  const values = results.map((one) => one[key] as number);
  return [Math.min(...values), Math.max(...values)].map(share).join(" – ");
}

function table(results: readonly Result[]): string {
  const methods = [...new Set(results.map(({ method }) => method))].sort();
  return markdownTable([
    [
      "method",
      "seeds",
      "loss of step 1",
      "gradient of step 1",
      `variables after step ${STEPS}`,
    ],
    ...methods.map((method) => {
      const own = results.filter((one) => one.method === method);
      return [
        method,
        [...new Set(own.map(({ seed }) => seed))].sort().join(", "),
        range(own, "loss"),
        range(own, "gradient"),
        range(own, "variables"),
      ];
    }),
  ]);
}

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1" },
    only: { type: "string" },
    tables: { type: "boolean", default: false },
  },
});
const FILE = fileURLToPath(new URL("results.json", import.meta.url));
const results = await readResults<Result>(FILE);
const only = values.only?.split(",") ?? METHOD_NAMES;
for (const seed of values.tables ? [] : values.seeds.split(",").map(Number)) {
  for (const method of METHOD_NAMES.filter((name) => only.includes(name))) {
    if (results.some((one) => one.method === method && one.seed === seed)) {
      continue;
    }
    const one = await steps(method, seed, 1);
    for (const replicas of [2, 3]) {
      const other = await steps(method, seed, replicas);
      results.push({
        method,
        seed,
        replicas,
        loss: Math.abs(other.loss - one.loss) / Math.abs(one.loss),
        gradient: apart(other.first, one.first, isGradient),
        variables: apart(other.last, one.last, (path) => !isGradient(path)),
      });
      console.log(results.at(-1));
    }
    await writeResults(FILE, results);
  }
}
const missing = METHOD_NAMES.filter((name) =>
  results.every(({ method }) => method !== name)
);
await writeResult(
  new URL("README.md", import.meta.url),
  [
    table(results),
    ...missing.length > 0 ? [`Not measured yet: ${missing.join(", ")}.`] : [],
  ].join("\n\n"),
);
Deno.exit(0);
