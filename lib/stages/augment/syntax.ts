/** @file How augmentations are written: presets, lists, and one of these a view. */
import { z } from "zod";
import type { Path } from "../../diagnostics/diagnostic.ts";
import {
  isRecord,
  readChoice,
  reportUnknownKeys,
  show,
  unknownName,
  validate,
} from "../../diagnostics/validate.ts";
import { type AugmentPreset, sizedPreset } from "../presets.ts";
import type { JsonSchema, Reading, Syntax } from "../syntax.ts";
import { isUserFile } from "../user_file.ts";
import { choiceSchema, fromZod, mapSchema, USER_TRANSFORM } from "../json.ts";
import { side } from "../transforms/options.ts";
import { augmentPlace, isTransform } from "./origin.ts";
import type { TransformStep } from "./steps.ts";

/** One list of transforms for each view. */
export interface AugmentOptions {
  readonly views: readonly (readonly TransformStep[])[];
}

const names = (all: readonly { readonly name: string }[]): string[] =>
  all.map(({ name }) => name);

function readTransform(
  entry: unknown,
  path: Path,
  { names: { transforms }, findings }: Reading,
): TransformStep | undefined {
  const own = isRecord(entry) && isUserFile(entry["use"])
    ? {
      name: entry["use"],
      options: Object.fromEntries(
        Object.entries(entry).filter(([key]) => key !== "use"),
      ),
      path,
    }
    : undefined;
  const choice = own ??
    readChoice(entry, path, "a transform", names(transforms), findings);
  if (!choice) return undefined;
  const definition = transforms.find((one) => one.name === choice.name);
  if (!definition) {
    unknownName(
      choice.name,
      own ? [...path, "use"] : choice.path,
      "the transform",
      names(transforms),
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
  if (options === undefined) return undefined;
  const idle = definition.idle?.(options);
  if (idle !== undefined) {
    findings.warn(
      "unused-setting",
      choice.path,
      `The transform "${choice.name}" changes no image: ${idle}`,
    );
  }
  return { definition, options };
}

/** A preset by its name. */
const presetOf = (
  value: unknown,
  { names: { presets } }: Pick<Reading, "names">,
): AugmentPreset | undefined =>
  typeof value === "string" && Object.hasOwn(presets, value)
    ? presets[value]
    : undefined;

/** One list of transforms for each view that the value describes. */
function readViews(
  value: unknown,
  path: Path,
  reading: Reading,
): readonly (readonly TransformStep[])[] | undefined {
  const { names: { presets }, findings } = reading;
  const list = (
    entries: readonly unknown[],
    where: (i: number) => Path,
  ): readonly TransformStep[] =>
    entries.flatMap((entry, i) =>
      readTransform(entry, where(i), reading) ?? []
    );
  if (typeof value === "string") {
    const preset = presetOf(value, reading);
    if (preset) {
      if (preset.leftOut) findings.warn("preset-fit", path, preset.leftOut);
      if (preset.enlarges && reading.keys["size"] === undefined) {
        const [message, hint] = preset.enlarges;
        findings.warn("preset-fit", path, message, { hints: [hint] });
      }
      const { views } = sizedPreset(preset, reading.keys["size"]) ?? preset;
      return views.map((entries) => list(entries, () => path));
    }
    unknownName(
      value,
      path,
      "the augmentation",
      Object.keys(presets),
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

/** A list for each of `each`; a preset with several gives the one at its place. */
function readEach(
  each: readonly unknown[],
  path: Path,
  reading: Reading,
): readonly (readonly TransformStep[])[] {
  return each.flatMap((one, i) => {
    const views = readViews(one, [...path, i], reading);
    return views ? [views[Math.min(i, views.length - 1)] ?? []] : [];
  });
}

function readCount(
  { keys, path, findings }: Reading,
  lists: number | undefined,
): number | undefined {
  if (keys["count"] === undefined && lists !== undefined) return lists;
  return validate(
    z.int().min(1).max(16).default(2),
    keys["count"],
    [...path, "count"],
    `"count"`,
    findings,
  );
}

/** Reports a size that is none, or that no preset takes. */
function checkSize(reading: Reading): boolean {
  const { keys, path, findings } = reading;
  const { size, augment } = keys;
  if (size === undefined) return true;
  const where = [...path, "size"];
  if (
    validate(side, size, where, `"size"`, findings) === undefined
  ) return false;
  const each = isRecord(augment) ? augment["each"] : undefined;
  const takes = (Array.isArray(each) ? each : [augment]).some((one) => {
    const preset = presetOf(one, reading);
    return preset && sizedPreset(preset, size);
  });
  if (takes) return true;
  findings.error(
    "unknown-key",
    where,
    `Cannot use "size": it is that of a preset's crops, and there are none`,
    { at: "key", hints: ["in a list: `random_resized_crop: { size: 32 }`"] },
  );
  return false;
}

function read(reading: Reading): AugmentOptions | undefined {
  const { keys, path, findings } = reading;
  reportUnknownKeys(
    Object.keys(keys),
    ["augment", "of", "count", "size"],
    path,
    `"augment"`,
    findings,
  );
  const value = keys["augment"];
  const where = [...path, "augment"];
  const each = isRecord(value) && Array.isArray(value["each"])
    ? value["each"]
    : undefined;
  if (each && isRecord(value)) {
    reportUnknownKeys(
      Object.keys(value),
      ["each"],
      where,
      `"augment"`,
      findings,
    );
  }
  const lists = each
    ? readEach(each, [...where, "each"], reading)
    : readViews(value, where, reading);
  const count = readCount(reading, each && lists?.length);
  // What it is the size of has to be known.
  if (lists && !checkSize(reading)) return undefined;
  if (lists?.length === 0) {
    findings.error("out-of-range", where, "Cannot make no views at all", {
      hints: ["give at least one list of transforms in `each`"],
    });
    return undefined;
  }
  if (!lists || count === undefined) return undefined;
  if (lists.length > 1 && lists.length !== count) {
    findings.error(
      "view-mismatch",
      [...path, keys["count"] === undefined ? "augment" : "count"],
      `Cannot make ${count} view(s) of ${lists.length} lists of transforms`,
      { hints: [`set "count" to ${lists.length}, or give one list for all`] },
    );
    return undefined;
  }
  const views = Array.from(
    { length: count },
    (_, i) => lists[lists.length > 1 ? i : 0] ?? [],
  );
  return { views };
}

const LISTS: readonly JsonSchema[] = [
  { $ref: "#/definitions/preset" },
  { $ref: "#/definitions/transforms" },
];

/** Reads and writes `augment`, `count` and `size`. */
export const augmentSyntax: Syntax<AugmentOptions> = {
  read,
  plain: ({ views }) => ({
    augment: {
      each: views.map((steps) =>
        steps.map(({ definition, options }) => ({ [definition.name]: options }))
      ),
    },
  }),
  place: augmentPlace,
  isChoice: isTransform,
  schema({ transforms, presets }, shared) {
    shared("preset", () => ({
      description: "A named augmentation",
      enum: Object.keys(presets),
      enumDescriptions: Object.values(presets).map(({ summary }) => summary),
    }));
    shared("transforms", () => ({
      description: "Transforms, applied in order",
      type: "array",
      items: {
        anyOf: [choiceSchema("A transform", transforms), USER_TRANSFORM],
      },
    }));
    return {
      augment: {
        description:
          "A preset, a list of transforms, or { each: [...] } with one of these a view",
        anyOf: [
          ...LISTS,
          mapSchema("One preset or list for each view", {
            each: {
              description: "The first is view 0",
              type: "array",
              minItems: 1,
              items: { anyOf: LISTS },
            },
          }, ["each"]),
        ],
      },
      count: {
        description: "Views of each image; 2, or the length of `each`",
        type: "integer",
        minimum: 1,
        maximum: 16,
      },
      size: {
        description:
          "Side of the views that a preset's crops give, in pixels: in place of the preset's own, which by default is the images' height",
        ...fromZod(side),
      },
    };
  },
};
