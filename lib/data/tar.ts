/** @file Images in a tar archive. */
import { UserError } from "../errors.ts";
import { type Member, members } from "./archive.ts";
import {
  badFilePolicy,
  decodePlan,
  type ImageFile,
  type OnBadFile,
  slotsOf,
} from "./decode_plan.ts";
import { imageOptions, imageShape } from "./image_options.ts";
import {
  isHidden,
  noImages,
  notAnImage,
  type Plan,
  planLayout,
} from "./layout.ts";
import { findPlace } from "./place.ts";
import { surveyPath } from "./survey.ts";
import {
  defineSource,
  type LoadContext,
  type SkippedFile,
  type SourceDefinition,
} from "./source.ts";

/** What an archive has. */
interface Listing {
  readonly file: string;
  /** Start of every path, when all lie in one folder; it is no class. */
  readonly top: string;
  /** Images by path without the top; of two with one name the later counts. */
  readonly ordinals: ReadonlyMap<string, number>;
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
): string | undefined {
  if (type === "directory") return undefined;
  const place = memberPath(name);
  if ("refused" in place) {
    bad(`${name} in ${file}`, place.refused);
    return undefined;
  }
  const { path } = place;
  if (isHidden(path)) return undefined;
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

async function list(
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
  const ordinals = new Map<string, number>();
  let ordinal = 0;
  for await (const member of members(file, "images")) {
    const path = imagePath(member, file, bad, skipped);
    if (path !== undefined) ordinals.set(path, ordinal);
    ordinal++;
    const task = `Listing ${file}`;
    context.onProgress?.({ task, done: ordinals.size, unit: "images" });
  }
  if (ordinals.size === 0) throw noImages(file, skipped.slice(before));
  const top = commonTop(ordinals.keys());
  return {
    file,
    top,
    ordinals: new Map(
      Array.from(ordinals, ([path, n]) => [path.slice(top.length), n]),
    ),
  };
}

/** Files of a plan, in the order of the archive. */
async function* filesOf(
  { file, top, ordinals }: Listing,
  plan: Partial<Plan>,
): AsyncGenerator<ImageFile> {
  const wanted = new Map(
    Array.from(slotsOf(plan), (slot) => [ordinals.get(slot.path), slot]),
  );
  let ordinal = 0;
  for await (const member of members(file, "images")) {
    const slot = wanted.get(ordinal++);
    if (!slot) continue;
    // Read now: the archive has gone on when the decoder gets to it.
    const bytes = await member.read();
    const path = `${top}${slot.path} in ${file}`;
    yield { ...slot, path, read: () => Promise.resolve(bytes) };
  }
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
  options: imageOptions,
  shape: imageShape,
  survey: ({ path }, baseDir) => surveyPath(path, baseDir),
  async load(options, context) {
    const { path, test } = options;
    const skipped: SkippedFile[] = [];
    const bad = badFilePolicy(options, skipped);
    const listing = await list(path, bad, skipped, context);
    const held = typeof test === "string"
      ? await list(test, bad, skipped, context)
      : undefined;
    const plan = planLayout(
      [...listing.ordinals.keys()],
      held
        ? { paths: [...held.ordinals.keys()], where: held.file }
        : test as number | undefined,
      listing.file,
    );
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
