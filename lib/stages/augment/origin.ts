/** @file Where the parts of a resolved augmentation were written. */
import type { Path } from "../../diagnostics/diagnostic.ts";
import { isRecord } from "../../diagnostics/validate.ts";
import { below, NOWHERE, type Place } from "../origin.ts";
import { CROP } from "../presets.ts";
import type { Names } from "../syntax.ts";

/** Which of a preset's lists of transforms a view takes. */
type PickList = (lists: number, view: number) => number;

/** Alone, a preset of one list gives it to every view. */
const ALONE: PickList = (lists, view) => lists > 1 ? view : 0;
/** In `each`, a preset gives the list at its place, or its last. */
const IN_EACH: PickList = (lists, view) => Math.min(view, lists - 1);

/** The list of transforms of one view, as it was written or as a preset has it. */
function viewList(
  place: Place,
  view: number,
  presets: Names["presets"],
  pick: PickList,
): Place {
  if (typeof place.value !== "string") return place;
  const views = presets[place.value]?.views ?? [];
  return {
    value: views[pick(views.length, view)],
    origin: { kind: "preset", name: place.value },
  };
}

/**
 * The place of a resolved path below `augment`, which resolves to
 * `{ each: [...] }` whatever was written.
 */
export function augmentPlace(
  stage: Place,
  [key = "", , view, ...rest]: Path,
  { presets }: Names,
): Place {
  const place = below(stage, key);
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
  const size = below(stage, "size");
  const sized = list.origin.kind === "preset" && size !== NOWHERE &&
    rest[1] === CROP && rest[2] === "size";
  return sized ? rest.slice(3).reduce(below, size) : rest.reduce(below, list);
}

/** Whether a key below `augment` is itself a value: a transform's name. */
export const isTransform = (path: Path): boolean => path.length === 5;
