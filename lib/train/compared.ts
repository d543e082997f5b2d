/** @file What the scores of a run that went wrong are to be seen beside. */
import type { LoadedData } from "../data/source.ts";
import { firstWeights } from "../encoder/weights.ts";
import { evaluate, type Scores } from "../evaluate/evaluate.ts";
import { featureReader } from "../evaluate/features.ts";
import { chainTo, missingIn } from "../graph/encoder_chain.ts";
import type { TrainingSession } from "./session.ts";

/** Accuracies in 0..1; `null` where one was not asked for or cannot be had. */
export type Accuracies = Pick<Scores, "knn" | "linear">;

/** What stands beside the scores of an encoder whose run went wrong. */
export interface Compared {
  /** Of the embedding that is watched, where that is not the encoder: a projector. */
  readonly watched?: Accuracies & { readonly stage: string };
  /** Of the encoder with the weights that it began with. */
  readonly untrained: Accuracies;
  /** Share of the most frequent class among the test images. */
  readonly chance: number;
}

const accuraciesOf = ({ knn, linear }: Scores): Accuracies => ({ knn, linear });

function chanceOf({ labels }: LoadedData["train"]): number {
  const counts = new Map<number, number>();
  for (const label of labels ?? []) {
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values()) / Math.max(1, labels?.length ?? 1);
}

/** Scores of the embedding that is watched, as its weights are now. */
export async function watchedScores(
  session: TrainingSession,
  data: LoadedData,
  signal: AbortSignal | undefined,
): Promise<Compared["watched"]> {
  const { graph, pipeline } = session;
  const { watched, encoder, byName } = graph;
  // A twin's output is judged like any; what needs a queue cannot be.
  if (
    watched === encoder || missingIn(chainTo(byName, watched)) !== undefined
  ) {
    return undefined;
  }
  const read = featureReader(session, signal, watched);
  const scores = await evaluate(session, data, pipeline.evaluate, {
    read,
    signal,
  });
  return { stage: watched.name, ...accuraciesOf(scores) };
}

/** Scores of the encoder before it was trained. The session's weights are gone after it. */
export async function untrainedScores(
  session: TrainingSession,
  data: LoadedData,
  signal: AbortSignal | undefined,
): Promise<Pick<Compared, "untrained" | "chance">> {
  const { graph, pipeline } = session;
  const variables = graph.order.flatMap((wired) => wired.variables);
  await firstWeights(
    session,
    new Map(variables.map((one) => [one.path, one])),
    graph,
    pipeline.seed,
  );
  const scores = await evaluate(session, data, pipeline.evaluate, { signal });
  return {
    untrained: accuraciesOf(scores),
    chance: chanceOf(data.test ?? data.train),
  };
}

/** By so much a score has to be better to be called so. */
const CLEARLY = 0.05;

/** What the scores of a run that went wrong mean, in a sentence. */
export function verdictOnEncoder(
  encoder: Accuracies,
  { watched, untrained }: Compared,
): string | undefined {
  const [own, below, before] = [encoder, watched, untrained].map((pair) =>
    pair?.knn ?? pair?.linear ?? undefined
  );
  if (own === undefined) return undefined;
  if (below !== undefined && own - below > CLEARLY) {
    return `"${watched?.stage}" is lost, its encoder is not: a collapsed projector can sit on a useful encoder`;
  }
  if (before === undefined || own > before + CLEARLY) return undefined;
  return own < before - CLEARLY
    ? "the encoder is worse than before it was trained"
    : "the encoder is not clearly better than before it was trained";
}
