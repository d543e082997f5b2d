/** @file Nested settings, flat. */

/** Values of a nested object by dotted path, lists as JSON. */
export function flattened(
  value: unknown,
  path = "",
  found: Record<string, string> = {},
): Record<string, string> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    for (const [key, below] of Object.entries(value)) {
      flattened(below, path ? `${path}.${key}` : key, found);
    }
  } else if (path) {
    found[path] = typeof value === "string" ? value : JSON.stringify(value);
  }
  return found;
}
