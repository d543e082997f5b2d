/** @file A wired graph of stages, as data. */
import type { Layer, Variable } from "../layers/layer.ts";
import type { Stage } from "../pipeline/pipeline.ts";
import type { Signature } from "../stages/define.ts";

/** A stage in its place: what it reads, what it gives, what it owns. */
export interface WiredStage {
  /** Its key in the YAML. */
  readonly name: string;
  /** As it was parsed. */
  readonly stage: Stage;
  /** What comes out; a loss gives a scalar and has none. */
  readonly output?: Signature;
  /** Network of a module or of an EMA twin. */
  readonly layer?: Layer;
  /** Variables that it declared, in order. */
  readonly variables: readonly Variable[];
  /** Whether gradients train its variables. */
  readonly trainable: boolean;
}

/** A checked graph of stages. */
export interface StageGraph {
  /** Stages such that each stands after what it reads. */
  readonly order: readonly WiredStage[];
  /** The same stages by name. */
  readonly byName: ReadonlyMap<string, WiredStage>;
  /** Shape of one image: `[channels, height, width]`. */
  readonly image: readonly [number, number, number];
  /** The encoder that evaluation judges. */
  readonly encoder: WiredStage;
}

/** Reads of the images themselves. */
export const IMAGE = "image";
