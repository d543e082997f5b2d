/** @file Images in a tar archive. */
import { UserError } from "../errors.ts";
import { type Member, members } from "./archive.ts";
import { badFilePolicy, type OnBadFile } from "./bad_file.ts";
import { decodePlan, type ImageFile, slotsOf } from "./decode_plan.ts";
import { folderOptions, imageShape } from "./image_options.ts";
import { loadFiles } from "./load_files.ts";
import { systemPart, systemRemark } from "./system_files.ts";
import { noImages, notAnImage, type Plan } from "./layout.ts";
import { planOf } from "./plan_of.ts";
import { findPlace } from "./place.ts";
import { surveyPath } from "./survey.ts";
import { checkSize, readFully, stampFile } from "./read_file.ts";
import {
  defineSource,
  type LoadContext,
  type SkippedFile,
  type SourceDefinition,
} from "./source.ts";
import { type OpenFiles, tooLarge } from "./stream.ts";

/** Where a member's bytes are. */
export interface Entry {
  /** Its number among all members. */
  readonly ordinal: number;
  readonly size: number;
  /** Absent in a compressed archive. */
  readonly offset?: number;
}

/** What an archive has. */
export interface Listing {
  readonly file: string;
  /** Start of every path, when all lie in one folder; it is no class. */
  readonly top: string;
  /** Images by path without the top; of two with one name the later counts. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** Images that a later one of the same name stands in for. */
  readonly replaced: number;
  /** Names of files and folders that are the system's. */
  readonly system: ReadonlySet<string>;
}

const FILES: readonly unknown[] = ["file", "contiguous-file"];

/** Path of a member, or why it is refused. */
function memberPath(name: string): { path: string } | { refused: string } {
  const parts = name.split("/");
  if (name.startsWith("/")) {
    return { refused: "its path is absolute, expected a relative one" };
  }
  if (parts.includes("..")) {
    return { refused: 'its path has "..", expected one inside of the archive' };
  }
  return { path: parts.filter((part) => part && part !== ".").join("/") };
}

/** Whether a member is an image; complains about one that should be. */
function imagePath(
  { name, type }: Member,
  file: string,
  bad: OnBadFile,
  skipped: SkippedFile[],
  system: Set<string>,
): string | undefined {
  if (type === "directory") return undefined;
  const place = memberPath(name);
  if ("refused" in place) {
    bad(`${name} in ${file}`, place.refused);
    return undefined;
  }
  const { path } = place;
  const part = systemPart(path);
  if (part !== undefined) {
    system.add(part);
    return undefined;
  }
  const reason = notAnImage(path);
  if (reason !== undefined) {
    skipped.push({ path: `${path} in ${file}`, reason });
    return undefined;
  }
  if (FILES.includes(type)) return path;
  bad(
    `${path} in ${file}`,
    "it is a link or a device, expected a file (tar --dereference --hard-dereference packs files)",
  );
  return undefined;
}

/** `folder/` when all paths lie in one folder. */
function commonTop(paths: Iterable<string>): string {
  const tops = new Set<string>();
  for (const path of paths) tops.add(path.slice(0, path.indexOf("/") + 1));
  const [top = ""] = tops;
  return tops.size === 1 ? top : "";
}

/** The images of an archive, and where they are in it. */
export async function listArchive(
  path: string,
  bad: OnBadFile,
  skipped: SkippedFile[],
  context: LoadContext,
): Promise<Listing> {
  const { path: file, isFolder } = await findPlace(path, context, "images");
  if (isFolder) {
    throw new UserError(
      `Cannot read images from ${file}: it is a folder, expected a tar archive.\nFor a folder use "source: folder" under "data".`,
    );
  }
  const before = skipped.length;
  const entries = new Map<string, Entry>();
  const system = new Set<string>();
  let [ordinal, replaced] = [0, 0];
  for await (const member of members(file, "images")) {
    const path = imagePath(member, file, bad, skipped, system);
    if (path !== undefined) {
      const { size, offset } = member;
      if (entries.has(path)) replaced++;
      entries.set(path, {
        ordinal,
        size,
        ...(offset === undefined ? {} : { offset }),
      });
    }
    ordinal++;
    const task = `Listing ${file}`;
    context.onProgress?.({ task, done: entries.size, unit: "images" });
  }
  if (entries.size === 0) throw noImages(file, skipped.slice(before));
  const top = commonTop(entries.keys());
  return {
    file,
    top,
    system,
    replaced,
    entries: new Map(
      Array.from(entries, ([path, entry]) => [path.slice(top.length), entry]),
    ),
  };
}

