/** @file Stages from plain data, by their definitions. */
import { z } from "zod";
import type { Findings, Path } from "../../diagnostics/diagnostic.ts";
import { nearest } from "../../diagnostics/nearest.ts";
import {
  isRecord,
  keysOf,
  reportUnknownKeys,
  show,
  unknownName,
  validate,
} from "../../diagnostics/validate.ts";
import type { Input, Reference, Stage } from "../../model/pipeline.ts";
import {
  namesStage,
  readReference,
  type References,
  STAGE_NAME,
} from "../../model/reference.ts";
import {
  definitionsOf,
  headNames,
  headRecipe,
  kindsOf,
  type Registry,
} from "../../model/registry.ts";
import { isNamed } from "../../model/stage_kind.ts";
import type { Port, StageDefinition, StageKind } from "../../stages/define.ts";
import { ramp } from "../../stages/ramp.ts";
import { isUserFile } from "../../stages/user_file.ts";

/** What a reader of stages works with. */
export interface StageReading {
  readonly registry: Registry;
  readonly findings: Findings;
  readonly references: References;
  /** All stages as written, for twins: they read what their sources read. */
  readonly written: Readonly<Record<string, unknown>>;
}

type Keys = Readonly<Record<string, unknown>>;

/** A key, and the definition that its value names. */
interface Chosen {
  readonly kind: StageKind;
  readonly definition: StageDefinition;
  /** The name as it is written, which may be a preset's. */
  readonly written: unknown;
  /** Options that a preset gives. */
  readonly preset: Keys;
}

/** Factor of an objective. */
export const weight = ramp(z.number().min(0)).default(1).describe(
  "Factor in the sum of the losses",
);

/** What a stage is called in messages: `"loss: nt_xent"` or `"queue"`. */
const labelOf = ({ kind, written }: Chosen): string =>
  isNamed(kind) ? `"${kind.key}: ${written}"` : `"${kind.key}"`;

