/** @file All that a pipeline can name. */
import type { SourceDefinition } from "../data/source.ts";
import { SOURCES } from "../data/sources.ts";
import type { OptimizerDefinition } from "../optim/define.ts";
import { OPTIMIZERS } from "../optim/registry.ts";
import type { StageDefinition, StageKind } from "../stages/define.ts";
import type { TransformDefinition } from "../stages/define_transform.ts";
import {
  HEAD_PRESETS,
  type HeadPreset,
  type HeadRecipe,
} from "../stages/head_presets.ts";
import { AUGMENT_PRESETS, type AugmentPreset } from "../stages/presets.ts";
import { STAGES, TRANSFORMS } from "../stages/registry.ts";

/** Definitions by kind. A user's own stand beside the built-in ones. */
export interface Registry {
  /** Kinds of stages, and what stands under each of their keys. */
  readonly stages: readonly StageDefinition[];
  /** Augmentations. */
  readonly transforms: readonly TransformDefinition[];
  /** Optimizers. */
  readonly optimizers: readonly OptimizerDefinition[];
  /** Data sources. */
  readonly sources: readonly SourceDefinition[];
  /** Named lists of transforms. */
  readonly presets: Readonly<Record<string, AugmentPreset>>;
  /** Named projectors and predictors. */
  readonly heads: Readonly<Record<string, HeadPreset>>;
}

/** What comes with Stopgrad. */
export const BUILT_IN: Registry = {
  stages: STAGES,
  transforms: TRANSFORMS,
  optimizers: OPTIMIZERS,
  sources: SOURCES,
  presets: AUGMENT_PRESETS,
  heads: HEAD_PRESETS,
};

/** Keys that make a stage, each once, in the order of the definitions. */
export function kindsOf({ stages }: Pick<Registry, "stages">): StageKind[] {
  const kinds = new Map<string, StageKind>();
  for (const kind of stages.flatMap((one) => one.kinds)) {
    if (!kinds.has(kind.key)) kinds.set(kind.key, kind);
  }
  return [...kinds.values()];
}

/** What stands under a key. */
export const definitionsOf = (
  { stages }: Pick<Registry, "stages">,
  key: string,
): StageDefinition[] =>
  stages.filter(({ kinds }) => kinds.some((kind) => kind.key === key));

type Heads = Pick<Registry, "stages" | "heads">;

/** The head that a name stands for under a key; a definition's own name comes first. */
export function headRecipe(
  { stages, heads }: Heads,
  key: string,
  name: unknown,
): HeadRecipe | undefined {
  const taken = definitionsOf({ stages }, key).some((one) => one.name === name);
  return typeof name === "string" && !taken && Object.hasOwn(heads, name)
    ? heads[name]?.heads[key]
    : undefined;
}

/** Names of the heads that can stand under a key. */
export const headNames = (registry: Heads, key: string): string[] =>
  Object.keys(registry.heads).filter((name) =>
    registry.heads[name]?.heads[key] !== undefined
  );

/** Anything that {@linkcode register} takes. */
export type Registrable =
  | StageDefinition
  | TransformDefinition
  | OptimizerDefinition
  | SourceDefinition;

/**
 * A registry with more definitions; one with the name of an older one takes
 * its place.
 */
export function register(
  registry: Registry,
  ...definitions: readonly Registrable[]
): Registry {
  const add = <T extends Exclude<Registrable, StageDefinition>>(
    old: readonly T[],
    kind: T["kind"],
  ): readonly T[] => {
    const own = definitions.filter((one): one is T => one.kind === kind);
    const names = new Set(own.map(({ name }) => name));
    return [...old.filter(({ name }) => !names.has(name)), ...own];
  };
  return {
    ...registry,
    stages: addStages(registry.stages, definitions),
    transforms: add(registry.transforms, "transform"),
    optimizers: add(registry.optimizers, "optimizer"),
    sources: add(registry.sources, "source"),
  };
}

/** Stages of one name are different ones under different keys. */
function addStages(
  old: readonly StageDefinition[],
  definitions: readonly Registrable[],
): readonly StageDefinition[] {
  const own = definitions.filter((one): one is StageDefinition =>
    one.kind === "stage"
  );
  const keys = ({ name, kinds }: StageDefinition): string[] =>
    kinds.map(({ key }) => `${key}: ${name}`);
  const taken = new Set(own.flatMap(keys));
  return [
    ...old.filter((one) => !keys(one).some((key) => taken.has(key))),
    ...own,
  ];
}
