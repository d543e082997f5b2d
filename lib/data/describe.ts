/** @file What a set is, in a line that is read before training. */
import { counted } from "../counted.ts";
import type { Images, LoadedData, SkippedFile } from "./source.ts";

/** Names of classes that are told; of more, the first ones. */
const MOST_NAMES = 8;
/** Classes that differ so much in their numbers of images are told of. */
const UNEVEN = 3;
/** Kinds of files that are told of. */
const MOST_KINDS = 4;

const number = (value: number): string => value.toLocaleString("en-US");

/** Classes that have an image. */
function present({ labels }: Images): number {
  return new Set(labels ?? []).size;
}

function classText({ train, test }: LoadedData): string {
  const named = train.classes ?? test?.classes;
  const count = named?.length ?? Math.max(
    present(train),
    test ? present(test) : 0,
  );
  if (!train.labels && !test?.labels) return "no labels";
  const names = named?.slice(0, MOST_NAMES).join(", ");
  const more = (named?.length ?? 0) > MOST_NAMES ? ", ..." : "";
  return `${counted(count, "class", "classes")}${
    names ? ` (${names}${more})` : ""
  }`;
}

/** Images of each class, by its number. */
function sizes({ labels }: Images, count: number): number[] {
  const found = new Array<number>(count).fill(0);
  for (const label of labels ?? []) found[label] = (found[label] ?? 0) + 1;
  return found;
}

/** Classes of very different sizes, and such that are not tested with. */
function* classLines({ train, test }: LoadedData): Generator<string> {
  const { classes = [] } = train;
  if (!train.labels || classes.length < 2) return;
  const own = sizes(train, classes.length);
  const nameAt = (size: number): string => classes[own.indexOf(size)] as string;
  const [least, most] = [
    Math.min(...own.filter((size) => size > 0)),
    Math.max(...own),
  ];
  if (most >= UNEVEN * least) {
    yield `from ${number(least)} (${nameAt(least)}) to ${number(most)} (${
      nameAt(most)
    }) images of a class to train on`;
  }
  if (!test?.labels) return;
  const held = sizes(test, classes.length);
  const without = classes.filter((_, i) => (own[i] ?? 0) > 0 && held[i] === 0);
  if (without.length > 0) {
    yield `no image to test with of ${
      counted(without.length, "class", "classes")
    } (${without.slice(0, MOST_NAMES).join(", ")}${
      without.length > MOST_NAMES ? ", ..." : ""
    })`;
  }
}

/** Classes whose names differ in case, spaces or the way a number is written alone. */
function* likeNames({ train, test }: LoadedData): Generator<string> {
  const names = train.classes ?? test?.classes ?? [];
  const plain = (name: string): string => {
    const text = name.trim().toLowerCase().replace(/[-_\s]+/g, " ");
    const value = Number(text);
    return text === "" || Number.isNaN(value) ? text : String(value);
  };
  const seen = new Map<string, string>();
  const pairs: string[] = [];
  for (const name of names) {
    const twin = seen.get(plain(name));
    if (twin === undefined) seen.set(plain(name), name);
    else pairs.push(`"${twin}" and "${name}"`);
  }
  if (pairs.length > 0) {
    yield `classes of nearly the same name: ${pairs.slice(0, 3).join(", ")}${
      pairs.length > 3 ? ", ..." : ""
    }`;
  }
}

/** Files that were left out, a line for each kind. */
function* leftOut({ skipped }: LoadedData): Generator<string> {
  const others = new Map<string, number>();
  const faults = new Map<string, SkippedFile[]>();
  for (const file of skipped) {
    const foreign = /^its name does not end/.test(file.reason);
    const ending = /\.[^./ ]+(?= in |$)/.exec(file.path)?.[0] ?? "no ending";
    if (foreign) others.set(ending, (others.get(ending) ?? 0) + 1);
    else {
      const same = faults.get(file.reason) ?? [];
      faults.set(file.reason, [...same, file]);
    }
  }
  const most = (map: Map<string, number>): string =>
    [...map].sort(([, a], [, b]) => b - a).slice(0, MOST_KINDS)
      .map(([ending, count]) => `${number(count)} of ${ending}`).join(", ");
  if (others.size > 0) {
    yield `left out, being no images by their names: ${most(others)}${
      others.size > MOST_KINDS ? ", ..." : ""
    }`;
  }
  // One kind alone is told of when the files are left out.
  if (others.size === 0 && faults.size === 1) return;
  const kinds = [...faults].sort(([, a], [, b]) => b.length - a.length);
  for (const [reason, files] of kinds.slice(0, MOST_KINDS)) {
    yield `left out: ${counted(files.length, "file")}, such as ${
      files[0]?.path
    }: ${reason}`;
  }
}

/** The set in one line; what was made of its files in further ones. */
export function describeData(data: LoadedData): readonly string[] {
  const { train, test, skipped, remarks = [] } = data;
  const { width, height, channels } = train;
  const left = skipped.length > 0
    ? [`${counted(skipped.length, "file")} left out`]
    : [];
  return [
    [
      `${counted(train.count, "image")} to train on`,
      test ? `${number(test.count)} to test with` : "none to test with",
      classText(data),
      `${width}x${height} pixels of ${counted(channels, "channel")}`,
      ...left,
    ].join(", "),
    ...classLines(data),
    ...likeNames(data),
    ...leftOut(data),
    ...remarks,
  ];
}
