/** @file alpha-ReQ: how fast the spectrum decays. */
import type { SignalAt } from "../define.ts";

/** Ranks that the line is fitted to, counted from 1, as in the authors' code. */
const [FIRST, LAST] = [4, 100];

/** Shares of the largest eigenvalue below this are float32's rounding. */
const NOISE = 1e-7;

/** Slope of log λ over log rank, by least squares weighted with 1 / rank. */
export const alphaReq: SignalAt<"spectrum"> = {
  at: "spectrum",
  name: "alpha_req",
  summary: "Exponent of the power law that the spectrum follows",
  formula:
    "λ_i ∝ i^-α, least squares of log λ on log i over ranks 4 to 100, weights 1/i",
  reference:
    "Agrawal et al. 2022, https://openreview.net/forum?id=ii9X4vtZGTZ; fit of Stringer et al. 2019, https://doi.org/10.1038/s41586-019-1346-5",
  unit: "1",
  range: [0, Infinity],
  healthy: "neither",
  measure({ covariance }) {
    const [largest = 0] = covariance;
    let [w, wx, wy, wxx, wxy, count] = [0, 0, 0, 0, 0, 0];
    for (let rank = FIRST; rank <= LAST; rank++) {
      const value = covariance[rank - 1] ?? 0;
      if (!(value > NOISE * largest)) break;
      const [weight, x, y] = [1 / rank, Math.log(rank), Math.log(value)];
      w += weight;
      wx += weight * x;
      wy += weight * y;
      wxx += weight * x * x;
      wxy += weight * x * y;
      count++;
    }
    // A line needs two points.
    if (count < 2) return undefined;
    return -(w * wxy - wx * wy) / (w * wxx - wx * wx);
  },
};
