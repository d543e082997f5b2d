/**
 * @file Trains SimSiam and BYOL on CIFAR-10, here in float32 and bfloat16 and in
 * PyTorch, and compares the kNN accuracies.
 *
 * `deno run -A bench/accuracy/run.ts [--data FILE_OR_FOLDER] [--seeds 3]
 * [--epochs 10] [--threads N] [--only ours|pytorch|bfloat16] [--images N]`.
 * Trainings that results.json already has are not repeated. Exit code 1 when
 * the means of a method are further apart than {@linkcode TOLERANCES};
 * README.md gets the tables when all sides of every method are there. `--images` is for a quick look: its results
 * are kept apart, and prove nothing.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { UserError } from "../../lib/errors.ts";
import { exitWith } from "../main.ts";
import { pythonWithTorch } from "../parity/python.ts";
import {
  type BenchData,
  dataName,
  loadBenchData,
  writeForPython,
} from "./data.ts";
import { writeFirstWeights } from "./first_weights.ts";
import { trainOurs } from "./ours.ts";
import { trainPyTorch } from "./pytorch.ts";
import { surroundings, table, writeReadme } from "./report.ts";
import { type ResultKey, Results } from "./results.ts";
import { summarize } from "./summary.ts";
import {
  METHODS,
  type Other,
  type Outcome,
  type Side,
  SIDES,
  TOLERANCES,
  type Training,
} from "./training.ts";

const RESULTS = fileURLToPath(new URL("results.json", import.meta.url));

interface Options {
  readonly data: string | undefined;
  readonly seeds: number;
  readonly epochs: number;
  readonly threads: number;
  readonly images: number | undefined;
  readonly sides: readonly Side[];
}

/** One training of the list. */
interface Entry {
  readonly key: ResultKey;
  readonly training: Training;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new UserError(
    `Cannot use --${name} ${text}: expected a positive whole number.`,
  );
}

function readOptions(args: readonly string[]): Options {
  const text = { type: "string" } as const;
  let values: Partial<
    Record<"data" | "seeds" | "epochs" | "threads" | "images" | "only", string>
  >;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        data: text,
        seeds: text,
        epochs: text,
        threads: text,
        images: text,
        only: text,
      },
    }));
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : `${error}`);
  }
  const number = (name: "seeds" | "epochs" | "threads", otherwise: number) =>
    positive(name, values[name] ?? `${otherwise}`);
  const { data, images, only } = values;
  const sides = SIDES.filter((side) => only === undefined || side === only);
  if (sides.length === 0) {
    throw new UserError(
      `Cannot use --only ${only}: expected ${SIDES.join(" or ")}.`,
    );
  }
  return {
    data,
    seeds: number("seeds", 3),
    epochs: number("epochs", 10),
    threads: number("threads", navigator.hardwareConcurrency),
    images: images === undefined ? undefined : positive("images", images),
    sides,
  };
}

/** All trainings, the sides in turns: what slows the machine slows both. */
function entries(options: Options): Entry[] {
  const { seeds, epochs, threads, images } = options;
  const data = dataName(options.data);
  const numbers = Array.from({ length: seeds }, (_, seed) => seed);
  return numbers.flatMap((seed) =>
    METHODS.flatMap((method) =>
      options.sides.map((side) => ({
        training: { method, seed, epochs, threads },
        key: {
          method,
          side,
          seed,
          epochs,
          data,
          ...(images === undefined ? {} : { images }),
        },
      }))
    )
  );
}

async function trainAll(
  missing: readonly Entry[],
  data: BenchData,
  results: Results,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "accuracy-" });
  const python = missing.some(({ key }) => key.side === "pytorch")
    ? await pythonWithTorch()
    : "";
  const sides: Readonly<
    Record<Side, (training: Training) => Promise<Outcome>>
  > = {
    ours: (training) => trainOurs(training, data, "float32"),
    bfloat16: (training) => trainOurs(training, data, "bfloat16"),
    async pytorch(training) {
      const initial = join(folder, `${training.method}-${training.seed}`);
      await writeFirstWeights(training, data, initial);
      return await trainPyTorch(training, { folder, initial }, python);
    },
  };
  try {
    if (python) await writeForPython(data, folder);
    for (const [i, { key, training }] of missing.entries()) {
      const { method, side, seed } = key;
      console.error(
        `${method}, seed ${seed}, ${side} (${i + 1} of ${missing.length})`,
      );
      const outcome = await sides[side](training);
      const date = new Date().toISOString().slice(0, 10);
      const { threads } = training;
      await results.add({ ...key, ...outcome, threads, date });
      console.error(`  kNN ${(100 * outcome.knn).toFixed(2)} %`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The options that matter to somebody who repeats it. */
function commandOf({ data, seeds, epochs, images }: Options): string {
  return [
    "deno run -A bench/accuracy/run.ts",
    ...(data === undefined ? [] : [`--data ${dataName(data)}`]),
    ...(images === undefined ? [] : [`--images ${images}`]),
    `--seeds ${seeds} --epochs ${epochs}`,
  ].join(" ");
}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  const results = await Results.open(RESULTS);
  const all = entries(options);
  const missing = all.filter(({ key }) => !results.find(key));
  if (missing.length > 0) {
    const data = await loadBenchData(options.data, options.images);
    const { train, test } = data;
    console.error(`${train.count} images to train, ${test.count} to test`);
    await trainAll(missing, data, results);
  }
  const every = entries({ ...options, sides: SIDES });
  const chosen = every.flatMap(({ key }) => results.find(key) ?? []);
  const compared = (Object.keys(TOLERANCES) as Other[]).map((other) => ({
    other,
    summaries: summarize(chosen, other),
  }));
  const text = [
    ...compared.map(({ other, summaries }) => table(summaries, other)),
    surroundings(chosen, commandOf(options)),
  ].join("\n\n");
  console.log(text);
  if (options.images !== undefined) return 0;
  if (chosen.length === every.length) await writeReadme(text);
  const apart = compared.flatMap(({ other, summaries }) =>
    summaries.filter(({ difference }) =>
      !(Math.abs(difference) <= TOLERANCES[other])
    ).map(({ method, difference }) =>
      `${method}, ${other}: ${difference.toFixed(2)} points apart`
    )
  );
  for (const line of apart) console.error(line);
  return apart.length > 0 ? 1 : 0;
}

if (import.meta.main) await exitWith(main);
