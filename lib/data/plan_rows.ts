/** @file A plan of images whose classes are named one by one, not by folders. */
import { UserError } from "../errors.ts";
import type { Names } from "./names.ts";
import {
  byCodePoint,
  type Plan,
  splitByFraction,
  type SplitPlan,
} from "./layout.ts";

/** Images of one split, with the name of each one's class. */
export interface Rows {
  readonly paths: Names;
  /** `undefined` where an image has none. */
  readonly labels: readonly (string | undefined)[];
  /** First image of each part that is read from its beginning. */
  readonly parts?: Int32Array;
}

const isNumber = (text: string): boolean => /^-?\d+$/.test(text);

/** Names of classes in order: numbers by value, texts by code point. */
export function sortClasses(names: Iterable<string>): string[] {
  const all = [...new Set(names)];
  return all.every(isNumber)
    ? all.sort((a, b) => Number(a) - Number(b))
    : all.sort(byCodePoint);
}

/** Says where there are so many classes that they may be values. */
export function valuesRemark({ train, test, classes = [] }: Plan): string[] {
  const images = train.paths.length + (test?.paths.length ?? 0);
  return images <= 2 || 2 * classes.length <= images ? [] : [
    `${classes.length} classes of ${images} images: "${
      classes[0]
    }" and the others may be values and no classes`,
  ];
}

/** @throws {UserError} When some images have a label and others have none. */
function labelled({ paths, labels }: Rows, where: string): boolean {
  const missing = labels.filter((label) => label === undefined).length;
  if (missing === 0) return labels.length > 0;
  if (missing === labels.length) return false;
  const first = labels.indexOf(undefined);
  throw new UserError(
    `Cannot tell the classes of ${where}: ${missing} of ${labels.length} images have no label, such as ${
      paths.at(first)
    }.\nGive all of them one, or none.`,
  );
}

/**
 * A plan of rows, in their order.
 *
 * @param test Rows to test with, or the share of the others to hold out.
 * @param classes Names of all classes where the set tells them; by default
 * those that occur.
 * @throws {UserError} When only some images have labels.
 */
export function planRows(
  train: Rows,
  test: Rows | number | undefined,
  where: string,
  classes?: readonly string[],
): Plan {
  const held = typeof test === "object" ? test : undefined;
  const known = labelled(train, where);
  const judged = held ? labelled(held, where) : false;
  const named = (rows: Rows | undefined): string[] =>
    (rows?.labels ?? []).filter((label) => label !== undefined);
  const names = classes ?? sortClasses([
    ...(known ? named(train) : []),
    ...(judged ? named(held) : []),
  ]);
  const index = new Map(names.map((name, i) => [name, i]));
  const split = (
    { paths, labels, parts }: Rows,
    isLabelled: boolean,
  ): SplitPlan => ({
    paths,
    ...(parts ? { parts } : {}),
    ...(isLabelled
      ? {
        labels: Int32Array.from(labels, (label, i) => {
          const place = index.get(label as string);
          if (place !== undefined) return place;
          throw new UserError(
            `Cannot tell the class of ${
              paths.at(i)
            } in ${where}: it is "${label}", and the classes are ${
              names.slice(0, 8).join(", ")
            }${
              names.length > 8 ? ", ..." : ""
            }.\nMend the labels, or the names of the classes.`,
          );
        }),
      }
      : {}),
  });
  const told = known || judged ? { classes: names } : {};
  const all = split(train, known);
  if (typeof test === "number") {
    return { ...splitByFraction(all, test, where), ...told };
  }
  return {
    train: all,
    ...(held ? { test: split(held, judged) } : {}),
    ...told,
  };
}
