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
        ? String(Math.round(value))
        : String(Number(value.toPrecision(3))),
  });
  return text.split("\n").map((line) => line.trimEnd())
    .filter((line) => line !== "").join("\n");
}
