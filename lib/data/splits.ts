/** @file Folders that are splits of a set, by their names. */

/** What a split is for. */
type Role = "train" | "test" | "validation";

/** Names of splits, in any case; a year or a word such as `set` may follow. */
const NAMES: Readonly<Record<Role, RegExp>> = {
  train: named("train|training|trn"),
  test: named("test|testing|tst|eval|evaluation|holdout"),
  validation: named("val|valid|validation|dev"),
};

function named(words: string): RegExp {
  return new RegExp(
    `^(?:${words})(?:[-_ ]?(?:set|data|images|split|[0-9]{4}))?$`,
    "i",
  );
}

/** What a folder is for by its name; `undefined` when its name does not tell. */
export const roleOf = (name: string): Role | undefined =>
  (Object.keys(NAMES) as Role[]).find((role) => NAMES[role].test(name));

/** Folders of a set that is split already. */
export interface Splits {
  readonly train: string;
  readonly test?: string;
  /** Splits that nothing is done with. */
  readonly unused: readonly string[];
}

/** Folder names as a sentence has them. */
export const folderList = (names: readonly string[]): string =>
  names.map((name) => `${name}/`).join(", ");

/**
 * Which of the folders at the top are splits.
 *
 * @param names Of all that lies at the top; images without a folder as `""`.
 * @returns The splits, none where the folders are classes, or why that cannot
 * be told.
 */
export function findSplits(
  names: readonly string[],
): Splits | { readonly unclear: string } | undefined {
  const of = (role: Role): string[] =>
    names.filter((name) => roleOf(name) === role);
  const [train, test, validation] = [
    of("train"),
    of("test"),
    of("validation"),
  ];
  const held = [...test, ...validation];
  const known = [...train, ...held];
  const others = names.filter((name) => !known.includes(name));
  if (known.length === 0) return undefined;
  if (train.length === 0) {
    return others.length > 0 ? undefined : {
      unclear: `${folderList(known)} ${
        known.length > 1 ? "are splits" : "is a split"
      } by name, and none is one to train on`,
    };
  }
  if (others.length > 0) {
    return held.length === 0 ? undefined : {
      unclear: `${folderList(known)} are splits by name, and ${
        others.map((name) => name ? `${name}/` : "loose images").slice(0, 3)
          .join(", ")
      } beside them ${others.length > 1 ? "are" : "is"} not`,
    };
  }
  const chosen = test.length > 0 ? test : validation;
  if (train.length > 1 || chosen.length > 1) {
    return {
      unclear: `${
        folderList(train.length > 1 ? train : chosen)
      } are the same split by name`,
    };
  }
  return {
    train: train[0] as string,
    ...(chosen[0] === undefined ? {} : { test: chosen[0] }),
    unused: test.length > 0 ? validation : [],
  };
}

/** Paths below each folder at the top, and those of no folder under `""`. */
export function byTop(paths: Iterable<string>): Map<string, string[]> {
  const top = new Map<string, string[]>();
  for (const path of paths) {
    const slash = path.indexOf("/");
    const name = slash < 0 ? "" : path.slice(0, slash);
    const below = top.get(name);
    if (below) below.push(path.slice(slash + 1));
    else top.set(name, [path.slice(slash + 1)]);
  }
  return top;
}
