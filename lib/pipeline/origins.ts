/** @file Where each value of a resolved pipeline comes from. */
import type { Path } from "../diagnostics/diagnostic.ts";
import { headRecipe, type Registry } from "../model/registry.ts";
import { isRecord } from "../diagnostics/validate.ts";

/** Where a value was written, if it was. */
export type Origin =
  /** In the file, or by an override, at this path. */
  | { readonly kind: "written"; readonly path: Path }
  | { readonly kind: "preset"; readonly name: string }
  | { readonly kind: "default" };

/** A part of what was written, as one walks down a resolved path. */
interface Place {
  readonly value: unknown;
  readonly origin: Origin;
}

const DEFAULT: Origin = { kind: "default" };
const NOWHERE: Place = { value: undefined, origin: DEFAULT };

type Presets = Pick<Registry, "presets" | "heads" | "stages">;

/** Which of a preset's lists of transforms a view takes. */
type PickList = (lists: number, view: number) => number;

/** Alone, a preset of one list gives it to every view. */
const ALONE: PickList = (lists, view) => lists > 1 ? view : 0;
/** In `each`, a preset gives the list at its place, or its last. */
const IN_EACH: PickList = (lists, view) => Math.min(view, lists - 1);

/** The part below a key, where there is one. */
function below({ value, origin }: Place, key: string | number): Place {
  const inner = Array.isArray(value)
    ? value[Number(key)]
    : isRecord(value)
    ? value[key]
    : undefined;
  if (inner === undefined) {
    // `cosine` is short for `{ cosine: {} }`.
    return value === key ? { value: {}, origin } : NOWHERE;
  }
  return {
    value: inner,
    origin: origin.kind === "written"
      ? { kind: "written", path: [...origin.path, key] }
      : origin,
  };
}

/** The list of transforms of one view, as it was written or as a preset has it. */
function viewList(
  place: Place,
  view: number,
  presets: Registry["presets"],
  pick: PickList,
): Place {
  if (typeof place.value !== "string") return place;
  const views = presets[place.value]?.views ?? [];
  return {
    value: views[pick(views.length, view)],
    origin: { kind: "preset", name: place.value },
  };
}

/** Below `augment`, which resolves to `{ each: [...] }` whatever was written. */
function belowAugment(
  place: Place,
  path: Path,
  presets: Registry["presets"],
): Place {
  const [, view, ...rest] = path;
  if (view === undefined) return place;
  const written = isRecord(place.value) ? place.value["each"] : undefined;
  const list = Array.isArray(written)
    ? viewList(
      below(below(place, "each"), Number(view)),
      Number(view),
      presets,
      IN_EACH,
    )
    : viewList(place, Number(view), presets, ALONE);
  return rest.reduce(below, list);
}

/** Below a stage: what it says, then what the preset of its head says. */
function belowStage(place: Place, path: Path, registry: Presets): Place {
  const written = path.reduce(below, place);
  const [key = ""] = path;
  const keys = isRecord(place.value) ? place.value : {};
  for (const role of Object.keys(keys)) {
    const name = keys[role];
    const recipe = headRecipe(registry, role, name);
    if (!recipe) continue;
    const origin: Origin = { kind: "preset", name: String(name) };
    if (key === role) return { value: recipe.network, origin };
    if (Object.hasOwn(keys, key)) return written;
    return path.reduce(below, { value: recipe.options, origin });
  }
  return written;
}

/** Sections that may be written as one value, and the keys that it is for. */
const SHORT_FORMS: Readonly<Record<string, readonly (string | number)[]>> = {
  monitor: ["collapse"],
  evaluate: ["knn", "linear"],
};

/**
 * Where the value at a path of the resolved pipeline comes from.
 *
 * @param written The file's data, after overrides.
 */
export function originOf(
  path: Path,
  written: unknown,
  registry: Presets,
): Origin {
  let place: Place = { value: written, origin: { kind: "written", path: [] } };
  for (const [i, key] of path.entries()) {
    if (i === 2 && path[0] === "stages") {
      const rest = path.slice(i);
      return key === "augment"
        ? belowAugment(below(place, key), rest.slice(1), registry.presets)
          .origin
        : belowStage(place, rest, registry).origin;
    }
    const short = i === 1 ? SHORT_FORMS[String(path[0])] : undefined;
    if (short !== undefined && !isRecord(place.value)) {
      if (!short.includes(key) || place.value === undefined) return DEFAULT;
      continue;
    }
    place = below(place, key);
  }
  return place.origin;
}
