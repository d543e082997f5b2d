/** @file Files and folders that systems leave among images: previews, indices, waste. */

/** Names in lower case. */
const NAMES: ReadonlySet<string> = new Set([
  "@eadir",
  "@recycle",
  "#recycle",
  "#snapshot",
  "$recycle.bin",
  "__macosx",
  "__pycache__",
  "desktop.ini",
  "ehthumbs.db",
  "lost+found",
  "system volume information",
  "thumbs.db",
]);

const isSystem = (name: string): boolean =>
  name.startsWith(".") || NAMES.has(name.toLowerCase()) ||
  name.endsWith("@SynoEAStream");

/** The part of a path that is the system's, such as `@eaDir` or `._1.jpg`. */
export const systemPart = (path: string): string | undefined =>
  path.split("/").find(isSystem);

/** Whether a file or folder is the system's. */
export const isHidden = (path: string): boolean =>
  systemPart(path) !== undefined;

/** A line about what was left out so; none where nothing was. */
export function systemRemark(
  parts: Iterable<string>,
): readonly string[] {
  const names = [
    ...new Set(
      Array.from(parts, (name) => name.startsWith("._") ? "._*" : name),
    ),
  ].sort();
  if (names.length === 0) return [];
  const shown = names.slice(0, 5).join(", ");
  return [
    `left out as the system's own: ${shown}${names.length > 5 ? ", ..." : ""}`,
  ];
}
