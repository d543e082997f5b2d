/** @file How scores are come by, in words that stand beside each of them. */

/** Of a vote of the nearest training rows. */
export const knnProtocol = (
  { k, temperature }: { readonly k: number; readonly temperature: number },
): string =>
  `${k} nearest of all training images by cosine similarity, votes weighted by exp(similarity / ${temperature}) (arXiv:1805.01978)`;

/** Protocols of some scores, a line each; of kNN that differ in k alone, one. */
export function protocolLines(
  scores: readonly { readonly name: string; readonly protocol: string }[],
): string[] {
  const lines = new Map<string, string[]>();
  for (const { name, protocol } of scores) {
    const text = protocol.replace(/^\d+ nearest/, "k nearest");
    lines.set(text, [...lines.get(text) ?? [], name]);
  }
  return Array.from(
    lines,
    ([text, names]) =>
      `${names.length > 1 ? names[0]?.replace(/, .*/, "") : names[0]}: ${text}`,
  );
}

/** What became of the fits of a linear probe. */
export interface Fits {
  /** What it learnt from, such as `all labels`. */
  readonly what: string;
  /** Penalties that it could choose from. */
  readonly penalties: readonly number[];
  /** Whether each converged. */
  readonly converged: readonly boolean[];
  /** Penalty that each was fitted with. */
  readonly c?: readonly number[];
}

/** Of a linear probe that is fitted to its end. */
export function linearProtocol(
  { what, penalties, converged, c = [] }: Fits,
): string {
  const stopped = converged.filter((one) => !one).length;
  const end = stopped === 0
    ? "to the end"
    : converged.length > 1
    ? `(not converged in ${stopped} of ${converged.length})`
    : "(not converged)";
  const [first] = penalties;
  const penalty = penalties.length < 2
    ? `C = ${first}`
    : `C ${c.length === 1 ? `= ${c[0]}, ` : ""}chosen on a fifth of those`;
  return [
    `logistic regression on ${what}`,
    "features standardised",
    `L-BFGS ${end}`,
    penalty,
    ...converged.length > 1 ? [`mean of ${converged.length} draws`] : [],
  ].join(", ");
}
