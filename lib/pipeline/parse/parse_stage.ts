/** @file Stages from plain data, by their definitions. */
import { z } from "zod";
import type { Path } from "../../diagnostics/diagnostic.ts";
import {
  isRecord,
  keysOf,
  reportUnknownKeys,
  show,
  unknownName,
  validate,
} from "../../diagnostics/validate.ts";
import type { Input, Reference, Stage } from "../../model/pipeline.ts";
import { readReference, STAGE_NAME } from "../../model/reference.ts";
import { definitionsOf, headNames, kindsOf } from "../../model/registry.ts";
import type { Port, StageKind } from "../../stages/define.ts";
import { ramp } from "../../stages/ramp.ts";
import { isUserFile } from "../../stages/user_file.ts";
import {
  choose,
  type Chosen,
  inputsOf,
  type Keys,
  keysOfStage,
  kindsIn,
  labelOf,
  misspeltKind,
  ownKeys,
  type StageReading,
  userStage,
} from "./choose_kind.ts";

/** Factor of an objective. */
export const weight = ramp(z.number().min(0)).default(1).describe(
  "Factor in the sum of the losses",
);

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
      keys: () =>
        Object.fromEntries(
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
