/** @file Mutations of a pipeline's text, and where a finding about each must stand. */
import {
  isMap,
  isPair,
  isScalar,
  type Pair,
  parse,
  parseDocument,
  type Scalar,
  stringify,
  visit,
} from "yaml";
import { BUILT_IN, kindsOf } from "../../lib/model/registry.ts";
import type { Dice } from "../helpers/numeric.ts";

/** A text that was changed. */
export interface Mutation {
  readonly text: string;
  /** Where an error has to be reported, if any place is certain: offset, and the end. */
  readonly error?: readonly [number, number];
  /** The same pipeline as before, but for the order of its keys. */
  readonly same?: true;
}

/** Changes a text; `undefined` where there is nothing to change. */
export type Mutator = (text: string, dice: Dice) => Mutation | undefined;

/** A key or a value, where it stands. */
interface Spot {
  readonly path: readonly (string | number)[];
  readonly from: number;
  readonly to: number;
}

/** A pair of a map: its key and its value. */
interface Entry extends Spot {
  readonly pair: Pair<Scalar, unknown>;
  /** Everything from the key to the end of the value. */
  readonly whole: readonly [number, number];
}

const range = (node: unknown): [number, number] | undefined => {
  const { range } = (node ?? {}) as { range?: [number, number, number] };
  return range && [range[0], range[1]];
};

/** Every pair of a text, in order. */
function entries(text: string): Entry[] {
  const found: Entry[] = [];
  visit(parseDocument(text), {
    Pair(_, pair, ancestors) {
      const key = range(pair.key);
      if (!isScalar(pair.key) || !key) return;
      const path: (string | number)[] = [];
      const line = [...ancestors, pair];
      line.forEach((node, i) => {
        if (isPair(node)) path.push(String((node.key as Scalar).value));
        else if (
          typeof node === "object" && "items" in node && !isMap(node)
        ) {
          path.push((node.items as unknown[]).indexOf(line[i + 1]));
        }
      });
      found.push({
        path,
        from: key[0],
        to: key[1],
        pair: pair as Pair<Scalar, unknown>,
        whole: [key[0], range(pair.value)?.[1] ?? key[1]],
      });
    },
  });
  return found;
}

const replace = (text: string, { from, to }: Spot, by: string): string =>
  text.slice(0, from) + by + text.slice(to);

/** Keys that say what kind of stage one is, and names that are free. */
const KINDS = new Set(kindsOf(BUILT_IN).map(({ key }) => key));

/** Whether a key's name is the writer's own. */
const isFree = ({ path }: Spot): boolean =>
  ["stages", "variables"].includes(String(path[0])) && path.length === 2 ||
  path[1] === "per_stage" && path.length === 3;

/**
 * Renames a key that has a meaning: the error stands at that key. Of
 * `variables` it stands where one is used.
 */
const renameKey: Mutator = (text, dice) => {
  const known = entries(text).filter((entry) =>
    !isFree(entry) && !["each", "variables"].includes(`${entry.path.at(-1)}`) &&
    !(entry.path.length === 3 && KINDS.has(String(entry.path[2])))
  );
  const entry = dice.pick(known);
  const name = dice.pick([
    `${entry.pair.key.value}qq`,
    `q_${entry.pair.key.value}`,
    "constructor",
    "__proto__x",
    "Ünïcode",
  ]);
  return {
    text: replace(text, entry, name),
    error: [entry.from, entry.from + 1],
  };
};

/** Renames the key that tells a stage's kind: the error stands at the stage. */
const renameKind: Mutator = (text, dice) => {
  const all = entries(text);
  const ofKind = ({ path }: Entry): boolean =>
    path[0] === "stages" && path.length === 3 && KINDS.has(String(path[2]));
  // The first: a later one is an input, such as the `target` of a loss.
  const kinds = all.filter((entry) =>
    ofKind(entry) &&
    entry === all.find((one) => ofKind(one) && one.path[1] === entry.path[1])
  );
  const kind = dice.pick(kinds);
  const stage = all.find(({ path }) =>
    path.length === 2 && path[0] === "stages" && path[1] === kind.path[1]
  ) as Entry;
  return {
    text: replace(text, kind, "zzzz"),
    error: [stage.from, stage.from + 1],
  };
};

/** Gives a key a value of another type: the error stands at that value. */
const retype: Mutator = (text, dice) => {
  const known = entries(text).filter(({ pair }) => isScalar(pair.value));
  const { pair } = dice.pick(known);
  const [from, to] = range(pair.value) as [number, number];
  const value = dice.pick(["[[]]", "{ a: {} }", "[{ b: 1 }]"]);
  return {
    text: replace(text, { path: [], from, to }, value),
    // A list of transforms is a list already: its entry is what is wrong.
    error: [from, from + value.length],
  };
};

/** Names something that there is not, in a value that names something. */
const misname: Mutator = (text, dice) => {
  const naming = new Set([
    ...KINDS,
    "of",
    "source",
    "optimizer",
    "pairs",
    "collapse",
    "in",
    "negatives",
  ]);
  const known = entries(text).filter(({ path, pair }) =>
    naming.has(String(path.at(-1))) && isScalar(pair.value) &&
    // The name of a run is free.
    path.length > 1
  );
  const { pair } = dice.pick(known);
  const [from, to] = range(pair.value) as [number, number];
  return {
    text: replace(text, { path: [], from, to }, "nobody_has_this_name"),
    error: [from, from + 1],
  };
};

