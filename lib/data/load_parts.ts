/** @file Images of files that hold many each: held in memory, or read part by part in every epoch. */
import { z } from "zod";
import { UserError } from "../errors.ts";
import {
  decodePlan,
  type ImageFile,
  type Slot,
  slotsOf,
} from "./decode_plan.ts";
import { headerMemory } from "./header_memory.ts";
import type { ImageOptions } from "./image_options.ts";
import type { Plan } from "./layout.ts";
import type { Names } from "./names.ts";
import { type Item, type Part, partAt, PartReader } from "./parts.ts";
import { fromTop, reasonOf } from "./place.ts";
import { planRows, type Rows, valuesRemark } from "./plan_rows.ts";
import { checkSize } from "./read_file.ts";
import { partsOrder, type Turns } from "./shuffle.ts";
import type { LoadContext, LoadedData } from "./source.ts";
import { type OpenFiles, streamPlan, tooLarge } from "./stream.ts";

/** Keys of sources whose images are read part by part. */
export const partKeys = {
  shuffle_buffer: z.int().min(1).max(1e6).default(1000).describe(
    "Images read one after another that are mixed, where the set is larger than `memory`: more are mixed better, and held as files while they wait",
  ),
};

/** A file with many images, in parts. */
export interface PartFile {
  readonly path: string;
  readonly parts: readonly Part[];
  /** Of each image, in order. */
  readonly labels: readonly (string | undefined)[];
}

/** Files to train on and to test with, and how they are read. */
export interface PartSet {
  readonly train: readonly PartFile[];
  readonly test?: readonly PartFile[] | undefined;
  /** What an image of a file is called, such as `row`. */
  readonly item: string;
  /** What parts are called, such as `shards`. */
  readonly called: string;
  readonly where: string;
  /** Names of all classes, where the files tell. */
  readonly classes?: readonly string[] | undefined;
  readonly remarks: readonly string[];
  /** Parts that are read at a time. */
  readonly lanes: number;
}

const number = (value: number): string => value.toLocaleString("en-US");

/** Sizes and times of files. */
async function stamps(files: readonly PartFile[]): Promise<unknown[]> {
  return await Promise.all(files.map(async ({ path }) => {
    const { size, mtime } = await Deno.stat(path);
    return [path, size, mtime?.getTime() ?? 0];
  }));
}

/** All images of some files by their places. */
class Rowed {
  readonly parts: readonly Part[];
  readonly #files: readonly PartFile[];
  /** First place of each file. */
  readonly #starts: number[] = [];
  /** Files by what names call them: by their way from the folder above all, so that a set can be moved. */
  readonly #byName: ReadonlyMap<string, number>;
  readonly #names: readonly string[];
  readonly #item: string;
  readonly rows: Rows;

  constructor(files: readonly PartFile[], item: string) {
    this.#files = files;
    this.#item = item;
    this.parts = files.flatMap(({ parts }) => parts);
    this.#names = fromTop(files.map(({ path }) => path));
    this.#byName = new Map(this.#names.map((name, i) => [name, i]));
    const labels: (string | undefined)[] = [];
    for (const { labels: own } of files) {
      this.#starts.push(labels.length);
      for (const label of own) labels.push(label);
    }
    let start = 0;
    const paths: Names = {
      length: labels.length,
      at: (place) => this.#name(place),
    };
    const parts = Int32Array.from(this.parts, ({ count }) => {
      const own = start;
      start += count;
      return own;
    });
    this.rows = { paths, labels, parts };
  }

  /** Parts, each with the file that it lies in. */
  *placed(): Generator<{ readonly part: Part; readonly path: string }> {
    for (const { path, parts } of this.#files) {
      for (const part of parts) yield { part, path };
    }
  }

  #name(place: number): string {
    const file = partAt(this.#starts, place);
    const from = this.#starts[file] as number;
    return `${this.#item} ${place - from} of ${this.#names[file]}`;
  }

  /** The file and the number in it of an image, by the name that it has in a plan. */
  #find(name: string): readonly [file: number, ordinal: number] {
    const [, ordinal] = name.split(" ", 2);
    const file = name.slice(name.indexOf(" of ") + " of ".length);
    return [this.#byName.get(file) ?? 0, Number(ordinal)];
  }

