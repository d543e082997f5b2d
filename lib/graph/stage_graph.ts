/** @file A wired graph of stages, as data. */
import type { Variable } from "../layers/layer.ts";
import type { Stage } from "../model/pipeline.ts";
import { type BuiltStage, OUTPUT, type Signature } from "../stages/define.ts";

/** A stage in its place: what it reads, what it gives, what it owns. */
export interface WiredStage {
  /** Its key in the YAML. */
  readonly name: string;
  /** As it was parsed. */
  readonly stage: Stage;
  /** What it reads, by input. */
  readonly inputs: Readonly<Record<string, Signature>>;
  /** What runs it, and what comes out. */
  readonly built: BuiltStage;
  /** Stage whose weights it uses: itself, or the one that it is a copy of. */
  readonly owner: string;
  /** Definition whose code runs: its own, or that of the stage it copies. */
  readonly code: string;
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
  /** The stage whose embeddings are watched. */
  readonly watched: WiredStage;
}

/** What a plain reference to a stage reads; a loss has none. */
export const outputOf = ({ built }: WiredStage): Signature | undefined =>
  built.outputs[OUTPUT];

/** Variables that gradients move. */
export const trainedOf = (
  { trainable, variables }: WiredStage,
): readonly Variable[] =>
  trainable ? variables.filter(({ role }) => role !== "buffer") : [];

/** Whether a network has batch norms: what else would a gradient not move? */
export const hasBatchNorm = (
  { variables }: Pick<WiredStage, "variables">,
): boolean =>
  variables.some(({ role }) => role === "buffer") &&
  variables.some(({ role }) => role === "norm");

/** Whether a stage's loss is a term of what training minimises. */
export const isObjective = ({ definition }: Stage): boolean =>
  definition.objective === true;
