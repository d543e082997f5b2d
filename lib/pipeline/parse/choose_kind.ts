/** @file Which definition a stage's keys name, and what other keys it may have. */
import type { Findings } from "../../diagnostics/diagnostic.ts";
import { nearest } from "../../diagnostics/nearest.ts";
import { isRecord, keysOf } from "../../diagnostics/validate.ts";
import { namesStage, type References } from "../../model/reference.ts";
import {
  definitionsOf,
  headRecipe,
  kindsOf,
  type Registry,
} from "../../model/registry.ts";
import { isNamed } from "../../model/stage_kind.ts";
import type { Port, StageDefinition, StageKind } from "../../stages/define.ts";
import { isUserFile } from "../../stages/user_file.ts";

export type Keys = Readonly<Record<string, unknown>>;

/** A key, and the definition that its value names. */
export interface Chosen {
  readonly kind: StageKind;
  readonly definition: StageDefinition;
  /** The name as it is written, which may be a preset's. */
  readonly written: unknown;
  /** Options that a preset gives. */
  readonly preset: Keys;
}

/** What a reader of stages works with. */
export interface StageReading {
  readonly registry: Registry;
  readonly findings: Findings;
  readonly references: References;
  /** All stages as written, for twins: they read what their sources read. */
  readonly written: Readonly<Record<string, unknown>>;
}

/** What a stage is called in messages: `"loss: nt_xent"` or `"queue"`. */
export const labelOf = ({ kind, written }: Chosen): string =>
  isNamed(kind) ? `"${kind.key}: ${written}"` : `"${kind.key}"`;

/** Keys of a stage that are not options of its definition. */
export function ownKeys(
  { kind, definition }: Pick<Chosen, "kind" | "definition">,
  inputs: Readonly<Record<string, Port>>,
): string[] {
  return [
    ...new Set([
      ...(kind.value === "option" ? [] : [kind.key]),
      ...Object.keys(inputs),
      ...definition.links ?? [],
      ...(definition.objective ? ["weight"] : []),
    ]),
  ];
}

/** Every key that a stage may have. */
export function keysOfStage(
  chosen: Pick<Chosen, "kind" | "definition">,
  inputs: Readonly<Record<string, Port>> = chosen.definition.inputs,
): string[] {
  return [
    ...ownKeys(chosen, inputs),
    ...keysOf(chosen.definition.options),
  ];
}

/** The definition that a key's value names; nothing is said of one that is not there. */
export function choose(
  kind: StageKind,
  value: unknown,
  registry: Registry,
): Chosen | undefined {
  const known = definitionsOf(registry, kind.key);
  if (!isNamed(kind)) {
    const definition = known[0];
    return definition && { kind, definition, written: undefined, preset: {} };
  }
  const recipe = headRecipe(registry, kind.key, value);
  const name = recipe?.network ?? value;
  const definition = known.find((one) => one.name === name);
  return definition &&
    { kind, definition, written: value, preset: recipe?.options ?? {} };
}

/** Kinds that a stage's keys could mean; where one has the others as keys of its own, that one. */
export function kindsIn(
  keys: Keys,
  registry: Registry,
  stages: ReadonlySet<string>,
): readonly StageKind[] {
  const found = kindsOf(registry).filter((kind) =>
    Object.hasOwn(keys, kind.key) &&
    // `target: views` is an input of a loss, where `views` is a stage.
    (choose(kind, keys[kind.key], registry) !== undefined ||
      !namesStage(keys[kind.key], stages))
  );
  if (found.length < 2) return found;
  const whole = found.filter((kind) => {
    const chosen = choose(kind, keys[kind.key], registry);
    const known = chosen ? keysOfStage(chosen) : [];
    return chosen &&
      found.every(({ key }) =>
        key === kind.key || known.includes(key) ||
        chosen.definition.inputsOfLink
      );
  });
  return whole.length > 0 ? whole : found;
}

/** Inputs of the stage that a twin is made of. */
export function inputsOf(
  { definition }: Chosen,
  keys: Keys,
  reading: StageReading,
  depth = 0,
): Readonly<Record<string, Port>> {
  const { registry, written, references } = reading;
  const link = definition.links?.[0];
  if (!definition.inputsOfLink || !link || depth > 20) return definition.inputs;
  const source = written[String(keys[link])];
  const chosen = isRecord(source)
    ? chosenBy(source, registry, references.stages)
    : undefined;
  // A value that is itself the key, as in `mean: z`, belongs to a stage without weights.
  if (!chosen || chosen.kind.value === "input") return definition.inputs;
  const linked = inputsOf(chosen, source as Keys, reading, depth + 1);
  const [main] = Object.values(definition.inputs);
  return Object.fromEntries(
    Object.entries(linked).map(([name, port]) => [
      name,
      {
        ...port,
        gradient: main?.gradient ?? false,
        ...(main?.verb ? { verb: main.verb } : {}),
      },
    ]),
  );
}

/** The definition of a stage as written, if there is one. */
function chosenBy(
  keys: Keys,
  registry: Registry,
  stages: ReadonlySet<string>,
): Chosen | undefined {
  const own = userStage(keys, registry);
  if (own) return own;
  const [kind, ...others] = kindsIn(keys, registry, stages);
  return kind && others.length === 0
    ? choose(kind, keys[kind.key], registry)
    : undefined;
}

/** `{ use: ./mine.ts, ... }`: the module's definition tells the kind. */
export function userStage(keys: Keys, registry: Registry): Chosen | undefined {
  const file = keys["use"];
  if (!isUserFile(file)) return undefined;
  const definition = registry.stages.find(({ name }) => name === file);
  const role = keys["role"];
  const kind = role === undefined
    ? definition?.kinds[0]
    : definition?.kinds.find(({ key }) => key === role);
  return definition && kind &&
    { kind, definition, written: file, preset: {} };
}

/** The kind that was probably meant, from the keys of a stage without one. */
export function misspeltKind(
  keys: Keys,
  known: readonly string[],
): string | undefined {
  for (const key of Object.keys(keys)) {
    // `encode resnet`, whose colon is missing.
    const [first = "", ...words] = key.split(/\s+/);
    const near = nearest(first, known);
    if (!near || first === "of") continue;
    return words.length > 0
      ? `did you mean "${near}: ${words.join(" ")}"?`
      : `did you mean "${near}" in place of "${key}"?`;
  }
  return undefined;
}
