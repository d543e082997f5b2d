/** @file `--set a.b=value`: changes to a pipeline from the command line. */
import { parse } from "yaml";
import { UserError } from "../../errors.ts";
import type { Path } from "../../diagnostics/diagnostic.ts";
import { isRecord } from "../../diagnostics/validate.ts";
import { nearest } from "../../diagnostics/nearest.ts";
import { below, valueAt } from "./path.ts";

/** Splits `a.b=value`; the value is YAML, and may hold further `=`. */
export function readOverride(text: string): { path: string; value: unknown } {
  const split = text.indexOf("=");
  if (split < 1) {
    throw new UserError(
      `Cannot read --set "${text}": expected key=value, for example --set train.epochs=5`,
    );
  }
  const source = text.slice(split + 1);
  if (/\b__proto__\b/.test(text)) {
    throw new UserError(`Cannot use "__proto__" as a key in --set "${text}".`);
  }
  try {
    return { path: text.slice(0, split), value: parse(source) };
  } catch {
    throw new UserError(
      `Cannot read the value of --set "${text}": "${source}" is not YAML`,
    );
  }
}

/**
 * Key of a map that a dotted path starts with: the longest that fits, since
 * stage names may hold dots.
 */
function firstKey(
  map: Readonly<Record<string, unknown>>,
  path: string,
): string {
  const fits = Object.keys(map).filter((key) =>
    path === key || path.startsWith(`${key}.`)
  );
  return fits.sort((a, b) => b.length - a.length)[0] ??
    path.split(".")[0] as string;
}

/**
 * The value with one part replaced; `null` removes it. Maps that are missing
 * on the way are made; the checks of the pipeline find unknown keys.
 */
export function override(root: unknown, path: string, value: unknown): unknown {
  if (Array.isArray(root)) {
    const [head = "", ...tail] = path.split(".");
    const index = Number(head);
    if (!/^\d+$/.test(head) || index >= root.length) {
      throw new UserError(
        `Cannot set "${path}": "${head}" is not a place in a list of ${root.length}`,
      );
    }
    return root.map((entry, i) => {
      if (i !== index) return entry;
      return tail.length > 0 ? override(entry, tail.join("."), value) : value;
    });
  }
  const map = isRecord(root) ? root : {};
  const key = firstKey(map, path);
  const rest = path.slice(key.length + 1);
  if (rest === "" && value === null) {
    return Object.fromEntries(
      Object.entries(map).filter(([name]) => name !== key),
    );
  }
  const next = rest === "" ? value : override(map[key], rest, value);
  return { ...map, [key]: next };
}

/**
 * Refuses to remove what is not there: a misspelt path would change nothing and
 * say nothing.
 *
 * @throws {UserError} With the nearest key.
 */
export function checkRemoval(root: unknown, path: string): void {
  const full = overridePath(root, path);
  const parent = valueAt(root, full.slice(0, -1));
  const last = full.at(-1);
  if (last !== undefined && below(parent, last) !== undefined) return;
  if (isRecord(parent) && last !== undefined && Object.hasOwn(parent, last)) {
    return;
  }
  const names = isRecord(parent) ? Object.keys(parent) : [];
  const near = nearest(String(last), names);
  throw new UserError(
    `Cannot remove "${path}": it is not there${
      near ? `; did you mean "${near}"?` : "."
    }\nWhat no file says has its default, and needs no removal.`,
  );
}

/** The full path of an override, whose text is ambiguous where names hold dots. */
export function overridePath(root: unknown, path: string): Path {
  const mark = Symbol();
  const find = (value: unknown): Path | undefined => {
    if (value === mark) return [];
    if (typeof value !== "object" || value === null) return undefined;
    for (const [key, inner] of Object.entries(value)) {
      const found = find(inner);
      if (found) return [Array.isArray(value) ? Number(key) : key, ...found];
    }
    return undefined;
  };
  return find(override(root, path, mark)) ?? [];
}
