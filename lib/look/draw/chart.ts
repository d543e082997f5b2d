/** @file A chart of curves: axes, thresholds, marks. Needs nothing but its numbers. */
import type { Buckets } from "./buckets.ts";
import { type Shape, shape } from "./shape.ts";
import { label, logTicks, ticks } from "./ticks.ts";

/** A curve; its colour is one of {@linkcode COLOURS}, by number. */
export interface Curve {
  readonly name: string;
  readonly points: Buckets;
  readonly colour: number;
  /** Drawn with dashes: what stands for something else, such as a twin. */
  readonly dashed?: boolean;
}

/** A limit, which may move: it holds from each x to the next. */
export interface Limit {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A place that matters, such as an alarm. */
export interface Mark {
  readonly x: number;
  readonly name: string;
}

/** What a chart shows, and how large. */
export interface ChartOptions {
  readonly title: string;
  /** Size in pixels. */
  readonly width: number;
  readonly height: number;
  /** First and last x that are shown; by default those of the curves. */
  readonly x?: readonly [number, number];
  readonly xName?: string;
  /** Whether y is logarithmic, where all values are above 0. */
  readonly log?: boolean;
  readonly curves: readonly Curve[];
  readonly limits?: readonly Limit[];
  readonly marks?: readonly Mark[];
}

/** Colours that can be told apart on white and on black, by the colour-blind too (Okabe and Ito 2008, darkened to a contrast of 3). */
export const COLOURS = [
  "#2f6fd0",
  "#d1600a",
  "#0f8a63",
  "#b8518f",
  "#9a7b00",
  "#4a9cc7",
  "#8058c9",
  "#7a7a7a",
] as const;

/** Colour of a curve. */
export const colourOf = (number: number): string =>
  COLOURS[number % COLOURS.length] as string;

const ALARM = "#c62828";
const LIMIT = "#b3261e";
const INK = "#555555";
/** Not `#8884`: programs other than browsers take that for black. */
const GRID = { stroke: "#888888", "stroke-opacity": 0.27 } as const;

/** Space around the curves. */
export const MARGIN = { left: 58, right: 12, top: 8, bottom: 30 } as const;

/** Where numbers lie in a chart. */
export interface Scale {
  /** First and last x that are shown. */
  readonly range: readonly [number, number];
  /** Pixel of a number. */
  x(value: number): number;
  y(value: number): number;
  /** Number of a pixel. */
  xAt(pixel: number): number;
}

interface Extent {
  least: number;
  largest: number;
}

function widen(extent: Extent, values: Iterable<number>): void {
  for (const value of values) {
    if (value < extent.least) extent.least = value;
    if (value > extent.largest) extent.largest = value;
  }
}

const nothing = (): Extent => ({ least: Infinity, largest: -Infinity });

/** A range that holds all values with a little space, or something to look at where there are none. */
function spaced({ least, largest }: Extent, log: boolean): [number, number] {
  if (!(largest >= least)) return log ? [0.1, 10] : [0, 1];
  if (log) return [least / 1.2, largest * 1.2];
  const space = 0.06 * (largest - least) || 0.06 * Math.abs(largest) || 0.5;
  return [least - space, largest + space];
}

/** Limits farther from the curves than so many times their height would press them flat: they are told of at the edge. */
const FAR = 40;

function yRange(
  { curves, limits = [] }: ChartOptions,
  log: boolean,
): [number, number] {
  const extent = nothing();
  for (const { points } of curves) {
    widen(extent, points.least);
    widen(extent, points.largest);
  }
  const { least, largest } = extent;
  const size = largest - least || Math.abs(largest) || 1;
  const near = limits.flatMap(({ points }) => points.map(([, y]) => y))
    .filter((y) =>
      Number.isFinite(y) && (!log || y > 0) &&
      (log || (y > least - FAR * size && y < largest + FAR * size))
    );
  widen(extent, near);
  return spaced(extent, log);
}

/** Whether a logarithmic axis can be had. */
const canLog = ({ log, curves }: ChartOptions): boolean =>
  log === true &&
  curves.every(({ points }) => points.least.every((y) => y > 0));

/** Where the numbers of a chart lie. */
export function scaleOf(options: ChartOptions): Scale {
  const { width, height, curves } = options;
  const log = canLog(options);
  const along = nothing();
  for (const { points } of curves) {
    widen(along, points.x.slice(0, 1));
    widen(along, points.x.slice(-1));
    widen(along, points.lost);
  }
  const [from, to] = options.x ??
    (along.largest >= along.least ? [along.least, along.largest] : [0, 1]);
  const [low, high] = yRange(options, log);
  const across = width - MARGIN.left - MARGIN.right;
  const up = height - MARGIN.top - MARGIN.bottom;
  const size = to - from || 1;
  const of = log ? Math.log10 : (y: number) => y;
  const [bottom, top] = [of(low), of(high)];
  return {
    range: [from, to],
    x: (value) => MARGIN.left + across * (value - from) / size,
    y: (value) =>
      MARGIN.top + up * (1 - (of(value) - bottom) / (top - bottom || 1)),
    xAt: (pixel) => from + size * (pixel - MARGIN.left) / across,
  };
}

const fixed = (value: number): string => value.toFixed(1);

/** A line through the middles, and a band where least and largest differ. */
function curveShapes(
  { points, colour, dashed, name }: Curve,
  scale: Scale,
): Shape[] {
  const { x, least, largest, lost } = points;
  const line: string[] = [];
  const above: string[] = [];
  const below: string[] = [];
  let banded = false;
  const [from, to] = scale.range;
  for (let i = 0; i < x.length; i++) {
    const place = x[i] as number;
    // A curve may know more than is shown.
    if (place < from || place > to) continue;
    const at = fixed(scale.x(place));
    const [high, low] = [
      scale.y(largest[i] as number),
      scale.y(least[i] as number),
    ];
    if (low - high > 1) banded = true;
    line.push(`${at},${fixed((high + low) / 2)}`);
    above.push(`${at},${fixed(high)}`);
    below.push(`${at},${fixed(low)}`);
  }
  const stroke = colourOf(colour);
  const kind = `curve colour${colour % COLOURS.length}`;
  return [
    ...(banded
      ? [shape("polygon", {
        points: [...above, ...below.reverse()].join(" "),
        fill: stroke,
        "fill-opacity": 0.28,
        stroke: "none",
        class: `${kind} band`,
      })]
      : []),
    ...(line.length === 1
      ? [shape("circle", {
        cx: (line[0] as string).split(",")[0] as string,
        cy: (line[0] as string).split(",")[1] as string,
        r: 2.5,
        fill: stroke,
        class: `${kind} point`,
      })]
      : [shape("polyline", {
        points: line.join(" "),
        fill: "none",
        stroke,
        "stroke-width": 1.5,
        "stroke-linejoin": "round",
        ...(dashed ? { "stroke-dasharray": "6 3" } : {}),
        class: kind,
      })]),
    ...lost.filter((at) => at >= from && at <= to).map((at) =>
      shape(
        "path",
        {
          d: `M${fixed(scale.x(at) - 3)} ${MARGIN.top + 2}l6 6m0 -6l-6 6`,
          stroke: ALARM,
          "stroke-width": 1.5,
          class: "lost",
        },
        shape("title", {}, `${name} was no number at ${label(at)}`),
      )
    ),
  ];
}

/** Steps from each point to the next; beyond the edge it lies on the edge. */
function limitShape(
  { name, points }: Limit,
  scale: Scale,
  { height, width }: ChartOptions,
): Shape[] {
  const [top, bottom] = [MARGIN.top, height - MARGIN.bottom];
  const path: string[] = [];
  const y = (value: number): string =>
    fixed(Math.min(bottom, Math.max(top, scale.y(value))));
  const right = width - MARGIN.right;
  const at = (x: number): string =>
    fixed(Math.min(right, Math.max(MARGIN.left, scale.x(x))));
  points.forEach(([x, value], i) => {
    if (!Number.isFinite(value)) return;
    const next = points[i + 1]?.[0];
    path.push(
      `${path.length === 0 ? "M" : "L"}${at(x)} ${y(value)}`,
      `L${next === undefined ? right : at(next)} ${y(value)}`,
    );
  });
  const last = points.at(-1)?.[1];
  if (path.length === 0 || last === undefined) return [];
  const place = scale.y(last);
  const beyond = place < top - 1 || place > bottom + 1;
  return [
    ...(beyond
      ? [shape(
        "text",
        {
          x: right,
          y: place < top ? top + 11 : bottom - 4,
          "text-anchor": "end",
          "font-size": 11,
          fill: LIMIT,
          class: "limit-name",
        },
        `threshold ${label(last)}, ${place < top ? "above" : "below"}`,
      )]
      : []),
    shape(
      "path",
      {
        d: path.join(""),
        fill: "none",
        stroke: LIMIT,
        "stroke-width": 1.2,
        "stroke-dasharray": "4 3",
        class: "limit",
      },
      shape("title", {}, name),
    ),
  ];
}

function markShapes(
  { x, name }: Mark,
  scale: Scale,
  { height, width }: ChartOptions,
): Shape[] {
  const at = scale.x(x);
  if (at < MARGIN.left - 1 || at > width - MARGIN.right + 1) return [];
  return [
    shape(
      "g",
      { class: "mark" },
      shape("title", {}, name),
      shape("line", {
        x1: fixed(at),
        x2: fixed(at),
        y1: MARGIN.top,
        y2: height - MARGIN.bottom,
        stroke: ALARM,
        "stroke-width": 1.5,
      }),
      shape("path", {
        d: `M${fixed(at - 5)} ${MARGIN.top}h10l-5 8z`,
        fill: ALARM,
      }),
    ),
  ];
}

function axes(
  { height, width, xName }: ChartOptions,
  scale: Scale,
  [low, high]: readonly [number, number],
  log: boolean,
): Shape[] {
  const text = { fill: INK, "font-size": 11, class: "axis" };
  const bottom = height - MARGIN.bottom;
  const right = width - MARGIN.right;
  const many = Math.max(2, Math.floor((right - MARGIN.left) / 90));
  const rows = Math.max(2, Math.floor((bottom - MARGIN.top) / 36));
  const ys = log ? logTicks(low, high, rows) : ticks(low, high, rows);
  return [
    ...ys.flatMap((y) => [
      shape("line", {
        x1: MARGIN.left,
        x2: right,
        y1: fixed(scale.y(y)),
        y2: fixed(scale.y(y)),
        ...GRID,
        class: "grid",
      }),
      shape(
        "text",
        {
          ...text,
          x: MARGIN.left - 6,
          y: fixed(scale.y(y) + 4),
          "text-anchor": "end",
        },
        label(y),
      ),
    ]),
    ...ticks(...scale.range, many).map((x) =>
      shape(
        "text",
        {
          ...text,
          x: fixed(scale.x(x)),
          y: bottom + 14,
          "text-anchor": "middle",
        },
        label(x),
      )
    ),
    ...(xName
      ? [shape(
        "text",
        { ...text, x: right, y: bottom + 27, "text-anchor": "end" },
        xName,
      )]
      : []),
    shape("line", {
      x1: MARGIN.left,
      x2: right,
      y1: bottom,
      y2: bottom,
      stroke: INK,
      class: "axis-line",
    }),
  ];
}

/** What a chart shows, in words. */
export function chartWords(
  { title, curves, limits = [], marks = [] }: ChartOptions,
): string {
  const told = curves.slice(0, 8).map(({ name, points }) => {
    const last = points.x.length - 1;
    if (last < 0) return `${name}: no values`;
    const middle = (i: number): number =>
      ((points.least[i] as number) + (points.largest[i] as number)) / 2;
    const lost = points.lost.length > 0 ? ", some were no numbers" : "";
    return `${name} from ${label(middle(0))} to ${label(middle(last))}${lost}`;
  });
  const [limit] = limits;
  const threshold = limit?.points.at(-1)?.[1];
  return [
    `${title}: ${told.join("; ") || "no values yet"}`,
    ...(threshold === undefined ? [] : [`threshold ${label(threshold)}`]),
    ...marks.map(({ name }) => name),
  ].join(". ");
}

/** Draws a chart. */
export function chart(options: ChartOptions): Shape {
  const { width, height, curves, limits = [], marks = [] } = options;
  const scale = scaleOf(options);
  const log = canLog(options);
  const bounds = yRange(options, log);
  return shape(
    "svg",
    {
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: "img",
      "aria-label": chartWords(options),
      "font-family": "system-ui, sans-serif",
      class: "chart",
    },
    ...axes(options, scale, bounds, log),
    ...limits.flatMap((limit) => limitShape(limit, scale, options)),
    ...curves.flatMap((curve) => curveShapes(curve, scale)),
    ...marks.flatMap((mark) => markShapes(mark, scale, options)),
  );
}
