/** @file A WebDataset shard: a tar archive, plain or compressed, whose files are samples by their names. */
import { members } from "./archive.ts";
import { notAnImage } from "./layout.ts";
import { checkItem } from "./load_parts.ts";
import type { Item } from "./parts.ts";
import { recall, remember } from "./remembered.ts";
import { isHidden } from "./system_files.ts";
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
  /** Endings of the first sample's files. */
  readonly endings: readonly string[];
  /** Whether it was known from an earlier run. */
  readonly known: boolean;
}

/** What of a shard's files is to be read: classes, images or neither. */
interface Wanted {
  /** What the class is of a sample: an ending, or `json.KEY`. */
  readonly label?: string;
  readonly images?: boolean;
}

/** Files of one name. */
interface Sample {
  /** The first image. */
  readonly image?: Item;
  readonly images: number;
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

/** A class as text: the file's, or a value of its JSON. */
function labelIn(bytes: Uint8Array, key: string | undefined): string {
  const text = new TextDecoder().decode(bytes).trim();
  if (key === undefined) return text;
  const json: unknown = JSON.parse(text);
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

async function* samplesOf(
  path: string,
  { label, images = false }: Wanted,
): AsyncGenerator<Sample> {
  const key = /^json\.(.+)$/.exec(label ?? "")?.[1];
  const ending = key === undefined ? label : "json";
  const compressed = await isGzip(path);
  let current: { key: string; sample: Sample } | undefined;
  for await (const member of compressed ? inflated(path) : plain(path)) {
    if (isHidden(member.name)) continue;
    const [name, part] = partsOf(member.name);
    if (name !== current?.key) {
      if (current) yield current.sample;
      current = { key: name, sample: { images: 0, endings: [] } };
    }
    let { sample } = current;
    if (part === ending && member.size <= MOST_LABEL) {
      const bytes = await member.read();
      try {
        sample = { ...sample, label: labelIn(bytes, key) };
      } catch (error) {
        throw new Error(
          `${member.name}: ${error instanceof Error ? error.message : error}`,
        );
      }
    } else if (notAnImage(member.name) === undefined) {
      const first = sample.images === 0 && images;
      sample = {
        ...sample,
        images: sample.images + 1,
        ...(first ? { image: await itemOf(member, compressed) } : {}),
      };
    }
    current.sample = { ...sample, endings: [...sample.endings, part] };
  }
  if (current) yield current.sample;
}

/** Images of a shard, in order. @throws {Error} When it cannot be read. */
export async function* shardImages(path: string): AsyncGenerator<Item, void> {
  for await (const { image } of samplesOf(path, { images: true })) {
    if (image) yield image;
  }
}

/** What is kept of a shard: classes as texts once, and as numbers for each sample. */
interface ShardRecord extends Pick<Shard, "without" | "several" | "endings"> {
  readonly check: string;
  readonly classes: readonly string[];
  /** -1 where there is none. */
  readonly labels: readonly number[];
}

async function look(
  path: string,
  label: string,
): Promise<Omit<ShardRecord, "check">> {
  const classes = new Map<string, number>();
  const labels: number[] = [];
  let [without, several] = [0, 0];
  let endings: readonly string[] = [];
  for await (const sample of samplesOf(path, { label })) {
    if (endings.length === 0) ({ endings } = sample);
    if (sample.images === 0) {
      without++;
      continue;
    }
    if (sample.images > 1) several++;
    const name = sample.label;
    if (name !== undefined && !classes.has(name)) {
      classes.set(name, classes.size);
    }
    labels.push(name === undefined ? -1 : classes.get(name) as number);
  }
  return { classes: [...classes.keys()], labels, without, several, endings };
}

/**
 * Counts a shard's samples by its headers and reads their classes, or
 * remembers them where its size and time are those of an earlier look.
 *
 * @param label What the class is of a sample: an ending, or `json.KEY`.
 * @throws {Error} When it cannot be read.
 */
export async function openShard(
  path: string,
  label: string,
  cacheDir: string,
): Promise<Shard> {
  const { size, mtime } = await Deno.stat(path);
  const check = `${size} ${mtime?.getTime()}`;
  const key = `shard of samples\n${path}\n${label}`;
  const kept = await recall(cacheDir, key) as ShardRecord | undefined;
  const known = kept?.check === check;
  const record = known ? kept : { check, ...await look(path, label) };
  if (!known) await remember(cacheDir, key, record);
  const { classes, labels, without, several, endings } = record;
  return {
    count: labels.length,
    labels: labels.map((label) => classes[label]),
    without,
    several,
    endings,
    known,
  };
}
