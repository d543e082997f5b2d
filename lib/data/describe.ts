/** @file What a set is, in a line that is read before training. */
import type { Images, LoadedData } from "./source.ts";

/** Names of classes that are told; of more, the first ones. */
const MOST_NAMES = 8;

const number = (value: number): string => value.toLocaleString("en-US");
const plural = (count: number, what: string, more = `${what}s`): string =>
  `${number(count)} ${count === 1 ? what : more}`;

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
  return `${plural(count, "class", "classes")}${
    names ? ` (${names}${more})` : ""
  }`;
}

/** The set in one line; what was made of its files in further ones. */
export function describeData(data: LoadedData): readonly string[] {
  const { train, test, skipped, remarks = [] } = data;
  const { width, height, channels } = train;
  const left = skipped.length > 0
    ? [`${plural(skipped.length, "file")} left out`]
    : [];
  return [
    [
      `${plural(train.count, "image")} to train on`,
      test ? `${number(test.count)} to test with` : "none to test with",
      classText(data),
      `${width}x${height} pixels of ${plural(channels, "channel")}`,
      ...left,
    ].join(", "),
    ...remarks,
  ];
}
