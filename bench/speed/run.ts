/**
 * @file Measures Stopgrad beside PyTorch and lightly.
 *
 * `deno task bench [--only PART]... [--rounds 7] [--seconds 4] [--threads N]
 * [--data FILE_OR_FOLDER] [--device gpu] [--python FILE] [--quick] [--list]
 * [--tables]`. Results go to results.json as they come, and the tables of
 * ../README.md are made from all that are there: benches can be run one by
 * one. Those on a GPU are in the folder gpu. `--quick` does a little of each
 * and keeps nothing.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Device } from "../../lib/engine/open.ts";
import { exitWith } from "../main.ts";
import { writeResult } from "../markdown.ts";
import { pythonWith } from "../python.ts";
import type { Bench } from "./bench.ts";
import { BENCHES } from "./benches.ts";
import { writeData } from "./data.ts";
import { medianText } from "./format.ts";
import { machineName } from "./machine.ts";
import { measure } from "./measure.ts";
import { type Options, readOptions } from "./options.ts";
import { plot } from "./plot.ts";
import { growthPanels, type Measured, report } from "./report.ts";
import { type Result, Results } from "./results.ts";
import type { Workplace } from "./settings.ts";
import { endAll } from "./worker.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Where results and tables are, by what was worked on. */
const FILES = {
  cpu: { results: "results.json", readme: "../README.md" },
  gpu: { results: "gpu/results.json", readme: "gpu/README.md" },
} as const satisfies Record<Device, unknown>;
const CHART = "speed/growth.svg";

const here = (name: string): URL => new URL(name, import.meta.url);

const python = (): Promise<string> =>
  pythonWith({
    name: "speed",
    requirements: here("requirements.txt"),
    bare: here("requirements-bare.txt"),
  });

/** A function that does its work once. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => made ??= make();
}

async function git(...args: readonly string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: ["-C", ROOT, ...args],
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined; // no git
  }
}

/** Stopgrad's commit, with a mark when the measured code differs from it. */
async function commitName(): Promise<string> {
  const commit = await git("rev-parse", "--short", "HEAD");
  if (commit === undefined) return "an unknown commit";
  const code = ["lib", "pipelines", "deno.json"];
  const same = await git("diff", "--quiet", "HEAD", "--", ...code);
  return same === undefined ? `${commit} with changes` : commit;
}

async function runBench(bench: Bench, place: Workplace): Promise<Result> {
  const start = performance.now();
  const { device, seconds, threads } = place.settings;
  console.error(bench.id);
  const sides = await measure(bench, place, (what) => {
    console.error(`  ${what}`);
  });
  for (const { name, samples } of sides) {
    console.error(`  ${name}: ${medianText(samples, bench.unit)}`);
  }
  const took = (performance.now() - start) / 1000;
  console.error(`  took ${took.toFixed(0)} s`);
  return {
    id: bench.id,
    date: new Date().toISOString().slice(0, 10),
    machine: await machineName(device),
    threads,
    seconds,
    commit: await commitName(),
    sides,
  };
}

function measuredOf(results: Results, device: Device): Measured[] {
  const benches = new Map(BENCHES[device].map((bench) => [bench.id, bench]));
  return results.list([...benches.keys()]).flatMap((result) => {
    const bench = benches.get(result.id);
    return bench ? [{ bench, result }] : [];
  });
}

/** The tables, with the chart beside them. */
async function tables(
  all: readonly Measured[],
  chart: string,
  link: string,
): Promise<string> {
  const panels = growthPanels(all);
  if (panels.length === 0) return report(all);
  await plot(await python(), panels, chart);
  return report(all, link);
}

async function runAll(
  { settings, benches, data, python: given, tables: only }: Options,
  folder: string,
): Promise<void> {
  const place: Workplace = {
    settings,
    folder,
    python: given === undefined ? once(python) : () => Promise.resolve(given),
    data: once(async () => {
      await writeData(folder, data, settings.quick);
      return folder;
    }),
  };
  const { device, quick } = settings;
  const files = FILES[device];
  // A quick look is worth nothing as a result.
  const results = await Results.open(
    quick ? join(folder, "results.json") : fileURLToPath(here(files.results)),
  );
  for (const bench of only ? [] : benches) {
    results.put(await runBench(bench, place));
    await results.save(BENCHES[device].map(({ id }) => id));
  }
  const chart = quick
    ? join(folder, "growth.svg")
    : fileURLToPath(here(`../${CHART}`));
  const text = await tables(measuredOf(results, device), chart, CHART);
  console.log(text);
  if (!quick) await writeResult(here(files.readme), text);
}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args, BENCHES);
  if (options.list) {
    console.log(options.benches.map(({ id }) => id).join("\n"));
    return 0;
  }
  const folder = await Deno.makeTempDir({ prefix: "speed-" });
  const clean = (): void => {
    endAll();
    Deno.removeSync(folder, { recursive: true });
  };
  const onSignal = (): void => {
    clean();
    Deno.exit(130);
  };
  Deno.addSignalListener("SIGINT", onSignal);
  Deno.addSignalListener("SIGTERM", onSignal);
  try {
    await runAll(options, folder);
    return 0;
  } finally {
    clean();
    Deno.removeSignalListener("SIGINT", onSignal);
    Deno.removeSignalListener("SIGTERM", onSignal);
  }
}

if (import.meta.main) await exitWith(main);
