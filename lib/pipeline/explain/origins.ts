/** @file Where each value of a resolved pipeline comes from. */
import type { Path } from "../../diagnostics/diagnostic.ts";
import {
  definitionsOf,
  headRecipe,
  type Registry,
} from "../../model/registry.ts";
import { below, type Origin, type Place } from "../../stages/origin.ts";
import { isRecord } from "../../diagnostics/validate.ts";

const DEFAULT: Origin = { kind: "default" };

type Presets = Pick<Registry, "presets" | "transforms" | "heads" | "stages">;

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
      const { syntax } = definitionsOf(registry, String(key))[0] ?? {};
      return (syntax?.place(place, rest, registry) ??
        belowStage(place, rest, registry)).origin;
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
