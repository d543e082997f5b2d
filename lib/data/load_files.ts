/** @file Image files that can be read in any order: whole or in tiles, held in memory or decoded in every epoch. */
import { expectMost } from "./bad_file.ts";
import { decodePlan, type ImageFile, slotsOf } from "./decode_plan.ts";
import type { ImageOptions } from "./image_options.ts";
import type { Plan } from "./layout.ts";
import type { LoadContext, LoadedData, SkippedFile } from "./source.ts";
import {
  type HeaderMemory,
  type OpenFiles,
  streamPlan,
  tooLarge,
} from "./stream.ts";
import { cutIntoTiles, type Tiled } from "./tiles.ts";

/** Files of a plan, each in its place. */
function* filesOf(plan: Plan, files: OpenFiles): Generator<ImageFile> {
  for (const slot of slotsOf(plan)) {
    yield {
      ...slot,
      path: files.name(slot),
      read: () => files.read(slot),
      ...(files.decode ? { decode: () => files.decode!(slot) } : {}),
    };
  }
}

/** Tiles are known to be readable before they are asked for. */
const lookedAt = ({ contents }: Tiled): HeaderMemory => ({
  recall: () =>
    Promise.resolve({
      bad: { train: [], test: [] },
      unread: [],
      remarks: [],
      contents,
    }),
  keep: () => Promise.resolve(),
});

/** Loads the files of a plan. @throws {UserError} When they cannot be had. */
export async function loadFiles(
  whole: Plan,
  open: OpenFiles,
  options: ImageOptions & {
    readonly tile?: number | undefined;
    readonly cache?: boolean | undefined;
  },
  { skipped, where, memory }: {
    /** Files that were left out already. */
    readonly skipped: readonly SkippedFile[];
    /** For messages. */
    readonly where: string;
    readonly memory?: HeaderMemory | undefined;
  },
  context: LoadContext,
): Promise<LoadedData> {
  const tiled = options.tile === undefined
    ? undefined
    : await cutIntoTiles(whole, open, options, options.tile, context);
  const { plan, files } = tiled ?? { plan: whole, files: open };
  const left = [...skipped, ...tiled?.unread ?? []];
  if (tiled) {
    const all = whole.train.paths.length + (whole.test?.paths.length ?? 0);
    const good = plan.train.paths.length > 0 ? all - tiled.unread.length : 0;
    expectMost(good, all, where, tiled.unread);
  }
  if (!tooLarge(plan, options)) {
    const all = filesOf(plan, files);
    const remarks = [
      ...plan.remarks ?? [],
      ...(options.cache
        ? ['"cache" has nothing to do: all images are held in memory']
        : []),
    ];
    const held = { ...plan, remarks };
    return await decodePlan(held, all, options, left, where, context);
  }
  return await streamPlan(
    plan,
    files,
    options,
    left,
    where,
    context,
    tiled ? lookedAt(tiled) : memory,
  );
}