  /** Place of an image by the name that it has in a plan. */
  placeOf(name: string): number {
    const [file, ordinal] = this.#find(name);
    return (this.#starts[file] ?? 0) + ordinal;
  }

  /** An image for messages: by the name that its file has for it, or by its place there. */
  say(name: string, item: Item | undefined): string {
    const [file, ordinal] = this.#find(name);
    const path = this.#files[file]?.path;
    return item?.name === undefined
      ? `${this.#item} ${ordinal} of ${path}`
      : `${item.name} in ${path}`;
  }
}

/** Reads images in the order of their parts. */
function openParts(
  sets: Readonly<Record<Slot["split"], Rowed>>,
  turns: Omit<Turns, "parts">,
): OpenFiles {
  const readers = new Map(
    [...new Set(Object.values(sets))].map((set) =>
      [set, new PartReader(set.parts, 2 * turns.buffer)] as const
    ),
  );
  const readerOf = (split: Slot["split"]) =>
    readers.get(sets[split]) as PartReader;
  return {
    turns,
    name({ split, path }) {
      const set = sets[split];
      const item = readerOf(split).recent(set.placeOf(path));
      return set.say(path, item);
    },
    async read({ split, path }, most) {
      const item = await readerOf(split).item(sets[split].placeOf(path));
      return await item.read(most);
    },
    async release() {
      for (const reader of readers.values()) await reader.release();
    },
  };
}

/** Images of a part of a file. @throws {UserError} When it cannot be read. */
async function* itemsOf(
  part: Part,
  path: string,
): AsyncGenerator<Item, void> {
  try {
    yield* part.open();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `Cannot read images from ${path}: ${
        reasonOf(error)
      }.\nMake or download it again.`,
    );
  }
}

/** Every image of a plan, in the order of the parts. */
async function* filesOf(
  plan: Plan,
  sets: Readonly<Record<Slot["split"], Rowed>>,
): AsyncGenerator<ImageFile> {
  for (const set of new Set(Object.values(sets))) {
    const slots = new Map<number, Slot>();
    for (const { path, ...slot } of slotsOf(plan)) {
      if (sets[slot.split] === set) slots.set(set.placeOf(path), slot);
    }
    let place = 0;
    for (const { part, path: file } of set.placed()) {
      for await (const item of itemsOf(part, file)) {
        const slot = slots.get(place);
        const path = set.rows.paths.at(place++) as string;
        if (!slot) continue;
        const read = () => item.read();
        yield { ...slot, path: set.say(path, item), read };
      }
    }
  }
}

/** Says where parts hold classes of their own, which a small buffer leaves together. */
function mixing({ train, classes }: Plan, turns: OpenFiles["turns"]): string[] {
  const { labels, parts } = train;
  if (!labels || !classes || !parts || !turns) return [];
  const count = labels.length;
  const stretch = Math.min(turns.buffer, count);
  const order = partsOrder(0, 0, count, { ...turns, parts });
  const found = new Set(order.subarray(0, stretch).map((i) => labels[i] ?? 0));
  const sizes = new Float64Array(classes.length);
  for (const label of labels) sizes[label] = (sizes[label] ?? 0) + 1;
  const expected = sizes.reduce(
    (sum, size) => sum + 1 - (1 - size / count) ** stretch,
    0,
  );
  return found.size > expected / 2 ? [] : [
    `images that are mixed are of few classes: the first ${
      number(stretch)
    } have ${found.size}, drawn from all they would have about ${
      Math.round(expected)
    }; raise shuffle_buffer, or write the files with their classes mixed`,
  ];
}

/**
 * Loads images of files in parts: into memory, or to be read in every epoch.
 *
 * @throws {UserError} When they cannot be had.
 */
export async function loadParts(
  { train, test, item, called, where, classes, remarks, lanes }: PartSet,
  options: ImageOptions & { readonly shuffle_buffer: number },
  context: LoadContext,
): Promise<LoadedData> {
  const own = new Rowed(train, item);
  const held = test && new Rowed(test, item);
  const sets = { train: own, test: held ?? own };
  const share = typeof options.test === "number" ? options.test : undefined;
  const whole = planRows(own.rows, held?.rows ?? share, where, classes);
  const plan = { ...whole, remarks: [...remarks, ...valuesRemark(whole)] };
  if (!tooLarge(plan, options)) {
    const files = filesOf(plan, sets);
    return await decodePlan(plan, files, options, [], where, context);
  }
  const turns = { lanes, buffer: options.shuffle_buffer };
  const parts = own.parts.length;
  const said = [
    ...plan.remarks,
    `images are read in every epoch: ${Math.min(lanes, parts)} of ${
      number(parts)
    } ${called} at a time in a shuffled order, mixed ${
      number(turns.buffer)
    } at a time (shuffle_buffer)`,
    ...mixing(plan, turns),
  ];
  return await streamPlan(
    { ...plan, remarks: said },
    openParts(sets, turns),
    options,
    [],
    where,
    context,
    headerMemory(
      where,
      await stamps([...train, ...test ?? []]),
      options,
      context.cacheDir,
    ),
  );
}

/** Bytes that are an image's. @throws {Error} When there are none, or too many. */
export function checkItem(size: number): void {
  if (size === 0) throw new Error("the file is empty");
  checkSize(size);
}
