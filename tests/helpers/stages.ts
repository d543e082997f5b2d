/** @file Stages by themselves: built on inputs that a test makes, run op by op. */
import assert from "@std/assert";
import type * as tf from "@tensorflow/tfjs";
import { ParameterScope } from "../../lib/layers/layer.ts";
import type {
  BuiltStage,
  Scheduled,
  Signature,
  Site,
  StageDefinition,
  StageRun,
  Type,
} from "../../lib/stages/define.ts";
import { FixedRun } from "./numeric.ts";

/** A place for a stage whose inputs fit: what it reports fails the test. */
export const siteOf = (batch: number, site: Partial<Site> = {}): Site => ({
  name: "stage",
  batch,
  source: (input) => input,
  links: {},
  problem: (_code, at, message) => assert.fail(`${at.join(".")}: ${message}`),
  ...site,
});

/** One view of an embedding, as a signature. */
export const embedding = (features: number, rows?: number): Signature => [
  {
    is: "embedding",
    shape: [features],
    ...(rows === undefined ? {} : { rows }),
  } satisfies Type,
];

/** Builds a stage with options as a pipeline would give them. */
export function built(
  definition: StageDefinition,
  options: Readonly<Record<string, unknown>>,
  inputs: Readonly<Record<string, Signature>>,
  batch: number,
  scope: ParameterScope = new ParameterScope("stage"),
): BuiltStage {
  return definition.build(
    scope,
    inputs,
    definition.options.parse(options),
    siteOf(batch),
  );
}

/** A {@linkcode StageRun} whose variables and options have given values. */
export class FixedStageRun extends FixedRun implements StageRun {
  /** Bodies that wait for the weights. */
  readonly later: (() => void)[] = [];
  readonly reported: Record<string, tf.Scalar> = {};

  constructor(
    values: ReadonlyMap<string, tf.Tensor>,
    training = true,
    readonly options: Readonly<Record<string, Scheduled>> = {},
  ) {
    super(values, training);
  }

  scheduled(option: string): Scheduled {
    return this.options[option] ?? assert.fail(`no value for ${option}`);
  }

  after(body: () => void): void {
    this.later.push(body);
  }

  reads(): boolean {
    return true;
  }

  report(name: string, value: tf.Scalar): void {
    this.reported[name] = value;
  }
}

/** Sizes of the two sides of a loss, and of the negatives where it reads some. */
export interface Sides {
  readonly batch: number;
  readonly features: number;
  readonly negatives: number;
}

/** A loss between two sides of one view each, which meet. */
export const lossStage = (
  definition: StageDefinition,
  options: Readonly<Record<string, unknown>>,
  { batch, features, negatives }: Sides,
): BuiltStage =>
  built(definition, { pairs: "all", ...options }, {
    "between.0": embedding(features),
    "between.1": embedding(features),
    ...("negatives" in definition.inputs
      ? { negatives: embedding(features, negatives) }
      : {}),
  }, batch);

/** Value of a loss between two sides. */
export function lossOf(
  definition: StageDefinition,
  options: Readonly<Record<string, unknown>>,
  [a, b, negatives]: readonly [tf.Tensor, tf.Tensor, tf.Tensor],
): tf.Scalar {
  const [batch = 0, features = 0] = a.shape;
  const sides = { batch, features, negatives: negatives.shape[0] ?? 0 };
  const { apply } = lossStage(definition, options, sides);
  const { loss } = apply({
    "between.0": [a],
    "between.1": [b],
    ...("negatives" in definition.inputs ? { negatives: [negatives] } : {}),
  }, new FixedStageRun(new Map()));
  const [value, ...others] = loss ?? [];
  assert.equal(others.length, 0);
  return value as tf.Scalar;
}
