/** @file The figures of a report: curves with their thresholds, spectra. */
import { chartsOf } from "../look/charts.ts";
import { bucketsOf } from "../look/draw/buckets.ts";
import {
  chart,
  type ChartOptions,
  colourOf,
  MARGIN,
} from "../look/draw/chart.ts";
import { type Shape, shape } from "../look/draw/shape.ts";
import type { ReadRun } from "./read.ts";

/** A drawing that stands by itself. */
export interface Figure {
  /** Names its file. */
  readonly key: string;
  readonly title: string;
  /** What it shows, where the title does not tell. */
  readonly about?: string;
  readonly drawn: Shape;
}

const [WIDTH, HEIGHT] = [520, 210];
const TITLE = 22;
const LINE = 16;
/** Letters of this size are about so wide. */
const LETTER = 6.2;

/** Names of curves in lines that are not wider than the figure. */
function legendLines(curves: ChartOptions["curves"]): Shape[] {
  const shapes: Shape[] = [];
  let [x, line] = [MARGIN.left, 0];
  for (const { name, colour, dashed } of curves) {
    const width = 30 + LETTER * name.length;
    if (x + width > WIDTH && x > MARGIN.left) {
      [x, line] = [MARGIN.left, line + 1];
    }
    const y = TITLE + HEIGHT + LINE * line + 10;
    shapes.push(
      shape("line", {
        x1: x,
        x2: x + 16,
        y1: y - 4,
        y2: y - 4,
        stroke: colourOf(colour),
        "stroke-width": 2.5,
        ...(dashed ? { "stroke-dasharray": "5 3" } : {}),
      }),
      shape(
        "text",
        { x: x + 21, y, "font-size": 11, fill: "#555555", class: "axis" },
        name,
      ),
    );
    x += width;
  }
  return shapes;
}

/** A chart with its title above and the names of its curves below. */
export function framed(options: Omit<ChartOptions, "width" | "height">): Shape {
  const inner = chart({ ...options, width: WIDTH, height: HEIGHT });
  const names = options.curves.length > 1 ? legendLines(options.curves) : [];
  const lines = names.length === 0
    ? 0
    : (Number(names.at(-1)?.attributes["y"]) - TITLE - HEIGHT - 10) / LINE + 1;
  const height = TITLE + HEIGHT + LINE * lines + (lines > 0 ? 6 : 0);
  return shape(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${height}`,
      width: WIDTH,
      height,
      role: "img",
      "aria-label": String(inner.attributes["aria-label"]),
      "font-family": "system-ui, sans-serif",
      class: "figure",
    },
    shape(
      "text",
      {
        x: 4,
        y: 15,
        "font-size": 13,
        "font-weight": "bold",
        fill: "#222222",
        class: "title",
      },
      options.title,
    ),
    shape("g", { transform: `translate(0 ${TITLE})` }, ...inner.children),
    ...names,
  );
}

/** More curves of a kind, such as a gradient of each stage, are a tangle. */
const MOST_CURVES = 8;

/** Every curve that a run has, with thresholds and where they were passed. */
export function curvesOf({ columns, method }: ReadRun): readonly Figure[] {
  const { steps } = columns;
  const judge = method?.judge;
  return chartsOf(columns.keys).flatMap(({ name, keys, summary, log }) => {
    const drawn = keys.flatMap((key) => {
      const column = columns.get(key);
      return column ? [{ key, points: bucketsOf(steps, column, WIDTH) }] : [];
    }).filter(({ points }) => points.x.length > 0 || points.lost.length > 0)
      .slice(0, MOST_CURVES);
    if (drawn.length === 0) return [];
    const shown = new Set(drawn.map(({ key }) => key));
    const limits = (judge?.thresholds ?? []).filter(({ figure }) =>
      shown.has(figure)
    ).map(({ figure, meaning, steps, values }) => ({
      name: `threshold of ${figure}: ${meaning}`,
      points: steps.map((step, i) => [step, values[i] as number] as const),
    }));
    const marks = [...judge?.falls ?? [], ...judge?.alarms ?? []]
      .filter(({ figure }) => shown.has(figure))
      .map(({ step, message }) => ({
        x: step,
        name: `step ${step}: ${message}`,
      }));
    const [only] = drawn;
    const title = drawn.length === 1 && only ? only.key : name;
    return [{
      key: name,
      title,
      ...(summary ? { about: summary } : {}),
      drawn: framed({
        title,
        xName: "step",
        ...(log ? { log } : {}),
        curves: drawn.map(({ key, points }, i) => ({
          name: key,
          points,
          colour: i,
        })),
        limits,
        marks,
      }),
    }];
  });
}

/** Spectra that are drawn over each other. */
const MOST_SPECTRA = 6;

/** Eigenvalues of the embeddings' covariance, over the run. */
export function spectrumOf({ spectra }: ReadRun): Figure | undefined {
  if (spectra.length === 0) return undefined;
  const count = Math.min(MOST_SPECTRA, spectra.length);
  const picked = Array.from(
    { length: count },
    (_, i) =>
      spectra[
        count === 1 ? 0 : Math.round(i * (spectra.length - 1) / (count - 1))
      ],
  );
  const curves = picked.flatMap((one, colour) => {
    if (!one) return [];
    const values = one.covariance.filter((value) => value > 0);
    const ranks = values.map((_, i) => i + 1);
    return values.length === 0 ? [] : [{
      name: `step ${one.step}`,
      points: bucketsOf(ranks, values, WIDTH),
      colour,
    }];
  });
  if (curves.length === 0) return undefined;
  const title = "Spectrum of the embeddings' covariance";
  return {
    key: "spectrum",
    title,
    about:
      "Eigenvalues, the largest first. Where a few hold all variance, the embeddings vary in few directions: a dimensional collapse.",
    drawn: framed({ title, xName: "rank", log: true, curves }),
  };
}

/** Figures of several runs over each other, by epoch: what all of them have. */
export function comparedCurves(runs: readonly ReadRun[]): readonly Figure[] {
  const keys = new Set(runs.flatMap(({ columns }) => columns.keys));
  const wanted = chartsOf([...keys]).filter(({ section }) =>
    section === "loss" || section === "signals"
  );
  return wanted.flatMap(({ name, keys, summary, log }) => {
    const [key] = keys;
    if (key === undefined || !keys.includes(name) && keys.length > 1) return [];
    const column = keys.includes(name) ? name : key;
    const curves = runs.flatMap(({ columns, name }, colour) => {
      const [x, y] = [columns.get("epoch"), columns.get(column)];
      if (!x || !y) return [];
      const points = bucketsOf(x, y, WIDTH);
      return points.x.length > 0
        ? [{ name, points, colour, dashed: colour >= 8 }]
        : [];
    });
    return curves.length < 2 ? [] : [{
      key: column,
      title: column,
      ...(summary ? { about: summary } : {}),
      drawn: framed({
        title: column,
        xName: "epoch",
        ...(log ? { log } : {}),
        curves,
      }),
    }];
  });
}
