/** @file The key of masks: which patches of an image are seen. */
import {
  type Port,
  ShapeError,
  type Signature,
  type StageKind,
  type Type,
} from "../define.ts";

/** `mask: <name>`. */
export const MASK: StageKind = {
  key: "mask",
  summary: "Which patches of an image are seen, drawn anew for each image",
  what: "the mask",
  look: "value",
};

/** Images whose patches are masked; their pixels are not looked at. */
export const OF: Port = {
  is: ["image"],
  verb: "mask",
  summary: "Images, whose sizes count alone",
};

/**
 * Rows and columns of patches of an image.
 *
 * @throws {ShapeError} When patches do not fill it.
 */
export function gridOf(
  { shape }: Type,
  patch: number,
): readonly [number, number] {
  const [height = 0, width = 0] = shape;
  if (height % patch !== 0 || width % patch !== 0) {
    throw new ShapeError(
      `expected images that patches of ${patch} x ${patch} pixels fill`,
    );
  }
  return [height / patch, width / patch];
}

/**
 * How many of all are seen where a share is hidden.
 *
 * @param what Such as `patches`.
 * @throws {ShapeError} When that is none, or all.
 */
export function visibleOf(all: number, ratio: number, what: string): number {
  const visible = Math.round(all * (1 - ratio));
  if (visible > 0 && visible < all) return visible;
  throw new ShapeError(
    `a share of ${ratio} of ${all} ${what} leaves ${visible} to see`,
  );
}

/**
 * Numbers of some places of an image's patches.
 *
 * @param places What tells them from others, such as `mask.visible[0]`.
 */
export const numbersOf = (
  count: number,
  grid: readonly [number, number],
  places: string,
): Type => ({ is: "mask", shape: [count], dtype: "int32", grid, places });

/** Patches of a view that are seen, and that are hidden. */
export interface Parted {
  readonly grid: readonly [number, number];
  readonly visible: number;
  readonly hidden: number;
}

/** Outputs of a mask that hides a share, `.visible` and `.hidden`, by its name. */
export function partsOf(
  name: string,
  views: readonly Parted[],
): Readonly<Record<"visible" | "hidden", Signature>> {
  const part = (output: "visible" | "hidden"): Signature =>
    views.map((of, view) =>
      numbersOf(of[output], of.grid, `${name}.${output}[${view}]`)
    );
  return { visible: part("visible"), hidden: part("hidden") };
}