/** Keys of a stage that are not options of its definition. */
function ownKeys(
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
function keysOfStage(
  chosen: Pick<Chosen, "kind" | "definition">,
  inputs: Readonly<Record<string, Port>> = chosen.definition.inputs,
): string[] {
  return [
    ...ownKeys(chosen, inputs),
    ...keysOf(chosen.definition.options),
  ];
}

/** The definition that a key's value names; nothing is said of one that is not there. */
function choose(
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
function kindsIn(
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
function inputsOf(
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
function userStage(keys: Keys, registry: Registry): Chosen | undefined {
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
function misspeltKind(
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

function readInput(
  name: string,
  port: Port,
  value: unknown,
  path: Path,
  { references, findings }: StageReading,
): Input | undefined {
  const where = [...path, name];
  const one = (of: unknown, at: Path): Reference | undefined =>
    readReference(of, at, references, findings, port.hint);
  if (port.sides !== undefined && value !== undefined) {
    if (!Array.isArray(value) || value.length !== port.sides) {
      findings.error(
        "wrong-type",
        where,
        `Cannot ${port.verb ?? "read"} ${show(value)}: expected ${
          port.sides === 2 ? "two" : port.sides
        } references`,
        { hints: port.hint ? [port.hint] : [] },
      );
      return undefined;
    }
  }
  const list = Array.isArray(value);
  if (list && value.length === 0) {
    findings.error("out-of-range", where, `Cannot read an empty list`, {
      hints: ["name at least one stage"],
    });
    return undefined;
  }
  const read = list
    ? value.map((entry, i) => one(entry, [...where, i]))
    : [one(value, where)];
  const found = read.filter((entry) => entry !== undefined);
  return found.length === read.length ? { references: found, list } : undefined;
}

function readLink(
  key: string,
  value: unknown,
  path: Path,
  { findings }: StageReading,
): string | undefined {
  if (typeof value === "string" && STAGE_NAME.test(value)) return value;
  findings.error(
    value === undefined ? "missing-key" : "wrong-type",
    [...path, key],
    value === undefined
      ? `Cannot do without "${key}"`
      : `Cannot read ${show(value)} as the name of a stage`,
    { hints: ["expected the name of one stage, without views"] },
  );
  return undefined;
}

/** Reads the options: what the definition knows, of the keys that are no inputs. */
function readOptions(
  chosen: Chosen,
  keys: Keys,
  inputs: Readonly<Record<string, Port>>,
  path: Path,
  { registry, findings }: StageReading,
): unknown {
  const { definition, preset } = chosen;
  if (definition.syntax) {
    const names = {
      transforms: registry.transforms,
      presets: registry.presets,
    };
    return definition.syntax.read({ names, findings, path, keys });
  }
  const own = ownKeys(chosen, inputs);
  const known = keysOfStage(chosen, inputs);
  const options = Object.entries(keys).filter(([key]) => !own.includes(key));
  // A schema that takes any key says itself what it thinks of them.
  const open = keysOf(definition.options).length === 0 &&
    definition.options.safeParse({ _: 0 }).success;
  if (!open) {
    const all = options.map(([key]) => key);
    reportUnknownKeys(all, known, path, labelOf(chosen), findings, {
      of: definition.name,
      keys: Object.fromEntries(
        definitionsOf(registry, chosen.kind.key).map((other) => [
          other.name,
          keysOfStage({ kind: chosen.kind, definition: other }),
        ]),
      ),
    });
  }
  const kept = options.filter(([key]) => open || known.includes(key));
  return validate(
    definition.options,
    { ...preset, ...Object.fromEntries(kept) },
    path,
    labelOf(chosen),
    findings,
  );
}

function readStage(
  chosen: Chosen,
  keys: Keys,
  path: Path,
  reading: StageReading,
): Stage | undefined {
  const { kind, definition } = chosen;
  const { findings } = reading;
  const before = findings.errors;
  const ports = inputsOf(chosen, keys, reading);
  const inputs = new Map<string, Input>();
  for (const [name, port] of Object.entries(ports)) {
    if (port.optional && keys[name] === undefined) continue;
    const input = readInput(name, port, keys[name], path, reading);
    if (input) inputs.set(name, input);
  }
  const links = new Map<string, string>();
  for (const key of definition.links ?? []) {
    const link = readLink(key, keys[key], path, reading);
    if (link !== undefined) links.set(key, link);
  }
  const factor = definition.objective
    ? validate(
      weight,
      keys["weight"],
      [...path, "weight"],
      `"weight" of ${labelOf(chosen)}`,
      findings,
    )
    : 1;
  const options = readOptions(chosen, keys, ports, path, reading);
  if (
    options === undefined || factor === undefined || findings.errors > before
  ) return undefined;
  return {
    key: kind.key,
    definition,
    options,
    inputs,
    links,
    weight: factor,
  };
}

/** Reports a stage without a kind, or of several. */
function unclear(
  found: readonly StageKind[],
  keys: Keys,
  path: Path,
  { registry, findings }: StageReading,
): undefined {
  const known = kindsOf(registry).map(({ key }) => key);
  const none = found.length === 0;
  const meant = none ? misspeltKind(keys, known) : undefined;
  findings.error(
    none ? "missing-key" : "unknown-key",
    path,
    none
      ? "Cannot tell what kind of stage this is"
      : `Cannot be "${found.map(({ key }) => key).join('" and "')}" at once`,
    {
      at: "key",
      hints: [
        ...(meant ? [meant] : []),
        `expected one of the keys "${
          known.join('", "')
        }", or "use" with a file of your own`,
      ],
    },
  );
  return undefined;
}

/** Reads one stage; reports what is wrong with it. */
export function parseStage(
  value: unknown,
  path: Path,
  reading: StageReading,
): Stage | undefined {
  const { registry, findings } = reading;
  if (!isRecord(value)) {
    findings.error(
      "wrong-type",
      path,
      `Cannot use ${show(value)} as a stage: expected a map`,
      { hints: ["for example { encode: resnet18, of: views }"] },
    );
    return undefined;
  }
  if (isUserFile(value["use"])) {
    return parseUserStage(value["use"], value, path, reading);
  }
  if (Object.hasOwn(value, "use")) {
    findings.error(
      "custom-stage",
      [...path, "use"],
      `Cannot use ${
        show(value["use"])
      } as a stage: expected the path of a module`,
      { hints: ['such as "./my_loss.ts": it begins with "./", "../" or "/"'] },
    );
    return undefined;
  }
  const kinds = kindsIn(value, registry, reading.references.stages);
  const [kind] = kinds;
  if (!kind || kinds.length > 1) return unclear(kinds, value, path, reading);
  const chosen = choose(kind, value[kind.key], registry);
  if (!chosen) {
    unknownName(
      value[kind.key],
      [...path, kind.key],
      kind.what ?? `a definition of "${kind.key}"`,
      [
        ...definitionsOf(registry, kind.key).map(({ name }) => name),
        ...headNames(registry, kind.key),
      ],
      findings,
    );
    return undefined;
  }
  return readStage(chosen, value, path, reading);
}

function parseUserStage(
  file: string,
  value: Keys,
  path: Path,
  reading: StageReading,
): Stage | undefined {
  const { registry, findings } = reading;
  const definition = registry.stages.find(({ name }) => name === file);
  if (!definition) {
    if (!findings.has([...path, "use"])) {
      findings.error(
        "custom-stage",
        [...path, "use"],
        `Cannot use "${file}" as a stage: no stage, loss or network was loaded from it`,
        { hints: ["transforms stand in the list of an augment stage"] },
      );
    }
    return undefined;
  }
  const chosen = userStage(value, registry);
  if (!chosen) {
    unknownName(
      value["role"],
      [...path, "role"],
      "the role",
      definition.kinds.map(({ key }) => key),
      findings,
    );
    return undefined;
  }
  const { key, value: takes = "name" } = chosen.kind;
  const { use: _, role: __, ...keys } = value;
  if (takes === "name" && Object.hasOwn(keys, key)) {
    findings.error(
      "unknown-key",
      [...path, key],
      `Cannot use "${key}" beside "use"`,
      { at: "key", hints: [`"use" names the stage; take one of them away`] },
    );
    return undefined;
  }
  const named = takes === "name" ? { [key]: file, ...keys } : keys;
  return readStage(chosen, named, path, reading);
}
