/** @file A WebDataset shard: a tar archive whose files are samples by their names. */
import { notAnImage } from "./layout.ts";
import { recall, remember } from "./remembered.ts";
import { isHidden } from "./system_files.ts";
import { readMemberAt, type TarMember, tarMembers } from "./tar_headers.ts";

/** An image of a shard. */
export interface Sample extends TarMember {
  /** Its class, where the shard tells. */
  readonly label?: string;
}

/** What a shard has. */
export interface Shard {
  readonly samples: readonly Sample[];
  /** Samples without an image. */
  readonly without: number;
  /** Samples with several images, of which the first is taken. */
  readonly several: number;
  /** Whether it was known from an earlier run. */
  readonly known: boolean;
}

/** A longer file is no label. */
const MOST_LABEL = 2 ** 16;

/** `dir/000.cls` as the sample `dir/000` and what it is of it, `cls`. */
function partsOf(name: string): readonly [string, string] {
  const slash = name.lastIndexOf("/") + 1;
  const dot = name.indexOf(".", slash);
  return dot < 0 ? [name, ""] : [name.slice(0, dot), name.slice(dot + 1)];
}

/** A class as text: the file's, or a value of its JSON. */
function labelIn(bytes: Uint8Array, key: string | undefined): string {
  const text = new TextDecoder().decode(bytes).trim();
  if (key === undefined) return text;
  const value = (JSON.parse(text) as Record<string, unknown>)[key];
  if (value === undefined || value === null) {
    throw new Error(`its JSON has no key "${key}"`);
  }
  return String(value);
}

/**
 * Samples of a shard by their headers, in order.
 *
 * @param label What the class is of a sample: an ending, or `json.KEY`.
 * @throws {Error} When the shard cannot be read.
 */
function list(file: Deno.FsFile, label: string): Omit<Shard, "known"> {
  const json = /^json\.(.+)$/.exec(label)?.[1];
  const ending = json === undefined ? label : "json";
  const samples: Sample[] = [];
  let [without, several] = [0, 0];
  let key: string | undefined;
  let images: TarMember[] = [];
  let named: string | undefined;
  const end = (): void => {
    if (key === undefined) return;
    const [image] = images;
    if (images.length > 1) several++;
    if (!image) without++;
    else {samples.push({
        ...image,
        ...named === undefined ? {} : { label: named },
      });}
    images = [];
    named = undefined;
  };
  for (const member of tarMembers(file)) {
    if (isHidden(member.name)) continue;
    const [sample, part] = partsOf(member.name);
    if (sample !== key) end();
    key = sample;
    if (part === ending && member.size <= MOST_LABEL) {
      try {
        named = labelIn(readMemberAt(file, member), json);
      } catch (error) {
        throw new Error(
          `${member.name}: ${error instanceof Error ? error.message : error}`,
        );
      }
    } else if (notAnImage(member.name) === undefined) images.push(member);
  }
  end();
  return { samples, without, several };
}

/**
 * Looks at a shard's headers, or remembers them where its size and time are
 * those of an earlier look.
 *
 * @throws {Error} When it cannot be read.
 */
export async function openShard(
  path: string,
  label: string,
  cacheDir: string,
): Promise<Shard> {
  using file = await Deno.open(path);
  const { size, mtime } = await file.stat();
  const check = `${size} ${mtime?.getTime()}`;
  const key = `shard\n${path}\n${label}`;
  const found = await recall(cacheDir, key) as
    | { check?: string; shard?: Omit<Shard, "known"> }
    | undefined;
  if (found?.check === check && found.shard) {
    return { ...found.shard, known: true };
  }
  const shard = list(file, label);
  await remember(cacheDir, key, { check, shard });
  return { ...shard, known: false };
}
