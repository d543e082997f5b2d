/** @file Runs beside those of the same pipeline: what tells each from the others. */
import { dirname } from "node:path";
import type { ListedRun } from "./run_store.ts";

/** A run as a row of the table. */
export interface RunRow extends Omit<ListedRun, "settings"> {
  readonly name: string;
  /** Settings whose values differ among the runs of this name. */
  readonly differs: Readonly<Record<string, string>>;
  /** Folder of the sweep that it is a point of, where it lies deeper. */
  readonly within?: string;
}

/** More settings would not be read. */
const MOST_SHOWN = 40;

/** The rows of a table: each run with the settings in which its neighbours differ. */
export function neighbourly(runs: readonly ListedRun[]): readonly RunRow[] {
  const groups = new Map<string, ListedRun[]>();
  const nameOf = ({ settings, summary, id }: ListedRun): string =>
    settings["name"] ?? summary?.pipeline ?? id;
  for (const run of runs) {
    const name = nameOf(run);
    groups.set(name, [...groups.get(name) ?? [], run]);
  }
  return runs.map((run) => {
    const { settings, ...rest } = run;
    const name = nameOf(run);
    const group = groups.get(name) ?? [];
    const keys = new Set(group.flatMap((one) => Object.keys(one.settings)));
    const differs: Record<string, string> = {};
    for (const key of keys) {
      if (Object.keys(differs).length >= MOST_SHOWN) break;
      const all = new Set(group.map((one) => one.settings[key]));
      if (all.size > 1) differs[key] = settings[key] ?? "–";
    }
    const depth = run.id.split("/").length;
    return {
      ...rest,
      name,
      differs,
      ...(depth > 2 ? { within: dirname(run.id) } : {}),
    };
  });
}
