/** @file How far two runs of a method are apart. */
import { join } from "node:path";
import { type NamedTensors, readTensors } from "./tensors.ts";

/** Losses of a run of the reference, and what it ran on. */
export interface ReferenceRun {
  readonly losses: readonly number[];
  readonly versions: Readonly<Record<string, string>>;
}

/** Differences of final variables, as shares of the way that they went. */
export interface VariableDifference {
  /** Of parameters: the largest of the stages. */
  readonly trained: number;
  /** Of batch-norm statistics and queues: the largest of the stages. */
  readonly gathered: number;
}

/** Both sides of one method. */
export interface Comparison {
  readonly method: string;
  readonly ours: readonly number[];
  readonly theirs: ReferenceRun;
  /** Largest relative difference of the loss over all steps. */
  readonly lossDifference: number;
  /** The same between PyTorch in float32 and in float64: rounding alone. */
  readonly rounding: number;
  /** Last loss of the reference had nothing been trained. */
  readonly untrained: number;
  readonly variables: VariableDifference;
}

/** Largest `|a - b| / |b|`; infinite where a number is missing or NaN. */
export function relativeDifference(
  a: readonly number[],
  b: readonly number[],
): number {
  if (a.length !== b.length || a.length === 0) return Infinity;
  return a.reduce((largest, value, i) => {
    const other = b[i] as number;
    const difference = Math.abs(value - other) / Math.abs(other);
    return Number.isNaN(difference) ? Infinity : Math.max(largest, difference);
  }, 0);
}

const kindOf = (path: string): keyof VariableDifference =>
  /\/(mean|variance|view\d+)$/.test(path) ? "gathered" : "trained";

/**
 * The length of `ours - theirs` over that of `theirs - initial`. All variables
 * of a stage and kind are measured together, since one alone may have no way
 * to go, such as a bias that a batch norm takes away.
 */
export function differenceOfWay(
  initial: NamedTensors,
  ours: NamedTensors,
  theirs: NamedTensors,
): VariableDifference {
  const groups = new Map<string, { apart: number; way: number }>();
  for (const [path, { data }] of Object.entries(ours)) {
    const other = theirs[path]?.data;
    const first = initial[path]?.data;
    const key = `${kindOf(path)} ${path.split("/")[0]}`;
    const group = groups.get(key) ?? { apart: 0, way: 0 };
    for (let i = 0; i < data.length; i++) {
      // What is missing becomes NaN, and NaN fails.
      const target = Number(other?.[i]);
      group.apart += (Number(data[i]) - target) ** 2;
      group.way += (target - Number(first?.[i])) ** 2;
    }
    groups.set(key, group);
  }
  const largest = (kind: keyof VariableDifference): number =>
    Math.max(
      0,
      ...[...groups].filter(([key]) => key.startsWith(kind))
        .map(([, { apart, way }]) => Math.sqrt(apart / way)),
    );
  return { trained: largest("trained"), gathered: largest("gathered") };
}

/** Compares what both sides wrote to `folder`. */
export async function compare(
  method: string,
  folder: string,
): Promise<Comparison> {
  const json = async (...path: string[]) =>
    JSON.parse(await Deno.readTextFile(join(folder, ...path)));
  const ours: number[] = await json("losses.json");
  const theirs: ReferenceRun = await json("float32", "losses.json");
  const double: ReferenceRun = await json("float64", "losses.json");
  const frozen: ReferenceRun = await json("frozen", "losses.json");
  return {
    method,
    ours,
    theirs,
    lossDifference: relativeDifference(ours, theirs.losses),
    rounding: relativeDifference(theirs.losses, double.losses),
    untrained: frozen.losses.at(-1) ?? Number.NaN,
    variables: differenceOfWay(
      await readTensors(join(folder, "initial")),
      await readTensors(join(folder, "final")),
      await readTensors(join(folder, "float32", "final")),
    ),
  };
}