/** Writes a key of a map a second time: the error stands at the second. */
const duplicate: Mutator = (text, dice) => {
  const inFlow = entries(text).filter(({ whole: [, end] }) =>
    // Behind a value of a flow map there is room for another.
    /^\s*,\s*\w/.test(text.slice(end))
  );
  if (inFlow.length === 0) return undefined;
  const { pair, whole: [, end] } = dice.pick(inFlow);
  const before = ", ";
  const more = `${before}${pair.key.value}: 1`;
  return {
    text: text.slice(0, end) + more + text.slice(end),
    error: [end + before.length, end + before.length + 1],
  };
};

type Node = Record<string, unknown> | unknown[];

/** Every map and list of a value. */
function nodes(value: unknown): Node[] {
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.values(value).flatMap(nodes);
  return [value as Node, ...inner];
}

/** The value with its maps' keys in another order. */
function shuffled(value: unknown, dice: Dice): unknown {
  if (Array.isArray(value)) return value.map((one) => shuffled(one, dice));
  if (typeof value !== "object" || value === null) return value;
  const found = Object.entries(value).map(([key, inner]) =>
    [dice.unit(), key, shuffled(inner, dice)] as const
  );
  found.sort(([a], [b]) => a - b);
  return Object.fromEntries(found.map(([, key, inner]) => [key, inner]));
}

/** Puts the keys of every map in another order: nothing changes. */
const reorder: Mutator = (text, dice) => ({
  text: stringify(shuffled(parse(text), dice)),
  same: true,
});

const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e300,
  0.5,
  "",
  "text",
  "image",
  "views",
  "y",
  "z[0]",
  "loss",
  "stop_gradient(z)",
  "constructor",
  "toString",
  "__proto__",
  [],
  {},
  [[]],
  [1, "y"],
  { constructor: 1 },
  { each: [] },
  { cosine: null },
];

/** Drops, renames, retypes or moves one or two keys of the parsed file. */
const tree: Mutator = (text, dice) => {
  const root: unknown = parse(text);
  for (let i = 1 + dice.below(2); i > 0; i--) {
    const all = nodes(root);
    const node = dice.pick(all) as Record<string, unknown>;
    const keys = Object.keys(node);
    if (keys.length === 0) continue;
    const key = dice.pick(keys);
    const value = node[key];
    const donor = dice.pick(all) as Record<string, unknown>;
    const kinds = [
      () =>
        Array.isArray(node) ? node.splice(Number(key), 1) : delete node[key],
      () => {
        if (Array.isArray(node)) return;
        delete node[key];
        const name = dice.pick([`${key}x`, key.slice(1), "constructor", "of"]);
        node[name] = value;
      },
      () => node[key] = structuredClone(dice.pick(VALUES)),
      () => {
        const other = Object.keys(donor);
        if (other.length > 0) {
          node[key] = structuredClone(donor[dice.pick(other)]);
        }
      },
    ];
    dice.pick(kinds)();
  }
  return { text: stringify(root) };
};

/** Two scalars change places. */
const swap: Mutator = (text, dice) => {
  const spots = entries(text).flatMap(({ pair: { value } }) => {
    const found = isScalar(value) ? range(value) : undefined;
    return found ? [found] : [];
  });
  const [a, b] = [dice.pick(spots), dice.pick(spots)]
    .sort(([x], [y]) => x - y) as [[number, number], [number, number]];
  if (a[0] === b[0]) return undefined;
  return {
    text: text.slice(0, a[0]) + text.slice(...b) + text.slice(a[1], b[0]) +
      text.slice(...a) + text.slice(b[1]),
  };
};

const PIECES = [
  "\t",
  "{",
  "}",
  "[",
  "]",
  ": ",
  "- ",
  "\n",
  "#",
  "&a ",
  "*a",
  "!x ",
  "|",
  '"',
  "'",
  "?",
  "\u0000",
  "\r\n",
  "\ud83d",
  "---\n",
  "%",
  "<<: *a",
];

/** Cuts, doubles, inserts or replaces characters. */
const characters: Mutator = (text, dice) => {
  const at = dice.below(text.length);
  const end = at + dice.below(40);
  return {
    text: dice.pick([
      () => text.slice(0, at),
      () => text.slice(at),
      () => text.slice(0, at) + text.slice(end),
      () => text.slice(0, end) + text.slice(at),
      () => text.slice(0, at) + dice.pick(PIECES) + text.slice(at),
      () => text.slice(0, at) + dice.pick(PIECES) + text.slice(at + 1),
      () => text.replaceAll("\n", "\r\n").slice(0, at),
    ])(),
  };
};

/** Overwrites bytes by chance, or cuts within a character. */
const bytes: Mutator = (text, dice) => {
  const encoded = new TextEncoder().encode(text);
  const at = dice.below(encoded.length);
  const cut = dice.below(2) === 0;
  const changed = cut
    ? encoded.slice(0, at)
    : encoded.map((byte, i) =>
      i >= at && i < at + 1 + dice.below(8) ? dice.below(256) : byte
    );
  // As `Deno.readTextFile` reads what is not UTF-8.
  return { text: new TextDecoder().decode(changed) };
};

/** Kinds of mutations, each with its share of two thousand. */
export const MUTATORS: Readonly<
  Record<string, { readonly count: number; readonly mutate: Mutator }>
> = {
  "a key renamed": { count: 300, mutate: renameKey },
  "a stage's kind renamed": { count: 100, mutate: renameKind },
  "a value of another type": { count: 300, mutate: retype },
  "a name that nothing has": { count: 150, mutate: misname },
  "a key twice": { count: 100, mutate: duplicate },
  "keys in another order": { count: 100, mutate: reorder },
  "two values exchanged": { count: 150, mutate: swap },
  "keys and values dropped or moved": { count: 300, mutate: tree },
  "characters cut, doubled or inserted": { count: 300, mutate: characters },
  "bytes cut or overwritten": { count: 200, mutate: bytes },
};
