/** @file How often a classifier is right. */

/** Share of the rows whose winner is their class, 0..1. */
export function top1(
  winners: ArrayLike<number>,
  labels: Int32Array,
): number {
  const right = labels.filter((label, i) => winners[i] === label).length;
  return right / labels.length;
}

/**
 * Mean over the classes of the share of their rows that is right, 0..1: a
 * class counts the same however many rows it has (Brodersen et al. 2010,
 * doi:10.1109/ICPR.2010.764).
 */
export function balanced(
  winners: ArrayLike<number>,
  labels: Int32Array,
): number {
  const rows = new Map<number, { all: number; right: number }>();
  labels.forEach((label, i) => {
    const row = rows.get(label) ?? { all: 0, right: 0 };
    rows.set(label, row);
    row.all++;
    if (winners[i] === label) row.right++;
  });
  const recalls = [...rows.values()].map(({ all, right }) => right / all);
  return recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
}
