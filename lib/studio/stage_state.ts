/** @file Spread and rank of what each network of a run gives, at a checkpoint. */
import type { Images } from "../data/source.ts";
import type { Encoder } from "../encoder/encoder.ts";
import { UserError } from "../errors.ts";
import { gatherFeatures } from "../evaluate/features.ts";
import { outputOf, type StageGraph } from "../graph/stage_graph.ts";

/** How what a network gives is spread. */
export interface StageState {
  readonly stage: string;
  /** sqrt(d) times the mean deviation of unit rows: 1 even, 0 all alike. */
  readonly spread: number;
  /** d² / sum of squared correlations: directions that vary, of `features`. */
  readonly rank: number;
  readonly features: number;
}

/** Images that are enough to tell, and quick. */
export const STATE_IMAGES = 512;

/** Of wider outputs the first features are taken, as the monitors do. */
const MOST_FEATURES = 512;

/** Spread and rank of rows of numbers. */
export function spreadAndRank(
  data: Float32Array,
  count: number,
  width: number,
): Pick<StageState, "spread" | "rank"> {
  const d = Math.min(width, MOST_FEATURES);
  const norms = Float64Array.from({ length: count }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < width; i++) {
      sum += (data[row * width + i] as number) ** 2;
    }
    return Math.sqrt(sum) || 1;
  });
  let deviations = 0;
  /** Columns about their means, of length 1; of a constant one, of length 0. */
  const columns = Array.from({ length: width }, (_, i) => {
    const column = new Float32Array(count);
    let [mean, unitMean] = [0, 0];
    for (let row = 0; row < count; row++) {
      const x = data[row * width + i] as number;
      mean += x / count;
      unitMean += x / (norms[row] as number) / count;
    }
    let [square, variance] = [0, 0];
    for (let row = 0; row < count; row++) {
      const x = data[row * width + i] as number;
      column[row] = x - mean;
      square += (x - mean) ** 2;
      variance += (x / (norms[row] as number) - unitMean) ** 2 / count;
    }
    deviations += Math.sqrt(variance);
    const length = Math.sqrt(square);
    const certain = length > 1e-6 * Math.abs(mean) * Math.sqrt(count);
    for (let row = 0; row < count; row++) {
      column[row] = certain && length > 0
        ? (column[row] as number) / length
        : 0;
    }
    return column;
  });
  let squares = d;
  for (let i = 0; i < d; i++) {
    const a = columns[i] as Float32Array;
    for (let j = 0; j < i; j++) {
      const b = columns[j] as Float32Array;
      let r = 0;
      for (let row = 0; row < count; row++) {
        r += (a[row] as number) * (b[row] as number);
      }
      squares += 2 * r * r;
    }
  }
  const constant = columns.slice(0, d).every((column) =>
    column.every((x) => x === 0)
  );
  return {
    spread: Math.sqrt(width) * deviations / width,
    rank: constant ? 1 : d * d / squares,
  };
}

/** Names of the stages that have an output of numbers: candidates for a look. */
export const networksOf = ({ order }: StageGraph): readonly string[] =>
  order.filter((wired) =>
    outputOf(wired)?.[0]?.is === "embedding" &&
    (wired.variables.length > 0 || wired.stage.links.size > 0)
  ).map(({ name }) => name);

/**
 * Looks at every network that can be computed from images alone.
 *
 * @param open Opens the run's encoder for a stage.
 */
export async function stageStates(
  stages: readonly string[],
  images: Images,
  open: (stage: string) => Promise<Encoder>,
): Promise<
  { readonly chosen: string; readonly states: readonly StageState[] }
> {
  const states: StageState[] = [];
  let chosen = "";
  for (const stage of stages) {
    let encoder: Encoder;
    try {
      encoder = await open(stage);
    } catch (error) {
      // Such as one that reads a queue, which has no place beside training.
      if (error instanceof UserError) continue;
      throw error;
    }
    try {
      chosen = encoder.run.chosen;
      const { data, count, width } = await gatherFeatures(
        images,
        encoder.embed(images),
      );
      states.push({
        stage,
        features: width,
        ...spreadAndRank(data, count, width),
      });
    } finally {
      encoder.close();
    }
  }
  return { chosen, states };
}
