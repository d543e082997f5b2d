/** @file A WebDataset shard: a tar archive, plain or compressed, whose files are samples by their names. */
import { UserError } from "../errors.ts";
import { members } from "./archive.ts";
import { notAnImage } from "./layout.ts";
import { checkItem } from "./load_parts.ts";
import type { Item } from "./parts.ts";
import { reasonOf } from "./place.ts";
import { recall, remember } from "./remembered.ts";
import { systemPart } from "./system_files.ts";
import { readMemberAt, tarMembers } from "./tar_headers.ts";

/** What was found in a shard by its headers and labels. */
export interface Shard {
  /** Samples with an image. */
  readonly count: number;
  /** Class of each, where the shard tells. */
  readonly labels: readonly (string | undefined)[];
  /** Samples without an image. */
  readonly without: number;
  /** Samples with several images, of which the first is taken. */
  readonly several: number;
  /** Endings of the images of the first such sample. */
  readonly choices: readonly string[];
  /** Samples whose name was there before, apart from this one. */
  readonly again: number;
  /** Names of files and folders that are the system's. */
  readonly system: readonly string[];
  /** Endings of the first sample's files. */
  readonly endings: readonly string[];
  /** Whether it was known from an earlier run. */
  readonly known: boolean;
}

/** Which files of a sample count. */
export interface SampleKeys {
  /** What the class is of a sample: an ending, or `json.KEY`. */
  readonly label: string;
  /** Ending of the image; by default the first that is one. */
  readonly image?: string | undefined;
}

/** What of a shard's files is to be read: classes, images or neither. */
interface Wanted extends Partial<SampleKeys> {
  readonly images?: boolean;
  /** Called for what is the system's. */
  readonly onSystem?: (part: string) => void;
}

/** Files of one name. */
interface Sample {
  readonly name: string;
  /** The first image. */
  readonly image?: Item;
  /** Endings of its images. */
  readonly images: readonly string[];
  readonly label?: string;
  readonly endings: readonly string[];
}

/** A file of a shard; of a compressed one its bytes are there until the next one is asked for. */
interface ShardMember {
  readonly name: string;
  readonly size: number;
  read(most?: number): Promise<Uint8Array>;
}

/** A longer file is no label. */
const MOST_LABEL = 2 ** 16;

async function isGzip(path: string): Promise<boolean> {
  using file = await Deno.open(path);
  const start = new Uint8Array(2);
  await file.read(start);
  return start[0] === 0x1f && start[1] === 0x8b;
}

/** Files of a compressed shard. */
async function* inflated(path: string): AsyncGenerator<ShardMember> {
  for await (const member of members(path, "images")) {
    const { name, size, type } = member;
    if (type !== "file" && type !== "contiguous-file") continue;
    yield { name, size, read: () => member.read() };
  }
}

/** Files of a plain shard: only their headers are read, until they are asked for. */
async function* plain(path: string): AsyncGenerator<ShardMember> {
  using file = await Deno.open(path);
  let open = true;
  try {
    for (const member of tarMembers(file)) {
      yield {
        ...member,
        async read(most) {
          if (open) return readMemberAt(file, member, most);
          using again = await Deno.open(path);
          return readMemberAt(again, member, most);
        },
      };
    }
  } finally {
    open = false;
  }
}

/** `dir/000.cls` as the sample `dir/000` and what it is of it, `cls`. */
function partsOf(name: string): readonly [string, string] {
  const slash = name.lastIndexOf("/") + 1;
  const dot = name.indexOf(".", slash);
  return dot < 0 ? [name, ""] : [name.slice(0, dot), name.slice(dot + 1)];
}

/** A value of JSON by a key, or by keys with dots between them. */
function valueAt(json: unknown, key: string): unknown {
  const own = (value: unknown, name: string): unknown =>
    typeof value === "object" && value !== null && Object.hasOwn(value, name)
      ? (value as Record<string, unknown>)[name]
      : undefined;
  return own(json, key) ?? key.split(".").reduce(own, json);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("it is no JSON");
  }
}

/** What no name of a class has in it. */
// deno-lint-ignore no-control-regex
const NO_TEXT = /[\0-\x08\x0e-\x1f\ufffd]/;

/** A class as text: the file's, or a value of its JSON; none where it is empty. */
function labelIn(
  bytes: Uint8Array,
  key: string | undefined,
): string | undefined {
  const text = new TextDecoder().decode(bytes).trim();
  if (NO_TEXT.test(text)) {
    throw new Error("it is no text, expected a number or a name");
  }
  if (key === undefined) return text === "" ? undefined : text;
  const json = jsonOf(text);
  const value = valueAt(json, key);
  if (value === undefined || value === null) {
    const keys = typeof json === "object" && json ? Object.keys(json) : [];
    throw new Error(
      `its JSON has no key "${key}"${
        keys.length > 0 ? `, it has ${keys.join(", ")}` : ""
      }`,
    );
  }
  if (typeof value === "object") {
    throw new Error(`"${key}" of its JSON is no text and no number`);
  }
  return String(value);
}

