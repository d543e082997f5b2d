/**
 * @file Trains every method twice, here and in PyTorch, and compares the runs.
 *
 * `deno run -A bench/parity/run.ts [METHOD...]`. Exit code 1 when the
 * losses or the final variables of a method differ by more than the
 * tolerances, or its loss hardly moved; README.md gets the table when all
 * methods ran.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Engine, openEngine } from "../../lib/engine/open.ts";
import { UserError } from "../../lib/errors.ts";
import { exitWith } from "../main.ts";
import { compare, type Comparison } from "./compare.ts";
import { exportRun } from "./export.ts";
import { pythonWithTorch } from "./python.ts";
import { percent, table, writeReadme } from "./report.ts";

const METHODS = [
  "simsiam",
  "byol",
  "barlow_twins",
  "simclr",
  "moco",
  "simclr_adamw",
] as const;

/** Largest relative difference of a loss that passes. */
const TOLERANCE = 1e-3;
/** Largest shares of their way that final variables may be apart. */
const VARIABLE_TOLERANCE = { trained: 0.05, gathered: 0.01 } as const;
/** Least effect of training on the last loss: without one, all would agree. */
const LEAST_EFFECT = 0.01;

const here = (name: string): string =>
  fileURLToPath(new URL(name, import.meta.url));

async function reference(
  python: string,
  method: string,
  folder: string,
  ...options: readonly string[]
): Promise<void> {
  const { success } = await new Deno.Command(python, {
    args: [here("reference.py"), method, folder, ...options],
    // The same sums in the same order, whatever the machine's cores.
    env: { OMP_NUM_THREADS: "1" },
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) throw new UserError(`The reference of "${method}" failed.`);
}

async function runBoth(
  engine: Engine,
  python: string,
  method: string,
): Promise<Comparison> {
  const folder = await Deno.makeTempDir({ prefix: "parity-" });
  try {
    await exportRun(engine, here(join("pipelines", `${method}.yaml`)), folder);
    await reference(python, method, folder);
    await reference(python, method, folder, "--dtype", "float64");
    await reference(python, method, folder, "--frozen");
    return await compare(method, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Why a method fails; empty when it passes. */
function failure(it: Comparison): string {
  if (!(it.lossDifference <= TOLERANCE)) {
    return `the losses differ by ${it.lossDifference.toExponential(1)}`;
  }
  for (const kind of ["trained", "gathered"] as const) {
    const share = it.variables[kind];
    if (!(share <= VARIABLE_TOLERANCE[kind])) {
      return `${kind} variables are ${percent(share)} of their way apart`;
    }
  }
  const last = it.ours.at(-1) ?? Number.NaN;
  const effect = Math.abs(last - it.untrained) / Math.abs(it.untrained);
  return effect >= LEAST_EFFECT ? "" : "training did not move the loss";
}

function surroundings(engine: Engine, { theirs }: Comparison): string {
  const versions = Object.entries(theirs.versions)
    .map(([name, version]) => `${name} ${version}`);
  const { arch, os } = Deno.build;
  return [
    new Date().toISOString().slice(0, 10),
    `Deno ${Deno.version.deno}`,
    `TensorFlow ${engine.api.version}`,
    ...versions,
    `${arch} ${os} with ${navigator.hardwareConcurrency} cores`,
  ].map((line) => `- ${line}`).join("\n");
}

async function main(asked: readonly string[]): Promise<number> {
  const unknown = asked.find((name) => !METHODS.some((one) => one === name));
  if (unknown) {
    throw new UserError(
      `Cannot find the method "${unknown}": expected ${METHODS.join(", ")}.`,
    );
  }
  const python = await pythonWithTorch();
  const engine = await openEngine({ device: "cpu" });
  const comparisons: Comparison[] = [];
  for (const method of METHODS) {
    if (asked.length > 0 && !asked.includes(method)) continue;
    console.error(method);
    comparisons.push(await runBoth(engine, python, method));
  }
  const [first] = comparisons;
  if (!first) return 1;
  const result = `${table(comparisons)}\n\n${surroundings(engine, first)}`;
  console.log(result);
  if (asked.length === 0) await writeReadme(result);
  const failures = comparisons.flatMap((it) => {
    const why = failure(it);
    return why ? [`${it.method}: ${why}`] : [];
  });
  for (const line of failures) console.error(line);
  return failures.length > 0 ? 1 : 0;
}

if (import.meta.main) await exitWith(main);
