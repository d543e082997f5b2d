/** @file Which images are for training and what their classes are, by their paths. */
import { UserError } from "../errors.ts";
import { epochOrder } from "./shuffle.ts";
import type { SkippedFile } from "./source.ts";

/** Images of one split. */
export interface SplitPlan {
  /** Paths in the order of the images. */
  readonly paths: readonly string[];
  /** Class of each; absent when the images have no labels. */
  readonly labels?: Int32Array;
}

/** What is to be decoded. */
export interface Plan {
  readonly train: SplitPlan;
  readonly test?: SplitPlan;
  readonly classes?: readonly string[];
}

const EXTENSIONS = [
  ".avif",
  ".dcm",
  ".dicom",
  ".gif",
  ".jfif",
  ".jpe",
  ".jpeg",
  ".jpg",
  ".npy",
  ".png",
  ".tif",
  ".tiff",
  ".webp",
] as const;

const HELD_OUT = ["test", "val"] as const;

/** Order of texts by code point: the same on every machine. */
export function byCodePoint(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    if (a.charCodeAt(i) !== b.charCodeAt(i)) {
      return (a.codePointAt(i) ?? 0) - (b.codePointAt(i) ?? 0);
    }
  }
  return a.length - b.length;
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** Whether a file or folder is the system's, such as `.DS_Store` or `._1.jpg`. */
export const isHidden = (path: string): boolean =>
  path.split("/").some((part) => part.startsWith(".") || part === "__MACOSX");

/** Why a file is not taken for an image; `undefined` when it is. */
export function notAnImage(path: string): string | undefined {
  const name = nameOf(path).toLowerCase();
  return EXTENSIONS.some((extension) => name.endsWith(extension))
    ? undefined
    : `its name does not end in one of ${EXTENSIONS.join(", ")}`;
}

/** Error for a place that holds no image. */
export function noImages(
  where: string,
  skipped: readonly SkippedFile[],
): UserError {
  const [first] = skipped;
  const others = first
    ? ` (${skipped.length} other files, such as ${first.path}: ${first.reason})`
    : "";
  return new UserError(
    `Cannot find images in ${where}${others}: expected <class>/<image> or <image>, ending in one of ${
      EXTENSIONS.join(", ")
    }.\nCheck the path under "data".`,
  );
}

/** Classes of paths `<class>/...`; `undefined` when all images lie at the top. */
function classesOf(
  paths: readonly string[],
  where: string,
): readonly string[] | undefined {
  const names = new Set<string>();
  let loose: string | undefined;
  for (const path of paths) {
    const slash = path.indexOf("/");
    if (slash < 0) loose ??= path;
    else names.add(path.slice(0, slash));
  }
  if (loose === undefined) return [...names].sort(byCodePoint);
  if (names.size === 0) return undefined;
  throw new UserError(
    `Cannot tell the classes of ${where}: ${loose} lies beside the class folder ${
      [...names].sort(byCodePoint)[0]
    }/. Expected every image in a class folder, or all of them at the top without classes.\nMove the loose images into a class folder, or away.`,
  );
}

function splitPlan(
  paths: readonly string[],
  prefix: string,
  classes: readonly string[] | undefined,
): SplitPlan {
  const full = paths.map((path) => prefix + path);
  if (!classes) return { paths: full };
  const index = new Map(classes.map((name, i) => [name, i]));
  const labels = Int32Array.from(
    paths,
    (path) => index.get(path.slice(0, path.indexOf("/"))) as number,
  );
  return { paths: full, labels };
}

/**
 * Takes an even share of every class, chosen by a fixed shuffle: the same
 * images go to the same side on every machine.
 */
function splitByFraction(
  { paths, labels }: SplitPlan,
  fraction: number,
  where: string,
): Pick<Plan, "train" | "test"> {
  const shuffled = [...epochOrder(0, 0, paths.length)];
  // Array.sort is stable, so that inside of a class the order stays random.
  if (labels) shuffled.sort((a, b) => (labels[a] ?? 0) - (labels[b] ?? 0));
  const held = new Set(
    shuffled.filter((_, i) =>
      Math.floor((i + 1) * fraction) > Math.floor(i * fraction)
    ),
  );
  if (held.size === 0 || held.size === paths.length) {
    throw new UserError(
      `Cannot hold out ${fraction} of the ${paths.length} images in ${where}: one side would be empty.\nChange "test" under "data".`,
    );
  }
  const side = (test: boolean): SplitPlan => {
    const taken = (_: unknown, i: number) => held.has(i) === test;
    return {
      paths: paths.filter(taken),
      ...(labels ? { labels: labels.filter(taken) } : {}),
    };
  };
  return { train: side(false), test: side(true) };
}