/** An image, which of a compressed shard has to be read now. */
async function itemOf(member: ShardMember, compressed: boolean): Promise<Item> {
  const { name, size } = member;
  const read = async (most?: number): Promise<Uint8Array> => {
    checkItem(size);
    return await member.read(most);
  };
  if (!compressed) return { name, read };
  const bytes = await read().catch((error: Error) => error);
  return {
    name,
    // deno-lint-ignore require-await -- so that it rejects
    async read(most) {
      if (bytes instanceof Error) throw bytes;
      return bytes.subarray(0, most);
    },
  };
}

/** A path without `.` and empty parts, as `tar -cf shard.tar .` has them. */
const plainName = (name: string): string =>
  name.split("/").filter((part) => part !== "" && part !== ".").join("/");

async function* samplesOf(
  path: string,
  { label, image, images = false, onSystem = () => {} }: Wanted,
): AsyncGenerator<Sample> {
  const key = /^json\.(.+)$/.exec(label ?? "")?.[1];
  const ending = key === undefined ? label : "json";
  const compressed = await isGzip(path);
  let current: Sample | undefined;
  for await (const member of compressed ? inflated(path) : plain(path)) {
    const full = plainName(member.name);
    const system = systemPart(full);
    if (system !== undefined) {
      onSystem(system);
      continue;
    }
    const [name, part] = partsOf(full);
    if (name !== current?.name) {
      if (current) yield current;
      current = { name, images: [], endings: [] };
    }
    let sample: Sample = current;
    if (part === ending && member.size <= MOST_LABEL) {
      const bytes = await member.read();
      try {
        const label = labelIn(bytes, key);
        if (label !== undefined) sample = { ...sample, label };
      } catch (error) {
        throw new UserError(
          `Cannot read the class in ${full} of ${path}: ${
            reasonOf(error)
          }.\nMend it, or say by "label" under "data" where the classes are.`,
        );
      }
    } else if (
      notAnImage(full) === undefined && (image === undefined || part === image)
    ) {
      const first = sample.images.length === 0 && images;
      sample = {
        ...sample,
        images: [...sample.images, part],
        ...(first ? { image: await itemOf(member, compressed) } : {}),
      };
    }
    current = { ...sample, endings: [...sample.endings, part] };
  }
  if (current) yield current;
}

/**
 * Images of a shard, in order.
 *
 * @param image Ending of the images, where samples have several.
 * @throws {Error} When it cannot be read.
 */
export async function* shardImages(
  path: string,
  image?: string,
): AsyncGenerator<Item, void> {
  for await (const sample of samplesOf(path, { images: true, image })) {
    if (sample.image) yield sample.image;
  }
}

/** What is kept of a shard: classes as texts once, and as numbers for each sample. */
interface ShardRecord extends Omit<Shard, "count" | "labels" | "known"> {
  readonly check: string;
  readonly classes: readonly string[];
  /** -1 where there is none. */
  readonly labels: readonly number[];
}

async function look(
  path: string,
  keys: SampleKeys,
): Promise<Omit<ShardRecord, "check">> {
  const classes = new Map<string, number>();
  const labels: number[] = [];
  const names = new Set<string>();
  const system = new Set<string>();
  let [without, several, again] = [0, 0, 0];
  let endings: readonly string[] = [];
  let choices: readonly string[] = [];
  const onSystem = (part: string) => system.add(part);
  for await (const sample of samplesOf(path, { ...keys, onSystem })) {
    if (endings.length === 0) ({ endings } = sample);
    if (names.has(sample.name)) again++;
    names.add(sample.name);
    if (sample.images.length === 0) {
      without++;
      continue;
    }
    if (sample.images.length > 1 && several++ === 0) choices = sample.images;
    const name = sample.label;
    if (name !== undefined && !classes.has(name)) {
      classes.set(name, classes.size);
    }
    labels.push(name === undefined ? -1 : classes.get(name) as number);
  }
  return {
    classes: [...classes.keys()],
    labels,
    without,
    several,
    choices,
    again,
    system: [...system],
    endings,
  };
}

/**
 * Counts a shard's samples by its headers and reads their classes, or
 * remembers them where its size and time are those of an earlier look.
 *
 * @throws {Error} When it cannot be read.
 */
export async function openShard(
  path: string,
  keys: SampleKeys,
  cacheDir: string,
): Promise<Shard> {
  const { size, mtime } = await Deno.stat(path);
  const check = `${size} ${mtime?.getTime()}`;
  const { label, image = "" } = keys;
  const key = `samples of a shard\n${path}\n${label}\n${image}`;
  const kept = await recall(cacheDir, key) as ShardRecord | undefined;
  const known = kept?.check === check;
  const record = known ? kept : { check, ...await look(path, keys) };
  if (!known) await remember(cacheDir, key, record);
  const { classes, labels, ...counts } = record;
  return {
    ...counts,
    count: labels.length,
    labels: labels.map((label) => classes[label]),
    known,
  };
}
