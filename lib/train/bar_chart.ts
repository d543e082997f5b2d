/** @file Horizontal bars with their names: one number in each of some rows. */

/** A row of a chart. */
export interface Bar {
  readonly label: string;
  /** A number for each name; a text stands where there is none. */
  readonly values: readonly (number | string)[];
}

/** How the bars of each name are drawn. */
const INK = ["█", "░"] as const;

const WIDTH = 40;

/** Bars from 0 to the largest value; negative values have none. */
export function barChart(
  title: string,
  rows: readonly Bar[],
  { names, digits }: {
    readonly names: readonly string[];
    readonly digits: number;
  },
): string {
  const numbers = rows.flatMap(({ values }) =>
    values.filter((value) => typeof value === "number")
  );
  const most = Math.max(...numbers, 0) || 1;
  const pad = Math.max(...rows.map(({ label }) => label.length));
  const lines = rows.flatMap(({ label, values }) =>
    values.map((value, i) => {
      const name = (i === 0 ? label : "").padEnd(pad);
      if (typeof value === "string") return `${name}  ${value}`;
      const length = Math.round(WIDTH * Math.max(0, value) / most);
      const bar = (INK[i % INK.length] as string).repeat(length);
      return `${name}  ${bar}${bar && " "}${value.toFixed(digits)}`;
    })
  );
  const legend = names.length > 1
    ? `  ${names.map((name, i) => `${INK[i]} ${name}`).join("  ")}`
    : "";
  return [`${title}${legend}`, ...lines].join("\n");
}
