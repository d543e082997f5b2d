/** @file The command line of the benches. */
import { parseArgs } from "node:util";
import { UserError } from "../../lib/errors.ts";
import type { Device } from "../../lib/engine/open.ts";
import type { Bench } from "./bench.ts";
import type { Settings } from "./settings.ts";

/** What was asked for. */
export interface Options {
  readonly settings: Settings;
  /** Benches that run. */
  readonly benches: readonly Bench[];
  /** Interpreter with a PyTorch that is there already. */
  readonly python: string | undefined;
  /** Image files in the place of CIFAR-10. */
  readonly data: string | undefined;
  /** Only says which benches there are. */
  readonly list: boolean;
  /** Runs nothing, writes the tables from results.json. */
  readonly tables: boolean;
}

const QUICK = { rounds: 1, seconds: 0.2 };
const USUAL = { rounds: 7, seconds: 4 };

function positive(name: string, text: string, whole: boolean): number {
  const value = Number(text);
  if (value > 0 && (!whole || Number.isInteger(value))) return value;
  throw new UserError(
    `Cannot use --${name} ${text}: expected a positive ${
      whole ? "whole " : ""
    }number.`,
  );
}

function choose(
  benches: readonly Bench[],
  only: readonly string[],
): readonly Bench[] {
  for (const text of only) {
    if (benches.some(({ id }) => id.includes(text))) continue;
    throw new UserError(
      `Cannot find a bench for --only ${text}: expected a part of one of these names.\n${
        benches.map(({ id }) => `  ${id}`).join("\n")
      }`,
    );
  }
  return only.length === 0
    ? benches
    : benches.filter(({ id }) => only.some((text) => id.includes(text)));
}

/** Reads the arguments. @throws {UserError} When one is wrong. */
export function readOptions(
  args: readonly string[],
  all: Readonly<Record<Device, readonly Bench[]>>,
): Options {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const read = () =>
    parseArgs({
      args: [...args],
      options: {
        only: { ...text, multiple: true, default: [] },
        rounds: text,
        seconds: text,
        threads: text,
        device: { ...text, default: "cpu" },
        python: text,
        data: text,
        quick: flag,
        list: flag,
        tables: flag,
      },
    });
  let values: ReturnType<typeof read>["values"];
  try {
    ({ values } = read());
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : `${error}`);
  }
  const { device } = values;
  if (device !== "cpu" && device !== "gpu") {
    throw new UserError(`Cannot use --device ${device}: expected cpu or gpu.`);
  }
  const otherwise = values.quick ? QUICK : USUAL;
  const number = (
    name: "rounds" | "seconds" | "threads",
    fallback: number,
  ): number =>
    positive(name, values[name] ?? `${fallback}`, name !== "seconds");
  return {
    settings: {
      device,
      rounds: number("rounds", otherwise.rounds),
      seconds: number("seconds", otherwise.seconds),
      threads: number("threads", navigator.hardwareConcurrency),
      quick: values.quick,
    },
    benches: choose(all[device], values.only),
    python: values.python,
    data: values.data,
    list: values.list,
    tables: values.tables,
  };
}