/** Files of a plan, in the order of the archive. */
async function* filesOf(
  { file, top, entries }: Listing,
  plan: Partial<Plan>,
): AsyncGenerator<ImageFile> {
  const wanted = new Map(
    Array.from(
      slotsOf(plan),
      (slot) => [entries.get(slot.path)?.ordinal, slot],
    ),
  );
  let ordinal = 0;
  for await (const member of members(file, "images")) {
    const slot = wanted.get(ordinal++);
    if (!slot) continue;
    const path = `${top}${slot.path} in ${file}`;
    // Read now: the archive has gone on when the decoder gets to it.
    const bytes = await readMember(member);
    yield {
      ...slot,
      path,
      // deno-lint-ignore require-await -- so that it rejects
      async read() {
        if (bytes instanceof Error) throw bytes;
        return bytes;
      },
    };
  }
}

/** Bytes of a member that can be an image, or the reason why it is none. */
async function readMember(member: Member): Promise<Uint8Array | Error> {
  try {
    checkMember(member);
  } catch (error) {
    return error as Error;
  }
  return await member.read();
}

function checkMember({ size }: Pick<Member, "size">): void {
  if (size === 0) throw new Error("the file is empty");
  checkSize(size);
}

/** Reads members out of order. */
export function openArchives(
  listings: Readonly<Record<"train" | "test", Listing>>,
): OpenFiles {
  /** Reads a part of a member: from where, and how much. */
  const readMember = async (
    { split, path }: Parameters<OpenFiles["read"]>[0],
    part: (entry: { readonly size: number }) => readonly [number, number],
  ): Promise<Uint8Array> => {
    const { file, entries } = listings[split];
    const entry = entries.get(path);
    if (entry?.offset === undefined) {
      throw new Error("internal: a member without an offset");
    }
    checkMember(entry);
    const [from, length] = part(entry);
    using archive = await Deno.open(file);
    await archive.seek(entry.offset + from, Deno.SeekMode.Start);
    const bytes = await readFully(archive, length);
    if (bytes.length < length) throw new Error("the archive was cut off");
    return bytes;
  };
  return {
    name({ split, path }) {
      return `${listings[split].top}${path} in ${listings[split].file}`;
    },
    // What is in an archive changes with it.
    stamp: ({ split }) => stampFile(listings[split].file),
    read: (slot, most = Number.POSITIVE_INFINITY) =>
      readMember(slot, ({ size }) => [0, Math.min(size, most)]),
    async readEnd(slot, most) {
      let whole = 0;
      const bytes = await readMember(slot, ({ size }) => {
        whole = size;
        return [Math.max(0, size - most), Math.min(size, most)];
      });
      return { size: whole, bytes };
    },
  };
}

async function* inTurn<T>(
  parts: readonly AsyncIterable<T>[],
): AsyncGenerator<T> {
  for (const part of parts) yield* part;
}

/** Images in a tar archive, laid out like those of `folder`. */
export const tar: SourceDefinition = defineSource({
  name: "tar",
  summary:
    "Image files in an archive (.tar, .tar.gz), laid out as for `folder`; nothing is unpacked to disk",
  options: folderOptions,
  shape: (options) => imageShape(options),
  survey: ({ path }, baseDir) => surveyPath(path, baseDir),
  async load(options, context) {
    const { path, test } = options;
    const skipped: SkippedFile[] = [];
    const bad = badFilePolicy(options, (file) => skipped.push(file));
    const listing = await listArchive(path, bad, skipped, context);
    const held = typeof test === "string"
      ? await listArchive(test, bad, skipped, context)
      : undefined;
    const layout = await planOf(
      options,
      [...listing.entries.keys()],
      held
        ? { paths: [...held.entries.keys()], where: held.file }
        : test as number | undefined,
      listing.file,
      context,
    );
    const replaced = listing.replaced + (held?.replaced ?? 0);
    const plan = {
      ...layout,
      remarks: [
        ...layout.remarks ?? [],
        ...systemRemark([...listing.system, ...held?.system ?? []]),
        ...(replaced > 0
          ? [`images of the same path, of which the last counts: ${replaced}`]
          : []),
      ],
    };
    if (options.tile !== undefined || tooLarge(plan, options)) {
      const listings = { train: listing, test: held ?? listing };
      for (const { file, entries } of Object.values(listings)) {
        if ([...entries.values()].every(({ offset }) => offset !== undefined)) {
          continue;
        }
        throw new UserError(
          options.tile === undefined
            ? `Cannot read ${file} in any order, because it is compressed, and its images are more than ${options.memory} MB of pixels.\nDecompress it (gunzip), or raise "memory" under "data".`
            : `Cannot cut tiles out of ${file}: it is compressed, so its images cannot be read in any order.\nDecompress it (gunzip), or leave "tile" out.`,
        );
      }
      const open = openArchives(listings);
      const { file: where } = listing;
      return await loadFiles(plan, open, options, { skipped, where }, context);
    }
    const { train, test: heldOut } = plan;
    const files = held && heldOut
      ? inTurn([filesOf(listing, { train }), filesOf(held, { test: heldOut })])
      : filesOf(listing, plan);
    return await decodePlan(
      plan,
      files,
      options,
      skipped,
      listing.file,
      context,
    );
  },
});
