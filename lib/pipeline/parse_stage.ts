/** @file Stages from plain data: one reader for each kind. */
import { z } from "zod";
import type { ModuleRole } from "../stages/define.ts";
import type { TransformEntry } from "../stages/presets.ts";
import { isUserFile } from "./custom.ts";
import type { Findings, Path } from "./diagnostic.ts";
import type { Momentum, Stage, TransformStep } from "./pipeline.ts";
import { nearest } from "./nearest.ts";
import { readReference } from "./reference.ts";
import { headNames, headRecipe, type Registry } from "./registry.ts";
import { momentumRange } from "./sections.ts";
import {
  isRecord,
  readChoice,
  show,
  unknownName,
  validate,
} from "./validate.ts";

/** What a reader of stages works with. */
interface Reading {
  readonly registry: Registry;
  readonly findings: Findings;
  readonly path: Path;
  /** The stage's keys, as written. */
  readonly keys: Readonly<Record<string, unknown>>;
}

type Reader = (reading: Reading) => Stage | undefined;

const names = (all: readonly { readonly name: string }[]): string[] =>
  all.map(({ name }) => name);

/** The keys that the kind itself does not read. */
function rest(
  keys: Readonly<Record<string, unknown>>,
  ...read: readonly string[]
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(keys).filter(([key]) => !read.includes(key)),
  );
}

/** Reports keys that a kind without options does not know. */
function only(
  { keys, path, findings }: Reading,
  what: string,
  ...known: readonly string[]
): void {
  const schema = z.strictObject(
    Object.fromEntries(known.map((key) => [key, z.unknown().optional()])),
  );
  validate(schema, keys, path, what, findings);
}

function readModule(role: ModuleRole): Reader {
  return ({ registry, findings, path, keys }) => {
    const of = readReference(keys["of"], [...path, "of"], findings);
    const known = registry.modules.filter(({ roles }) => roles.includes(role));
    const name = keys[role];
    const preset = headRecipe(registry, role, name);
    const network = preset?.network ?? name;
    const definition = known.find((one) => one.name === network);
    if (!definition) {
      unknownName(
        name,
        [...path, role],
        `a network to ${role} with,`,
        [...names(known), ...headNames(registry, role)],
        findings,
      );
      return undefined;
    }
    const options = validate(
      definition.options,
      { ...preset?.options, ...rest(keys, role, "of") },
      path,
      `"${role}: ${name}"`,
      findings,
    );
    return of && options !== undefined
      ? { kind: "module", role, of, definition, options }
      : undefined;
  };
}

/** Reads an EMA momentum: a number or a range. */
export function readMomentum(
  value: unknown,
  path: Path,
  findings: Findings,
): Momentum | undefined {
  if (isRecord(value)) {
    return validate(momentumRange, value, path, "the EMA momentum", findings);
  }
  const number = validate(
    z.number().min(0).max(1),
    value,
    path,
    "the EMA momentum",
    findings,
  );
  return number === undefined ? undefined : { from: number, to: number };
}

function readTransform(
  entry: unknown,
  path: Path,
  { registry, findings }: Reading,
): TransformStep | undefined {
  const own = isRecord(entry) && isUserFile(entry["use"])
    ? { name: entry["use"], options: rest(entry, "use"), path }
    : undefined;
  const choice = own ?? readChoice(
    entry,
    path,
    "a transform",
    names(registry.transforms),
    findings,
  );
  if (!choice) return undefined;
  const definition = registry.transforms.find((one) =>
    one.name === choice.name
  );
  if (!definition) {
    unknownName(
      choice.name,
      own ? [...path, "use"] : choice.path,
      "the transform",
      names(registry.transforms),
      findings,
    );
    return undefined;
  }
  const options = validate(
    definition.options,
    choice.options,
    choice.path,
    `the transform "${choice.name}"`,
    findings,
  );
  return options === undefined ? undefined : { definition, options };
}

/** One list of transforms for each view that the value describes. */
function readViews(
  value: unknown,
  path: Path,
  reading: Reading,
): readonly (readonly TransformStep[])[] | undefined {
  const { registry, findings } = reading;
  const list = (
    entries: readonly (TransformEntry | unknown)[],
    where: (i: number) => Path,
  ): readonly TransformStep[] =>
    entries.flatMap((entry, i) =>
      readTransform(entry, where(i), reading) ?? []
    );
  if (typeof value === "string") {
    const preset = Object.hasOwn(registry.presets, value)
      ? registry.presets[value]
      : undefined;
    if (preset) {
      if (preset.leftOut) findings.warn("preset-fit", path, preset.leftOut);
      return preset.views.map((entries) => list(entries, () => path));
    }
    unknownName(
      value,
      path,
      "the augmentation",
      Object.keys(registry.presets),
      findings,
    );
    return undefined;
  }
  if (Array.isArray(value)) return [list(value, (i) => [...path, i])];
  findings.error(
    "wrong-type",
    path,
    `Cannot use ${show(value)} as an augmentation`,
    {
      hints: [
        "expected a preset's name, a list of transforms, or { each: [...] } with one of these a view",
      ],
    },
  );
  return undefined;
}

