/** @file Features of image files into one file, streamed; what was interrupted goes on. */
import { createHash } from "node:crypto";
import { writeAtomic } from "../checkpoint/write_atomic.ts";
import type { LooseImages } from "../data/loose.ts";
import { reasonOf } from "../data/place.ts";
import type { Encoder } from "../encoder/encoder.ts";
import { UserError } from "../errors.ts";
import { FORMATS } from "./formats.ts";
import { RowsFile } from "./rows_file.ts";
import { type FeatureTable, formatOf } from "./table.ts";

/** How features are written. */
export interface EmbedFilesOptions {
  /** Where to; its ending chooses the format. */
  readonly out: string;
  /** Replaces files that are there. */
  readonly force?: boolean | undefined;
  /** Ends it after the batch at hand; another call goes on. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the images that are done. */
  readonly onProgress?: (done: number) => void;
}

/** What was written. */
export interface EmbeddedFiles {
  /** Rows. */
  readonly count: number;
  /** Files that hold them. */
  readonly files: readonly string[];
  /** Images that were done by an earlier call. */
  readonly before: number;
}

/** Files that a table of this name has. */
function targets(out: string): string[] {
  const { beside } = formatOf(out, FORMATS);
  return [out, ...(beside ? [beside(out)] : [])];
}

/**
 * Looks whether features can be written, before anything is computed.
 *
 * @throws {UserError} When the ending names no format, or a file is there.
 */
export async function checkTarget(
  { out, force }: Pick<EmbedFilesOptions, "out" | "force">,
): Promise<void> {
  for (const path of targets(out)) {
    const found = await Deno.stat(path).catch(() => undefined);
    if (!found) continue;
    if (found.isFile && force) continue;
    throw new UserError(
      found.isFile
        ? `Cannot write "${path}": it exists already.\nAdd --force to replace it, or choose another name.`
        : `Cannot write "${path}": it is there, and no file.\nChoose another name.`,
    );
  }
}

/** What the rows depend on: other images or weights begin anew. */
function keyOf(encoder: Encoder, { images }: LooseImages): string {
  const { run: { folder, checkpoint }, network, batch, width } = encoder;
  return createHash("sha256").update(JSON.stringify([
    folder,
    checkpoint?.entry.sha256,
    network.name,
    batch,
    width,
    images.names,
    images.contents,
  ])).digest("hex");
}

/**
 * Writes the features of images to a file.
 *
 * @throws {UserError} When the file is there, or cannot be written.
 */
export async function embedFiles(
  encoder: Encoder,
  found: LooseImages,
  { out, force, signal, onProgress = () => {} }: EmbedFilesOptions,
): Promise<EmbeddedFiles> {
  await checkTarget({ out, force });
  const format = formatOf(out, FORMATS);
  const { images } = found;
  const { batch, width, network, run } = encoder;
  try {
    const rows = await RowsFile.open(
      `${out}.rows`,
      keyOf(encoder, found),
      width,
      batch,
    );
    try {
      const from = rows.next(batch);
      for await (const one of encoder.embed(images, { from, signal })) {
        await rows.append(one);
        onProgress(Math.min(images.count, (one.rows.at(-1) ?? 0) + 1));
      }
      const { labels, classes } = images;
      const table: FeatureTable = {
        count: rows.images.length,
        width,
        names: rows.images.map((image) => images.names[image] as string),
        ...(labels
          ? {
            labels: Int32Array.from(
              rows.images,
              (image) => labels[image] as number,
            ),
          }
          : {}),
        ...(classes ? { classes } : {}),
        metadata: {
          run: run.folder,
          pipeline: run.loaded.pipeline.name,
          of: network.name,
          weights: run.checkpoint?.entry.file ?? "untrained",
        },
        chunks: () => rows.chunks(),
      };
      const [first, second] = targets(out) as [string, string?];
      if (second && format.writeBeside) {
        const { writeBeside } = format;
        await writeAtomic(second, (write) => writeBeside(table, write));
      }
      await writeAtomic(first, (write) => format.write(table, write));
      await rows.remove();
      return {
        count: table.count,
        files: targets(out),
        before: Math.min(from, images.count),
      };
    } finally {
      rows.close();
    }
  } catch (error) {
    if (error instanceof UserError || error === signal?.reason) throw error;
    if (!(error instanceof Deno.errors.NotFound || isDiskError(error))) {
      throw error;
    }
    throw new UserError(
      `Cannot write "${out}": ${
        error instanceof Deno.errors.NotFound
          ? "its folder does not exist"
          : reasonOf(error)
      }.\nChoose another place with --out.`,
    );
  }
}

/** Whether the system refused to write; anything else is a defect of ours. */
function isDiskError(error: unknown): boolean {
  return error instanceof Error && "code" in error ||
    error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotADirectory;
}
