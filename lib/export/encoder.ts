/** @file What is exported: an encoder, and the values of its variables. */
import type { Values } from "../checkpoint/store.ts";
import type { StageGraph } from "../graph/stage_graph.ts";

/** An encoder that was trained. */
export interface TrainedEncoder {
  /** Its network is `graph.encoder`. */
  readonly graph: StageGraph;
  /** Variables by path; those of other stages may be among them. */
  readonly values: Values;
}