const readAugment: Reader = (reading) => {
  const { keys, path, findings } = reading;
  only(reading, `"augment"`, "augment", "of", "count");
  const of = readReference(keys["of"], [...path, "of"], findings);
  const value = keys["augment"];
  const where = [...path, "augment"];
  const written = isRecord(value) && Array.isArray(value["each"])
    ? { ...value, each: value["each"] }
    : undefined;
  if (written) {
    only({ ...reading, keys: written, path: where }, `"augment"`, "each");
  }
  const each = written?.each;
  const lists = each
    ? each.flatMap((one, i) => {
      const views = readViews(one, [...where, "each", i], reading);
      // A preset with a list for each view gives the one at its place.
      return views ? [views[Math.min(i, views.length - 1)] ?? []] : [];
    })
    : readViews(value, where, reading);
  const counted = keys["count"] === undefined && each
    ? lists?.length
    : validate(
      z.int().min(1).max(16).default(2),
      keys["count"],
      [...path, "count"],
      `"count"`,
      findings,
    );
  if (lists?.length === 0) {
    findings.error("out-of-range", where, "Cannot make no views at all", {
      hints: ["give at least one list of transforms in `each`"],
    });
    return undefined;
  }
  if (!of || !lists || counted === undefined) return undefined;
  if (lists.length > 1 && lists.length !== counted) {
    findings.error(
      "view-mismatch",
      [...path, keys["count"] === undefined ? "augment" : "count"],
      `Cannot make ${counted} view(s) of ${lists.length} lists of transforms`,
      { hints: [`set "count" to ${lists.length}, or give one list for all`] },
    );
    return undefined;
  }
  const views = Array.from(
    { length: counted },
    (_, i) => lists[lists.length > 1 ? i : 0] ?? [],
  );
  return { kind: "augment", of, views };
};

const readEma: Reader = (reading) => {
  const { keys, path, findings } = reading;
  only(reading, `"ema"`, "ema", "of", "momentum");
  const source = readReference(keys["ema"], [...path, "ema"], findings);
  const of = readReference(keys["of"], [...path, "of"], findings);
  const momentum = keys["momentum"] === undefined
    ? undefined
    : readMomentum(keys["momentum"], [...path, "momentum"], findings);
  if (!source || !of) return undefined;
  return {
    kind: "ema",
    source: source.stage,
    of,
    ...(momentum ? { momentum } : {}),
  };
};

const readStopGradient: Reader = (reading) => {
  only(reading, `"stop_gradient"`, "stop_gradient");
  const of = readReference(
    reading.keys["stop_gradient"],
    [...reading.path, "stop_gradient"],
    reading.findings,
  );
  return of && { kind: "stop_gradient", of };
};

const readQueue: Reader = (reading) => {
  const { keys, path, findings } = reading;
  only(reading, `"queue"`, "queue", "size");
  const of = readReference(keys["queue"], [...path, "queue"], findings);
  const size = validate(
    z.int().min(1).max(10_000_000),
    keys["size"],
    [...path, "size"],
    `"size"`,
    findings,
  );
  return of && size !== undefined ? { kind: "queue", of, size } : undefined;
};

const readNearest: Reader = (reading) => {
  const { keys, path, findings } = reading;
  only(reading, `"nearest"`, "nearest", "in");
  const of = readReference(keys["nearest"], [...path, "nearest"], findings);
  const queue = readReference(keys["in"], [...path, "in"], findings);
  return of && queue && { kind: "nearest", of, queue };
};

