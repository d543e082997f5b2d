/** @file Folders that are splits of a set, by their names. */

/** What a split is for. */
type Role = "train" | "test" | "validation";

/** Names of splits, in any case; a year or a word such as `set` may follow. */
const NAMES: Readonly<Record<Role, RegExp>> = {
  train: named("train|training|trn|trainval|train_val"),
  test: named("test|testing|tst|eval|evaluation|holdout"),
  validation: named("val|valid|validation|dev"),
};

function named(words: string): RegExp {
  return new RegExp(
    `^(?:${words})(?:[-_ ]?(?:set|data|dataset|images|imgs|split|[0-9]{4}))?$`,
    "i",
  );
}

/** What a folder is for by its name; `undefined` when its name does not tell. */
export const roleOf = (name: string): Role | undefined =>
  (Object.keys(NAMES) as Role[]).find((role) => NAMES[role].test(name));

/** What folders are for; where none is a split by its whole name, by what follows a beginning that they share: `seg_train`, `seg_test`. */
function rolesOf(names: readonly string[]): ReadonlyMap<string, Role> {
  const own = new Map<string, Role>();
  const shared = new Map<string, Map<string, Role>>();
  for (const name of names) {
    const whole = roleOf(name);
    if (whole) own.set(name, whole);
    for (const { index } of name.matchAll(/[-_ .]/g)) {
      const role = roleOf(name.slice(index + 1));
      if (!role) continue;
      const start = name.slice(0, index + 1);
      const some = shared.get(start) ?? new Map<string, Role>();
      shared.set(start, some.set(name, role));
    }
  }
  if (own.size > 0) return own;
  const found = [...shared.values()].find((some) => {
    const roles = [...some.values()];
    return roles.includes("train") && roles.some((role) => role !== "train");
  });
  return found ?? own;
}

/** What a name may be in place of `train`, for images to test with. */
const HELD = ["testing", "test", "validation", "valid", "val", "eval"] as const;

/** Names that differ by nothing but `train` in one and `test` or `val` in the other: `trainA` and `testA`. */
function twinsOf(
  names: readonly string[],
): readonly [string, string] | undefined {
  const known = new Map(names.map((name) => [name.toLowerCase(), name]));
  for (const [lower, name] of known) {
    for (const { index, 0: word } of lower.matchAll(/train(ings?)?/g)) {
      const [before, after] = [
        lower.slice(0, index),
        lower.slice(index + word.length),
      ];
      const twin = HELD.map((held) => known.get(before + held + after))
        .find((one) => one !== undefined);
      if (twin !== undefined) return [name, twin];
    }
  }
  return undefined;
}

/** The word in a file's name that says which split it is of, such as `train` of `imagenet1k-train-0007.tar`; `undefined` where there is none, or several. */
export function splitWord(name: string): string | undefined {
  const words = name.split(/[-_ .]+/)
    .map((word) => word.replace(/\d+$/, ""))
    .filter((word) => roleOf(word));
  return new Set(words).size === 1 ? words[0] : undefined;
}

/** Folders of a set that is split already. */
export interface Splits {
  readonly train: string;
  readonly test?: string;
  /** Splits that nothing is done with. */
  readonly unused: readonly string[];
}

/** Why folders cannot be sorted into splits. */
export interface UnclearSplits {
  readonly unclear: string;
  /** Folders to train on and to test with, as they may be meant. */
  readonly such?: readonly [train: string, test: string];
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
): Splits | UnclearSplits | undefined {
  const roles = rolesOf(names);
  const of = (role: Role): string[] =>
    names.filter((name) => roles.get(name) === role);
  const [train, test, validation] = [
    of("train"),
    of("test"),
    of("validation"),
  ];
  const held = [...test, ...validation];
  const known = [...train, ...held];
  const others = names.filter((name) => !known.includes(name));
  if (known.length === 0) {
    const twins = twinsOf(names);
    return twins && {
      unclear: `${
        folderList(twins)
      } seem to be splits by what their names have in common`,
      such: twins,
    };
  }
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
      such: [train[0] as string, held[0] as string],
    };
  }
  const chosen = test.length > 0 ? test : validation;
  if (train.length > 1 || chosen.length > 1) {
    return {
      unclear: `${
        folderList(train.length > 1 ? train : chosen)
      } are the same split by name`,
      ...(held[0] === undefined
        ? {}
        : { such: [train[0] as string, held[0]] as const }),
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
