/** @file All that a pipeline can name. */
import type { SourceDefinition } from "../data/source.ts";
import { SOURCES } from "../data/sources.ts";
import type { OptimizerDefinition } from "../optim/define.ts";
import { OPTIMIZERS } from "../optim/registry.ts";
import type {
  LossDefinition,
  ModuleDefinition,
  ModuleRole,
  TransformDefinition,
} from "../stages/define.ts";
import {
  HEAD_PRESETS,
  type HeadPreset,
  type HeadRecipe,
} from "../stages/head_presets.ts";
import { AUGMENT_PRESETS, type AugmentPreset } from "../stages/presets.ts";
import { LOSSES, MODULES, TRANSFORMS } from "../stages/registry.ts";

/** Definitions by kind. A user's own stand beside the built-in ones. */
export interface Registry {
  /** Networks. */
  readonly modules: readonly ModuleDefinition[];
  /** Augmentations. */
  readonly transforms: readonly TransformDefinition[];
  /** Losses. */
  readonly losses: readonly LossDefinition[];
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
  modules: MODULES,
  transforms: TRANSFORMS,
  losses: LOSSES,
  optimizers: OPTIMIZERS,
  sources: SOURCES,
  presets: AUGMENT_PRESETS,
  heads: HEAD_PRESETS,
};

/** The head that a name stands for in a role; a network's own name comes first. */
export function headRecipe(
  { modules, heads }: Pick<Registry, "modules" | "heads">,
  role: ModuleRole,
  name: unknown,
): HeadRecipe | undefined {
  const taken = modules.some((one) =>
    one.name === name && one.roles.includes(role)
  );
  return typeof name === "string" && !taken && Object.hasOwn(heads, name)
    ? heads[name]?.heads[role]
    : undefined;
}

/** Names of the heads that can play a role. */
export const headNames = (
  { heads }: Pick<Registry, "heads">,
  role: ModuleRole,
): string[] => Object.keys(heads).filter((name) => heads[name]?.heads[role]);

/** Anything that {@linkcode register} takes. */
export type Registrable =
  | ModuleDefinition
  | TransformDefinition
  | LossDefinition
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
  const add = <T extends Registrable>(
    old: readonly T[],
    kind: T["kind"],
  ): readonly T[] => {
    const own = definitions.filter((one): one is T => one.kind === kind);
    const names = new Set(own.map(({ name }) => name));
    return [...old.filter(({ name }) => !names.has(name)), ...own];
  };
  return {
    ...registry,
    modules: add(registry.modules, "module"),
    transforms: add(registry.transforms, "transform"),
    losses: add(registry.losses, "loss"),
    optimizers: add(registry.optimizers, "optimizer"),
    sources: add(registry.sources, "source"),
  };
}