const readLoss: Reader = ({ registry, findings, path, keys }) => {
  const definition = registry.losses.find(({ name }) => name === keys["loss"]);
  if (!definition) {
    unknownName(
      keys["loss"],
      [...path, "loss"],
      "the loss",
      names(registry.losses),
      findings,
    );
  }
  const sides = keys["between"];
  const where = [...path, "between"];
  if (!Array.isArray(sides) || sides.length !== 2) {
    findings.error(
      sides === undefined ? "missing-key" : "wrong-type",
      where,
      sides === undefined
        ? `Cannot do without "between" in a loss`
        : `Cannot compare ${show(sides)}: expected two references`,
      {
        at: sides === undefined ? "key" : "value",
        hints: ["between: [p, stop_gradient(z)]"],
      },
    );
  }
  const between = Array.isArray(sides) && sides.length === 2
    ? sides.map((side, i) => readReference(side, [...where, i], findings))
    : [];
  const negatives = keys["negatives"] === undefined
    ? undefined
    : readReference(keys["negatives"], [...path, "negatives"], findings);
  const common = validate(
    z.object({
      pairs: z.enum(["cross", "unordered", "same", "all"]).default("cross"),
      weight: z.number().min(0).default(1),
    }),
    keys,
    path,
    `"loss"`,
    findings,
  );
  const options = definition && validate(
    definition.options,
    rest(keys, "loss", "between", "negatives", "pairs", "weight"),
    path,
    `"loss: ${definition.name}"`,
    findings,
  );
  const [a, b] = between;
  if (!definition || options === undefined || !common || !a || !b) {
    return undefined;
  }
  return {
    kind: "loss",
    definition,
    options,
    between: [a, b],
    ...common,
    ...(negatives ? { negatives } : {}),
  };
};

/** Reader of each kind, by the key that names it. */
const READERS: Readonly<Record<string, Reader>> = {
  augment: readAugment,
  encode: readModule("encode"),
  project: readModule("project"),
  predict: readModule("predict"),
  ema: readEma,
  stop_gradient: readStopGradient,
  queue: readQueue,
  nearest: readNearest,
  loss: readLoss,
};

/** Keys that say what kind of stage it is. */
const STAGE_KINDS: readonly string[] = Object.keys(READERS);

/** The kind that was probably meant, from the keys of a stage without one. */
function misspeltKind(
  value: Readonly<Record<string, unknown>>,
): string | undefined {
  for (const key of Object.keys(value)) {
    // `encode resnet`, whose colon is missing.
    const [first = "", ...words] = key.split(/\s+/);
    const near = nearest(first, STAGE_KINDS);
    if (!near || first === "of") continue;
    return words.length > 0
      ? `did you mean "${near}: ${words.join(" ")}"?`
      : `did you mean "${near}" in place of "${key}"?`;
  }
  return undefined;
}

/** Reads one stage; reports what is wrong with it. */
export function parseStage(
  value: unknown,
  path: Path,
  registry: Registry,
  findings: Findings,
): Stage | undefined {
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
    return parseUserStage(value["use"], value, { registry, findings, path });
  }
  const kinds = Object.keys(value).filter((key) => Object.hasOwn(READERS, key));
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const meant = kind === undefined ? misspeltKind(value) : undefined;
    findings.error(
      kind === undefined ? "missing-key" : "unknown-key",
      path,
      kind === undefined
        ? "Cannot tell what kind of stage this is"
        : `Cannot be "${kinds.join('" and "')}" at once`,
      {
        at: "key",
        hints: [
          ...(meant ? [meant] : []),
          `expected one of the keys "${STAGE_KINDS.join('", "')}"`,
        ],
      },
    );
    return undefined;
  }
  return READERS[kind]?.({ registry, findings, path, keys: value });
}

/**
 * `{ use: ./mine.ts, ... }`: the module's definition tells the kind, and
 * `role` which role of a network it plays.
 */
function parseUserStage(
  file: string,
  value: Readonly<Record<string, unknown>>,
  { registry, findings, path }: Omit<Reading, "keys">,
): Stage | undefined {
  const { use: _, role, ...keys } = value;
  const named = ({ name }: { readonly name: string }): boolean => name === file;
  const module = registry.modules.find(named);
  const kind = registry.losses.some(named)
    ? "loss"
    : module && (role ?? module.roles[0]);
  if (module && !module.roles.some((one) => one === kind)) {
    unknownName(
      role,
      [...path, "role"],
      "the role",
      module.roles,
      findings,
    );
    return undefined;
  }
  if (typeof kind !== "string") {
    if (!findings.has([...path, "use"])) {
      findings.error(
        "custom-stage",
        [...path, "use"],
        `Cannot use "${file}" as a stage: no loss and no network was loaded from it`,
        { hints: ["transforms stand in the list of an augment stage"] },
      );
    }
    return undefined;
  }
  if (Object.hasOwn(keys, kind)) {
    findings.error(
      "unknown-key",
      [...path, kind],
      `Cannot use "${kind}" beside "use"`,
      { at: "key", hints: [`"use" names the stage; take one of them away`] },
    );
    return undefined;
  }
  return READERS[kind]?.({
    registry,
    findings,
    path,
    keys: { [kind]: file, ...keys },
  });
}
