/** @file Curves of one chart of one run, which grow as the run does. */
/// <reference lib="dom" />
import { appendTo, type Buckets } from "../../look/draw/buckets.ts";
import type { Limit, Mark } from "../../look/draw/chart.ts";
import { colourOf } from "../../look/draw/chart.ts";
import { getSeries } from "./api.ts";
import type { Drawing, Source } from "./chart_panel.ts";
import { type Child, h } from "./dom.ts";
import type {
  Axis,
  ChartInfo,
  NewRows,
  Run,
  Series,
  Standing,
} from "./types.ts";

/** Names of axes. */
export const AXIS_NAMES: Readonly<Record<Axis, string>> = {
  step: "step",
  epoch: "epoch",
  seconds: "seconds of training",
};

/** A run that is looked at, with what its charts share. */
export interface Looked {
  readonly run: Run;
  standing: Standing;
  axis: Axis;
}

/** Curves of one chart of one run. */
export class RunCurves implements Source {
  /** All of the run, which grows; and the part that is zoomed to. */
  #whole: Record<string, Buckets> = {};
  #part: Record<string, Buckets> | undefined;
  #clock: Series["clock"];
  #width = 800;

  readonly info: ChartInfo;
  readonly looked: Looked;

  constructor(info: ChartInfo, looked: Looked) {
    this.info = info;
    this.looked = looked;
  }

  async load(
    range: readonly [number, number] | undefined,
    width: number,
    signal: AbortSignal,
  ): Promise<void> {
    this.#width = width;
    if (range === undefined) this.#part = undefined;
    const { run: { id }, axis } = this.looked;
    const { keys } = this.info;
    const asked = { id, keys, axis, width, range };
    const { series, clock } = await getSeries(asked, signal);
    this.#clock = clock;
    if (range) this.#part = { ...series };
    else this.#whole = { ...series };
  }

  /**
   * Adds rows.
   *
   * @returns Whether it could; otherwise all has to be loaded anew.
   */
  add({ steps, values }: NewRows): boolean {
    const { axis, run } = this.looked;
    if (axis === "seconds") return false;
    const each = axis === "epoch" ? run.stepsPerEpoch ?? 1 : 1;
    for (const key of this.info.keys) {
      const known = this.#whole[key];
      if (!known) {
        if (values[key]?.some((one) => one !== null)) return false;
        continue;
      }
      const last = known.x.at(-1) ?? -1;
      const fresh = steps.flatMap((step, i) =>
        step / each > last
          ? [[step / each, number(values[key]?.[i])] as const]
          : []
      );
      appendTo(
        known,
        fresh.map(([x]) => x),
        fresh.map(([, y]) => y),
        this.#width,
      );
    }
    return true;
  }

  #place(step: number): number {
    const { axis, run } = this.looked;
    if (axis === "step") return step;
    if (axis === "epoch") return step / (run.stepsPerEpoch ?? 1);
    const clock = this.#clock ?? [];
    const after = clock.findIndex(([at]) => at >= step);
    if (after <= 0) return clock.at(after === 0 ? 0 : -1)?.[1] ?? NaN;
    const [[a, x], [b, y]] = [clock[after - 1], clock[after]] as [
      [number, number],
      [number, number],
    ];
    return x + (y - x) * (step - a) / (b - a || 1);
  }

  drawing(): Drawing {
    const { info, looked: { axis, standing } } = this;
    const known = this.#part ?? this.#whole;
    const limits = standing.thresholds
      .filter(({ figure }) => info.keys.includes(figure))
      .map(({ figure, meaning, steps, values }): Limit => ({
        name: `threshold of ${figure}: ${meaning}`,
        points: steps.map((step, i) => [this.#place(step), values[i] ?? NaN]),
      }));
    const marks = standing.alarms
      .filter(({ figure }) => info.keys.includes(figure))
      .map(({ step, verdict, message }): Mark => ({
        x: this.#place(step),
        name: `step ${step}: ${verdict}, ${message}`,
      }));
    return {
      title: info.name,
      xName: AXIS_NAMES[axis],
      ...(info.log ? { log: true } : {}),
      curves: info.keys.flatMap((key, i) => {
        const points = known[key];
        return points
          ? [{ name: shortName(key, info), points, colour: i }]
          : [];
      }),
      limits,
      marks,
    };
  }
}

const number = (value: number | null | "lost" | undefined): number =>
  value === "lost" ? Infinity : value ?? NaN;

/** A column within its chart: its stage, or its own name. */
export const shortName = (key: string, { name, keys }: ChartInfo): string =>
  key !== name ? key.slice(name.length + 1) : keys.length > 1 ? "all" : name;

/** Title of a chart, what it measures, and its curves. */
export function chartHead(info: ChartInfo, names: Child): HTMLElement {
  return h(
    "header",
    {},
    h("h3", {}, info.name),
    info.formula !== undefined && h(
      "details",
      {},
      h("summary", {}, "what it is"),
      h("p", {}, `${info.summary}.`),
      h("p", {}, h("code", {}, info.formula)),
      info.reference !== undefined &&
        h("p", { class: "quiet" }, info.reference),
    ),
    info.formula === undefined && info.summary !== undefined &&
      h("p", { class: "quiet" }, info.summary),
    names,
  );
}

/** Names of curves with their colours. */
export function legend(
  names: readonly (readonly [string, number])[],
): HTMLElement {
  return h(
    "ul",
    { class: "legend" },
    names.map(([name, colour]) => {
      const mark = h("span", { class: "swatch" });
      mark.style.background = colourOf(colour);
      return h("li", {}, mark, name);
    }),
  );
}
