/** @file Which charts a run has: its columns grouped, in an order that can be read. */
import { SIGNALS } from "../monitor/signals.ts";

/** A chart of columns that measure the same. */
export interface ChartInfo {
  /** What they measure: the part of their keys before a colon. */
  readonly name: string;
  readonly keys: readonly string[];
  readonly section: "loss" | "signals" | "schedule" | "others" | "pace";
  readonly summary?: string;
  readonly formula?: string;
  readonly reference?: string;
  readonly unit?: string;
  /** Whether values over powers of ten are usual. */
  readonly log?: boolean;
}

/** Images a second, computed from the seconds that the metrics tell. */
export const PACE = "images_per_second";

const SECTIONS = ["loss", "signals", "schedule", "pace", "others"] as const;

/** What places a step, and is no curve. */
const PLACES = ["epoch", "seconds", "time", "step"];

/** Settings that change over a run; options of stages with ramps come beside them. */
const SETTINGS: Readonly<Record<string, string>> = {
  lr: "Learning rate",
  tau: "Momentum of the EMA twins",
  momentum: "Momentum of the optimizer",
  weight_decay: "Weight decay",
  temperature: "Temperature of a loss or a target",
  weight: "Weight of a loss",
};

const SIGNAL = new Map(SIGNALS.map((one, i) => [one.name, { ...one, i }]));

const LOGARITHMIC = ["gradient_norm", "ema_distance"];

function infoOf(name: string): Omit<ChartInfo, "keys"> {
  if (name === "loss") {
    return { name, section: "loss", summary: "What training minimises" };
  }
  const signal = SIGNAL.get(name);
  if (signal) {
    const { summary, formula, reference, unit } = signal;
    return {
      name,
      section: "signals",
      summary,
      formula,
      reference,
      unit,
      ...(LOGARITHMIC.includes(name) ? { log: true } : {}),
    };
  }
  const setting = SETTINGS[name];
  if (setting) return { name, section: "schedule", summary: setting };
  return { name, section: "others" };
}

/** The charts of a run's columns. */
export function chartsOf(keys: readonly string[]): readonly ChartInfo[] {
  const groups = new Map<string, string[]>();
  for (const key of keys) {
    const name = key.split(":")[0] as string;
    if (PLACES.includes(name)) continue;
    groups.set(name, [...groups.get(name) ?? [], key]);
  }
  const charts: ChartInfo[] = [...groups].map(([name, keys]) => ({
    ...infoOf(name),
    keys,
  }));
  if (keys.includes("seconds")) {
    charts.push({
      name: PACE,
      keys: [PACE],
      section: "pace",
      summary: "Training images a second",
      unit: "1/s",
    });
  }
  const rank = ({ section, name }: ChartInfo): number =>
    100 * SECTIONS.indexOf(section) + (SIGNAL.get(name)?.i ?? 50);
  return charts.sort((a, b) => rank(a) - rank(b));
}
