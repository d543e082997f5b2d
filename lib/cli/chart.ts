/** @file A small line chart for the terminal. */
import plot from "simple-ascii-chart";

const HEIGHT = 6;

/** Draws points with increasing x. */
export function chart(points: readonly (readonly [number, number])[]): string {
  const xs = points.map(([x]) => x);
  const [first = 0, last = 0] = [xs[0], xs.at(-1)];
  const ys = points.map(([, y]) => y);
  const middle = xs[Math.floor(xs.length / 2)] ?? 0;
  const text = plot(points.map(([x, y]) => [x, y] as [number, number]), {
    width: points.length,
    height: HEIGHT,
    customYAxisTicks: [Math.min(...ys), Math.max(...ys)],
    customXAxisTicks: [first, middle, last],
    formatter: (value, { axis }) =>
      axis === "x"
        ? String(Number(value.toFixed(last - first < 10 ? 1 : 0)))
        : String(Number(value.toPrecision(3))),
  });
  return text.split("\n").map((line) => line.trimEnd())
    .filter((line) => line !== "").join("\n");
}

/** A curve of several, drawn with a letter. */
export interface MarkedCurve {
  readonly mark: string;
  readonly points: readonly (readonly [number, number])[];
}

const OVERLAY_HEIGHT = 12;

/** Draws curves over each other, each of its letter; where two meet, the later one. */
export function overlay(
  curves: readonly MarkedCurve[],
  width: number,
): string {
  const marks = new Map(
    curves.flatMap(({ mark, points }) =>
      points.map(([x, y]) => [`${x} ${y}`, mark] as const)
    ),
  );
  const all = curves.flatMap(({ points }) => points);
  const ys = all.map(([, y]) => y);
  const xs = all.map(([x]) => x).toSorted((a, b) => a - b);
  const [first = 0, last = 0] = [xs[0], xs.at(-1)];
  const series = curves.map(({ points }) =>
    points.map(([x, y]): [number, number] => [x, y])
  );
  const text = plot(series, {
    width,
    height: OVERLAY_HEIGHT,
    customXAxisTicks: [first, last],
    customYAxisTicks: [Math.min(...ys), Math.max(...ys)],
    lineFormatter: ({ x, y, plotX, plotY }) => ({
      x: plotX,
      y: plotY,
      symbol: marks.get(`${x} ${y}`) ?? "·",
    }),
    formatter: (value) => String(Number(value.toPrecision(3))),
  });
  return text.split("\n").map((line) => line.trimEnd())
    .filter((line) => line !== "").join("\n");
}
