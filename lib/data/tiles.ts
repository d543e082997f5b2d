/** @file Large images cut into squares, each an image of the set. */
import { badFilePolicy } from "./bad_file.ts";
import { contentsOf } from "./contents.ts";
import { fit } from "./libvips.ts";
import { decodeStrip, stripFacts } from "./strips.ts";
import { AT_ONCE } from "./at_once.ts";
import { type Slot, slotsOf } from "./decode_plan.ts";
import type { FileFacts } from "./formats/files.ts";
import { type ImageOptions, imageShape, readingOf } from "./image_options.ts";
import type { Plan, SplitPlan } from "./layout.ts";
import type { Channels } from "./samples.ts";
import { sideBySide } from "./side_by_side.ts";
import type { LoadContext, SkippedFile } from "./source.ts";
import type { HeaderSurvey, OpenFiles } from "./stream.ts";

/** Where a tile is in its file. */
interface Tile {
  readonly slot: Slot & { readonly path: string };
  readonly facts: FileFacts;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Strips that are kept: tiles of one row are asked for one after another. */
const MOST_STRIPS = 4;

/** First pixels of the tiles of a side; the last one ends where the side does. */
function starts(side: number, tile: number): number[] {
  const count = Math.max(1, Math.ceil(side / tile));
  return Array.from(
    { length: count },
    (_, i) => Math.max(0, Math.min(i * tile, side - tile)),
  );
}

function* tilesOf(
  slot: Tile["slot"],
  facts: FileFacts,
  tile: number,
): Generator<Tile> {
  const [width, height] = [
    Math.min(tile, facts.width),
    Math.min(tile, facts.height),
  ];
  for (const top of starts(facts.height, tile)) {
    for (const left of starts(facts.width, tile)) {
      yield { slot, facts, left, top, width, height };
    }
  }
}

function cut(
  strip: Omit<Channels, "clipped">,
  { left, width, height }: Tile,
): Omit<Channels, "clipped"> {
  const { channels } = strip;
  const pixels = new Uint8Array(width * height * channels);
  for (let row = 0; row < height; row++) {
    const from = (row * strip.width + left) * channels;
    pixels.set(
      strip.pixels.subarray(from, from + width * channels),
      row * width * channels,
    );
  }
  return { width, height, channels, pixels };
}

/** The same images with tiles in their place. */
export interface Tiled {
  readonly plan: Plan;
  readonly files: OpenFiles;
  /** Files that cannot be read. */
  readonly unread: readonly SkippedFile[];
  /** Digest of what the files hold, by split. */
  readonly contents: HeaderSurvey["contents"];
}

/**
 * Cuts every image of a plan into tiles. Splits and classes stay as they are:
 * tiles of one image are never on both sides.
 *
 * @throws {UserError} When a file cannot be read and that is to end the run.
 */
export async function cutIntoTiles(
  plan: Plan,
  files: OpenFiles,
  options: ImageOptions,
  tile: number,
  { onProgress }: LoadContext,
): Promise<Tiled> {
  const shape = imageShape(options);
  const reading = readingOf(options);
  const unread: SkippedFile[] = [];
  const contents = contentsOf(plan);
  const bad = badFilePolicy(options, (file) => unread.push(file));
  const found = new Map<string, Tile[]>();
  const total = plan.train.paths.length + (plan.test?.paths.length ?? 0);
  let largest: FileFacts | undefined;
  let done = 0;
  const keyOf = ({ split, image }: Slot): string => `${split} ${image}`;
  await sideBySide(slotsOf(plan), AT_ONCE, async (slot) => {
    try {
      const bytes = await files.read(slot);
      const facts = await stripFacts(bytes, shape.channels, reading);
      contents[slot.split].add(slot.image, bytes);
      found.set(keyOf(slot), [...tilesOf(slot, facts, tile)]);
      const area = facts.width * facts.height;
      if (!largest || area > largest.width * largest.height) largest = facts;
    } catch (error) {
      bad(files.name(slot), error);
    }
    onProgress?.({
      task: "Cutting tiles",
      done: ++done,
      total,
      unit: "images",
    });
  });

  const tiles = new Map<string, Tile>();
  const cutSplit = (name: Slot["split"], split: SplitPlan): SplitPlan => {
    const paths: string[] = [];
    const labels: number[] = [];
    for (const { image, path } of slotsOf({ [name]: split })) {
      for (const one of found.get(keyOf({ split: name, image })) ?? []) {
        const tilePath = `${path}[${one.left},${one.top}]`;
        tiles.set(`${name} ${tilePath}`, one);
        paths.push(tilePath);
        labels.push(split.labels?.[image] ?? 0);
      }
    }
    return {
      paths,
      ...(split.labels ? { labels: Int32Array.from(labels) } : {}),
    };
  };
  const train = cutSplit("train", plan.train);
  const test = plan.test && cutSplit("test", plan.test);
  const count = train.paths.length + (test?.paths.length ?? 0);
  const size = largest ? `${largest.width}x${largest.height}` : "";
  return {
    plan: {
      ...plan,
      train,
      ...(test ? { test } : {}),
      remarks: [
        ...plan.remarks ?? [],
        `${total} files (the largest ${size}) cut into ${count} tiles of ${tile}x${tile}, scaled to ${shape.width}x${shape.height}; the last ones of a row or column overlap, and no orientation is applied`,
      ],
    },
    files: tileFiles(files, tiles, options),
    unread,
    contents: {
      train: contents.train.digest(),
      test: contents.test.digest(),
    },
  };
}

function tileFiles(
  files: OpenFiles,
  tiles: ReadonlyMap<string, Tile>,
  options: ImageOptions,
): OpenFiles {
  const shape = imageShape(options);
  const reading = readingOf(options);
  const strips = new Map<string, Promise<Omit<Channels, "clipped">>>();
  const strip = ({ slot, facts, top, height }: Tile) => {
    const key = `${slot.split} ${slot.image} ${top}`;
    const known = strips.get(key);
    if (known) return known;
    const made = files.read(slot).then((bytes) =>
      decodeStrip(bytes, facts, shape.channels, reading, { top, height })
    );
    strips.set(key, made);
    for (const old of strips.keys()) {
      if (strips.size <= MOST_STRIPS) break;
      strips.delete(old);
    }
    return made;
  };
  const tileOf = ({ split, path }: Tile["slot"]): Tile => {
    const tile = tiles.get(`${split} ${path}`);
    if (!tile) throw new Error("internal: a tile that was not cut");
    return tile;
  };
  return {
    name: (slot) => files.name(slot),
    read: (slot, most) => files.read(tileOf(slot).slot, most),
    ...(files.stamp
      ? { stamp: (slot) => files.stamp!(tileOf(slot).slot) }
      : {}),
    async decode(slot) {
      const tile = tileOf(slot);
      return await fit(cut(await strip(tile), tile), shape);
    },
  };
}
