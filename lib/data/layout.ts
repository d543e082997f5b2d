/** @file Which images are for training and what their classes are, by their paths. */
import { UserError } from "../errors.ts";
import { chosenNames, type Names } from "./names.ts";
import { epochOrder } from "./shuffle.ts";
import type { SkippedFile } from "./source.ts";
import { byTop, findSplits, folderList, roleOf } from "./splits.ts";

/** Images of one split. */
export interface SplitPlan {
  /** Paths in the order of the images. */
  readonly paths: Names;
  /** Class of each; absent when the images have no labels. */
  readonly labels?: Int32Array;
  /** First image of each part that is read from its beginning; absent where images are read in any order. */
  readonly parts?: Int32Array;
}

/** Some images of a split. @param places Of them, ascending. */
export function someOf(
  { paths, labels, parts }: SplitPlan,
  places: Int32Array,
): SplitPlan {
  let kept = 0;
  return {
    paths: chosenNames(paths, places),
    ...(labels
      ? { labels: places.map((place) => labels[place] as number) }
      : {}),
    ...(parts
      ? {
        parts: parts.map((start) => {
          while (kept < places.length && (places[kept] as number) < start) {
            kept++;
          }
          return kept;
        }),
      }
      : {}),
  };
}

/** What is to be decoded. */
export interface Plan {
  readonly train: SplitPlan;
  readonly test?: SplitPlan;
  readonly classes?: readonly string[];
  /** What was decided about the layout, a line each. */
  readonly remarks?: readonly string[];
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

const KNOWN: ReadonlySet<string> = new Set(EXTENSIONS);

/** Endings of images that are not read. */
const UNREAD =
  /\.(heic|heif|bmp|jp2|j2k|jxl|tga|p[bgnp]m|psd|ico|exr|hdr|dng|cr2|cr3|nef|arw|svg|nii(\.gz)?|mha|nrrd|npz|mat|h5|hdf5)$/i;

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

/** Why a file is not taken for an image; `undefined` when it is. */
export function notAnImage(path: string): string | undefined {
  const name = nameOf(path);
  if (KNOWN.has(name.slice(name.lastIndexOf(".")).toLowerCase())) {
    return undefined;
  }
  const unread = UNREAD.exec(name)?.[0].toLowerCase();
  return unread
    ? `${unread} is a format that is not read: convert it to PNG, TIFF or JPEG`
    : `its name does not end in one of ${EXTENSIONS.join(", ")}`;
}

/** Error for a place that holds no image. */
export function noImages(
  where: string,
  skipped: readonly SkippedFile[],
  cure = 'Check the path under "data".',
): UserError {
  const first = skipped.find(({ path }) => UNREAD.test(path)) ?? skipped[0];
  const others = first
    ? ` (${skipped.length} other files, such as ${first.path}: ${first.reason})`
    : "";
  return new UserError(
    `Cannot find images in ${where}${others}: expected <class>/<image> or <image>, ending in one of ${
      EXTENSIONS.join(", ")
    }.\n${cure}`,
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
export function splitByFraction(
  split: SplitPlan,
  fraction: number,
  where: string,
): Pick<Plan, "train" | "test"> {
  const { paths, labels } = split;
  const shuffled = epochOrder(0, 0, paths.length);
  // Sorting is stable, so that inside of a class the order stays random.
  if (labels) shuffled.sort((a, b) => (labels[a] ?? 0) - (labels[b] ?? 0));
  const held = new Uint8Array(paths.length);
  shuffled.forEach((image, i) => {
    held[image] = Math.floor((i + 1) * fraction) - Math.floor(i * fraction);
  });
  const side = (test: number): Int32Array =>
    Int32Array.from(
      function* () {
        for (let i = 0; i < held.length; i++) if (held[i] === test) yield i;
      }(),
    );
  const [train, test] = [side(0), side(1)];
  if (train.length === 0 || test.length === 0) {
    throw new UserError(
      `Cannot hold out ${fraction} of the ${paths.length} images in ${where}: one side would be empty.\nChange "test" under "data".`,
    );
  }
  return { train: someOf(split, train), test: someOf(split, test) };
}

/** Paths of the splits that a set has already. */
interface SplitPaths {
  readonly train: readonly string[];
  readonly trainName: string;
  readonly test?: readonly string[];
  readonly testName?: string;
  readonly remarks: readonly string[];
}

const unclearSplits = (
  where: string,
  reason: string,
  [train, test]: readonly [string, string] = ["train", "test"],
): UserError =>
  new UserError(
    `Cannot tell the splits of ${where}: ${reason}.\nSay which is which under "data", such as path: ${where}/${train} and test: ${where}/${test}, or move what does not belong there away.`,
  );

/** Splits by their names, when there are some. */
function splitFolders(
  paths: readonly string[],
  where: string,
  classed: boolean,
): SplitPaths | undefined {
  const top = byTop(paths);
  const splits = findSplits([...top.keys()]);
  if (!splits) {
    if (classed) checkNested(top, where);
    return undefined;
  }
  if ("unclear" in splits) {
    throw unclearSplits(where, splits.unclear, splits.such);
  }
  const { train, test, unused } = splits;
  const below = (name: string) => top.get(name) ?? [];
  const [inner = "", ...others] = [...byTop(below(train)).keys()];
  if (others.length === 0 && inner && (inner === train || roleOf(inner))) {
    const inside = (name: string): string =>
      `${where}/${name}/${[...byTop(below(name)).keys()][0]}`;
    throw new UserError(
      `Cannot tell the splits of ${where}: ${train}/ has nothing but ${inner}/ in it.\nSet path: ${
        inside(train)
      }${test === undefined ? "" : ` and test: ${inside(test)}`} under "data".`,
    );
  }
  return {
    train: below(train),
    trainName: train,
    ...(test === undefined ? {} : { test: below(test), testName: test }),
    remarks: unused.map((name) =>
      `${name}/ (${
        below(name).length
      } images) is neither trained on nor tested with: ${test}/ is there to test with`
    ),
  };
}

/** Refuses splits that lie where classes are expected. */
function checkNested(
  top: ReadonlyMap<string, readonly string[]>,
  where: string,
): void {
  const [only = "", below = []] = [...top][0] ?? [];
  if (top.size === 1 && only) {
    const names = [...byTop(below).keys()];
    const inner = findSplits(names);
    if (inner && !("unclear" in inner) && inner.test) {
      throw new UserError(
        `Cannot take ${only}/ for the only class of ${where}: it has the splits ${
          folderList(names)
        }.\nSet path: ${where}/${only} under "data".`,
      );
    }
  }
  const classes = [...byTop(below).keys()];
  if (top.size === 1 && only && classes.length > 1 && !classes.includes("")) {
    throw new UserError(
      `Cannot take ${only}/ for the only class of ${where}: it has the folders ${
        folderList(classes.slice(0, 5))
      }${
        classes.length > 5 ? " ..." : ""
      }.\nSet path: ${where}/${only} under "data" if these are the classes, or labels: false if there are none.`,
    );
  }
  for (const [name, paths] of top) {
    if (!roleOf(name)) continue;
    const twin = [...byTop(paths).keys()].find((one) => one && top.has(one));
    if (twin === undefined) continue;
    throw unclearSplits(
      where,
      `${name}/ is a split by name and has a folder ${twin}/, but so has ${where} itself`,
    );
  }
}

const IMAGES = /^(images?|imgs?|jpegimages|inputs?|photos|pictures)$/i;
const MASKS =
  /^(masks?|labels?|annotations?|segmentations?|segmentationclass|ground_?truths?|gt)$/i;

/** Refuses pictures and what is marked in them as two classes. */
function checkMasks(names: readonly string[], where: string): void {
  const images = names.find((name) => IMAGES.test(name));
  const masks = names.find((name) => MASKS.test(name));
  if (!images || !masks) return;
  throw new UserError(
    `Cannot take ${images}/ and ${masks}/ of ${where} for classes: by their names one has images, the other what is marked in them.\nSet path: ${where}/${images} under "data".`,
  );
}

/** What is to be said of folders below those of the classes. */
function nestedRemarks(
  paths: readonly string[],
  classes: readonly string[] | undefined,
): string[] {
  if (!classes || classes.length < 2) return [];
  const inner = new Map<string, Set<string>>();
  let first: string | undefined;
  for (const path of paths) {
    const from = path.indexOf("/") + 1;
    const end = path.indexOf("/", from);
    if (end < 0) continue;
    first ??= path.slice(0, end + 1);
    const top = path.slice(0, from - 1);
    const names = inner.get(top) ?? new Set();
    inner.set(top, names.add(path.slice(from, end)));
  }
  if (first === undefined) return [];
  const all = [...inner.values()].map((names) => [...names].sort().join("/ "));
  const [same = ""] = new Set(all).size === 1 ? all : [];
  return [
    `classes are the folders at the top; those below them, such as ${first}, do not count${
      all.length === classes.length && same.includes("/ ")
        ? `. Each has the same ones, ${same}/: if these are the classes, list them in a table (labels)`
        : ""
    }`,
  ];
}

/** Held-out images from elsewhere. */
export interface HeldOut {
  readonly paths: readonly string[];
  /** For messages. */
  readonly where: string;
}

/** Refuses images to test with that are split themselves. */
function checkHeld({ paths, where }: HeldOut): void {
  const found = findSplits([...byTop(paths).keys()]);
  if (!found || "unclear" in found || !found.test) return;
  throw new UserError(
    `Cannot test with ${where}: it has splits of its own, ${
      folderList([found.train, found.test])
    }.\nSet test: ${where}/${found.test} under "data".`,
  );
}

/**
 * Sorts images into splits and classes.
 *
 * `<class>/...` is labelled by the first folder, images at the top have no
 * labels; either may stand below folders that are splits by their names. Where
 * only one side has labels, it keeps them; what can be judged then, is for the
 * evaluation to say.
 *
 * @param paths Of images, with `/` between folders, in any order.
 * @param test Share of the images to hold out, in 0..1, or images from elsewhere.
 * @param where For messages.
 * @param classed Whether folders are classes.
 * @throws {UserError} When the paths do not tell.
 */
export function planLayout(
  paths: readonly string[],
  test: number | HeldOut | undefined,
  where: string,
  classed = true,
): Plan {
  const sorted = [...paths].sort(byCodePoint);
  const split = splitFolders(sorted, where, classed);
  const classesIn = (paths: readonly string[], where: string) =>
    classed ? classesOf(paths, where) : undefined;
  if (split?.testName && test !== undefined) {
    throw new UserError(
      `Cannot use "test" under "data": ${where} has a folder ${split.testName}/ to test with already.\nLeave "test" out, or set path: ${where}/${split.trainName}.`,
    );
  }
  const trainPaths = split?.train ?? sorted;
  const trainWhere = split ? `${where}/${split.trainName}` : where;
  const known = classesIn(trainPaths, trainWhere);
  if (known) checkMasks(known, trainWhere);
  const prefix = split ? `${split.trainName}/` : "";
  const remarks = [
    ...split?.remarks ?? [],
    ...classed ? [] : ["folders are no classes (labels: false)"],
    ...nestedRemarks(trainPaths, known),
  ];
  const told = () => remarks.length > 0 ? { remarks } : {};
  if (typeof test === "number" || (!split?.test && !test)) {
    const train = splitPlan(trainPaths, prefix, known);
    const named = known ? { classes: known } : {};
    return typeof test === "number"
      ? { ...splitByFraction(train, test, where), ...named, ...told() }
      : { train, ...named, ...told() };
  }
  const held = split?.test
    ? { paths: split.test, where: `${where}/${split.testName}` }
    : test as HeldOut;
  if (!split?.test) checkHeld(held);
  const heldPaths = [...held.paths].sort(byCodePoint);
  const heldClasses = classesIn(heldPaths, held.where);
  const strangers = heldClasses?.filter((name) => !known?.includes(name)) ?? [];
  if (known && strangers.length > 0) {
    remarks.push(
      `${strangers.length} of the classes of ${held.where} (${
        strangers.slice(0, 5).join(", ")
      }${strangers.length > 5 ? ", ..." : ""}) ${
        strangers.length > 1 ? "have" : "has"
      } no image to train on`,
    );
  }
  const classes = known || heldClasses
    ? [...new Set([...known ?? [], ...heldClasses ?? []])].sort(byCodePoint)
    : undefined;
  return {
    train: splitPlan(trainPaths, prefix, known && classes),
    test: splitPlan(
      heldPaths,
      split?.test ? `${split.testName}/` : "",
      heldClasses && classes,
    ),
    ...(classes ? { classes } : {}),
    ...told(),
  };
}
