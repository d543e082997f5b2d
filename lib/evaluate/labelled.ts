/** @file Features with labels, of all images or of some. */
import type { Images } from "../data/source.ts";
import type { FeatureReader, Features } from "./features.ts";
import type { Labelled } from "./probe_set.ts";

/** Classes that labels can name. */
export const classCount = ({ classes, labels }: Images): number =>
  classes?.length ??
    labels?.reduce((most, label) => Math.max(most, label + 1), 0) ?? 0;

/** Features of a labelled set. */
export async function labelled(
  set: Images,
  read: FeatureReader,
): Promise<Labelled> {
  const features = await read(set);
  const labels = set.labels as Int32Array;
  return {
    features,
    labels: features.rows?.map((image) => labels[image] as number) ?? labels,
  };
}

/** Some rows of features, in the order that is given. */
export function rowsChosen(
  { width, data }: Features,
  rows: ArrayLike<number>,
): Features {
  const values = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    values.set(data.subarray(row * width, (row + 1) * width), i * width);
  }
  return { count: rows.length, width, data: values };
}

/** Some rows of a set, in the order that is given. */
export function rowsOf(
  { features, labels }: Labelled,
  rows: ArrayLike<number>,
): Labelled {
  return {
    features: rowsChosen(features, rows),
    labels: Int32Array.from(rows, (row) => labels[row] as number),
  };
}

/** The rows of some images; of all, where none are named. */
export function only(
  set: Labelled,
  images: Int32Array | undefined,
): Labelled {
  if (!images) return set;
  const wanted = new Set(images);
  const { rows } = set.features;
  const kept = [...set.labels.keys()].filter((row) =>
    wanted.has(rows?.[row] ?? row)
  );
  return rowsOf(set, kept);
}
