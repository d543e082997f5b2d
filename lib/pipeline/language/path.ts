/** @file Paths into a pipeline's value. */
import type { Path } from "../../diagnostics/diagnostic.ts";

/** The value below a key; `undefined` where there is none. */
export const below = (value: unknown, key: string | number): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string | number, unknown>)[key]
    : undefined;

/** The value at a path; `undefined` where there is none. */
export const valueAt = (root: unknown, path: Path): unknown =>
  path.reduce(below, root);

/** Whether a path is another or leads on from it. */
export const startsWith = (path: Path, start: Path): boolean =>
  start.every((key, i) => path[i] === key);