/** Paths below `train/` and `test/` or `val/`, when there is nothing else. */
function splitFolders(
  paths: readonly string[],
  where: string,
): { train: string[]; test?: string[]; name?: string } | undefined {
  const top = new Map<string, string[]>();
  for (const path of paths) {
    const slash = path.indexOf("/");
    const name = slash < 0 ? "" : path.slice(0, slash);
    const below = top.get(name);
    if (below) below.push(path.slice(slash + 1));
    else top.set(name, [path.slice(slash + 1)]);
  }
  const train = top.get("train");
  const known: readonly string[] = ["train", ...HELD_OUT];
  if (!train || [...top.keys()].some((name) => !known.includes(name))) {
    return undefined;
  }
  const held = HELD_OUT.filter((name) => top.has(name));
  if (held.length > 1) {
    throw new UserError(
      `Cannot tell which images of ${where} to test with: it has both test/ and val/, expected one of them.\nLeave one of them out.`,
    );
  }
  const [name] = held;
  const test = name === undefined ? undefined : top.get(name);
  return name !== undefined && test ? { train, test, name } : { train };
}

/** Held-out images from elsewhere. */
export interface HeldOut {
  readonly paths: readonly string[];
  /** For messages. */
  readonly where: string;
}

/**
 * Sorts images into splits and classes.
 *
 * `<class>/...` is labelled by the first folder, images at the top have no
 * labels; either may stand below `train/` and `test/` (or `val/`).
 *
 * @param paths Of images, with `/` between folders, in any order.
 * @param test Share of the images to hold out, in 0..1, or images from elsewhere.
 * @param where For messages.
 * @throws {UserError} When the paths do not tell.
 */
export function planLayout(
  paths: readonly string[],
  test: number | HeldOut | undefined,
  where: string,
): Plan {
  const sorted = [...paths].sort(byCodePoint);
  const split = splitFolders(sorted, where);
  if (split?.test && test !== undefined) {
    throw new UserError(
      `Cannot use "test" under "data": ${where} has a folder ${split.name}/ to test with already.\nLeave "test" out.`,
    );
  }
  const trainPaths = split?.train ?? sorted;
  const trainWhere = split ? `${where}/train` : where;
  const classes = classesOf(trainPaths, trainWhere);
  const named = classes ? { classes } : {};
  const train = splitPlan(trainPaths, split ? "train/" : "", classes);
  if (typeof test === "number") {
    return { ...splitByFraction(train, test, where), ...named };
  }
  const held = split?.test
    ? { paths: split.test, where: `${where}/${split.name}` }
    : test;
  if (!held) return { train, ...named };
  const heldPaths = [...held.paths].sort(byCodePoint);
  checkClasses(classesOf(heldPaths, held.where), classes, held, trainWhere);
  const prefix = split?.test ? `${split.name}/` : "";
  return { train, test: splitPlan(heldPaths, prefix, classes), ...named };
}

function checkClasses(
  found: readonly string[] | undefined,
  expected: readonly string[] | undefined,
  { where }: HeldOut,
  trainWhere: string,
): void {
  const show = (classes: readonly string[] | undefined): string =>
    classes ? "class folders" : "images without classes";
  const stranger = found?.find((name) => !expected?.includes(name));
  if (!found !== !expected) {
    throw new UserError(
      `Cannot test with ${where}: it has ${
        show(found)
      }, but ${trainWhere} has ${show(expected)}. Expected the same of both.`,
    );
  }
  if (stranger !== undefined) {
    throw new UserError(
      `Cannot test with ${where}: there is no class "${stranger}" in ${trainWhere}. Expected the same class folders in both.`,
    );
  }
}
