/** @file Features of whole image sets. */
import { type Images, inMemory } from "../data/source.ts";
import { embedded, type EmbeddedBatch } from "../encoder/embed.ts";
import { featureExtractor } from "../graph/features.ts";
import type { StageGraph, WiredStage } from "../graph/stage_graph.ts";
import { loadOnce } from "./load_once.ts";
import type { Programs } from "../compile/runtime.ts";

/** Rows of numbers, one an image. */
export interface Features {
  /** Images. */
  readonly count: number;
  /** Numbers of an image. */
  readonly width: number;
  /** `[count, width]`, row-major. */
  readonly data: Float32Array<ArrayBuffer>;
  /** Image of each row, where some images could not be read. */
  readonly rows?: Int32Array;
}

/** How features of a set are made. */
export type FeatureReader = (set: Images) => Features | Promise<Features>;

/** A graph of stages whose variables are at hand, such as a training session. */
export interface Encodes extends Programs {
  /** Its stages. */
  readonly graph: StageGraph;
}

const BATCH = 256;

/** All batches of a set, as one. */
export async function gatherFeatures(
  { count }: Pick<Images, "count">,
  batches: AsyncIterable<EmbeddedBatch>,
): Promise<Features> {
  let data = new Float32Array();
  let width = 0;
  const rows: number[] = [];
  for await (const batch of batches) {
    if (rows.length === 0) {
      width = batch.width;
      data = new Float32Array(count * width);
    }
    data.set(batch.features, rows.length * width);
    rows.push(...batch.rows);
  }
  return rows.length === count ? { count, width, data } : {
    count: rows.length,
    width,
    data: data.slice(0, rows.length * width),
    rows: Int32Array.from(rows),
  };
}

/**
 * Runs the encoder, or another network, over image sets, with its running
 * batch-norm statistics.
 */
export function featureReader(
  session: Encodes,
  signal?: AbortSignal,
  network: WiredStage = session.graph.encoder,
): FeatureReader {
  const extractor = featureExtractor(session.graph, BATCH, network);
  const what = [BATCH, network.name];
  const program = loadOnce(session, "features", what, extractor);
  return (set) =>
    gatherFeatures(set, embedded(program, set, { batch: BATCH, signal }));
}

/** The pixels themselves as features, in 0..1: the baseline of no encoder. */
export function rawPixels(set: Images): Features {
  const width = set.height * set.width * set.channels;
  const data = Float32Array.from(inMemory(set).pixels, (value) => value / 255);
  return { count: set.count, width, data };
}
