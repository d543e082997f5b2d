/** @file Embeddings of a run's images: computed once, kept in the cache, laid out. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { writeAtomic } from "../checkpoint/write_atomic.ts";
import type { Images } from "../data/source.ts";
import type { Encoder, EncoderOptions } from "../encoder/encoder.ts";
import { nearestOf } from "../similar/neighbours.ts";
import { type EngineRoom, firstImages } from "./engine_room.ts";
import type { Nearest, Rows } from "./layout.ts";
import type { LayoutMessage, LayoutTask } from "./layout_worker.ts";

/** Which embeddings. */
export interface EmbeddingRequest {
  readonly folder: string;
  /** Network; by default the one that the run is judged by. */
  readonly of?: string | undefined;
  readonly checkpoint?: EncoderOptions["checkpoint"];
  readonly set: "train" | "test";
  readonly most: number;
}

/** More cannot be told apart, nor searched in a minute. */
export const MOST_POINTS = 50_000;
const NEIGHBOURS = 15;
/** Where there are no labels to go by. */
const CLUSTERS = 10;

const metaSchema = z.object({
  count: z.int(),
  width: z.int(),
  chosen: z.string(),
  network: z.string(),
  shares: z.tuple([z.number(), z.number()]),
  clusters: z.int(),
});

/** What is known of embeddings that were laid out. */
export type EmbeddingMeta = z.infer<typeof metaSchema> & {
  /** Names of the classes, where the images have labels. */
  readonly classes?: readonly string[];
};

/** How far a computation has come. */
export interface Progress {
  readonly task: string;
  /** From 0 to 1; absent where it cannot be told. */
  readonly share?: number;
}

/** Embeddings at hand. */
export interface Embedding {
  readonly meta: EmbeddingMeta;
  readonly images: Images;
  /** Rows of length 1. */
  readonly rows: Rows;
  /** Image of each row. */
  readonly imageOf: Int32Array;
  /** `[count, 2]`. */
  readonly pca: Float32Array;
  readonly clusters: Int32Array;
  /** `[count, 2]`; absent until it was computed. */
  umap?: Float32Array;
}

/** Rows made as long as 1. */
function unitRows(data: Float32Array, width: number): Float32Array {
  const unit = new Float32Array(data);
  for (let at = 0; at < unit.length; at += width) {
    let sum = 0;
    for (let j = at; j < at + width; j++) sum += (unit[j] as number) ** 2;
    const length = Math.sqrt(sum) || 1;
    for (let j = at; j < at + width; j++) {
      unit[j] = (unit[j] as number) / length;
    }
  }
  return unit;
}

/** Has a task done apart, so that the page is answered meanwhile. */
async function layOut<K extends LayoutTask["kind"]>(
  task: LayoutTask & { readonly kind: K },
  signal: AbortSignal,
  tell: (share: number) => void = () => {},
): Promise<LayoutMessage & { readonly kind: K }> {
  signal.throwIfAborted();
  const worker = new Worker(new URL("./layout_worker.ts", import.meta.url), {
    type: "module",
    name: "layout of points",
    deno: { permissions: "none" },
  });
  try {
    return await new Promise((done, fail) => {
      worker.onmessage = ({ data }: MessageEvent<LayoutMessage>) => {
        if (data.kind === "ready") worker.postMessage(task);
        else if (data.kind === "progress") tell(data.share);
        else done(data as LayoutMessage & { readonly kind: K });
      };
      worker.onerror = (event) => {
        event.preventDefault();
        fail(new Error(event.message));
      };
      signal.addEventListener("abort", () => fail(signal.reason));
    });
  } finally {
    worker.terminate();
  }
}

/** Arrays of numbers as files, whole or not at all. */
class Drawer {
  constructor(readonly folder: string) {}

  async put(name: string, values: ArrayBufferView): Promise<void> {
    await Deno.mkdir(this.folder, { recursive: true });
    await writeAtomic(
      join(this.folder, name),
      new Uint8Array(
        values.buffer as ArrayBuffer,
        values.byteOffset,
        values.byteLength,
      ),
    );
  }

  async floats(name: string): Promise<Float32Array<ArrayBuffer>> {
    const bytes = await Deno.readFile(join(this.folder, name));
    return new Float32Array(
      bytes.buffer,
      bytes.byteOffset,
      bytes.byteLength / 4,
    );
  }

  async ints(name: string): Promise<Int32Array<ArrayBuffer>> {
    const bytes = await Deno.readFile(join(this.folder, name));
    return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  }
}

const META = "meta.json";

/** Opens the encoder, and tells what its embeddings are kept under. */
function keyOf(
  { run, network }: Encoder,
  { folder, set }: EmbeddingRequest,
  images: Images,
): string {
  const { entry } = run.checkpoint ?? {};
  return createHash("sha256").update(JSON.stringify([
    2,
    folder,
    entry?.sha256,
    network.name,
    set,
    images.count,
    images.height,
    images.width,
  ])).digest("hex").slice(0, 32);
}

/** The features of all images, with the image of each row. */
async function features(
  encoder: Encoder,
  images: Images,
  tell: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<{ rows: Rows; imageOf: Int32Array }> {
  const { width } = encoder;
  const data = new Float32Array(images.count * width);
  const found: number[] = [];
  for await (const batch of encoder.embed(images, { signal })) {
    data.set(batch.features, found.length * width);
    found.push(...batch.rows);
    tell({ task: "Embedding the images", share: found.length / images.count });
  }
  const count = found.length;
  return {
    rows: {
      data: unitRows(data.subarray(0, count * width), width),
      count,
      width,
    },
    imageOf: Int32Array.from(found),
  };
}

/** Reads what the cache has; nothing where it has not all. */
async function kept(
  drawer: Drawer,
  images: Images,
): Promise<Embedding | undefined> {
  try {
    const meta = metaSchema.parse(
      JSON.parse(await Deno.readTextFile(join(drawer.folder, META))),
    );
    const { count, width } = meta;
    const [data, imageOf, pca, clusters] = await Promise.all([
      drawer.floats("rows.f32"),
      drawer.ints("images.i32"),
      drawer.floats("pca.f32"),
      drawer.ints("clusters.i32"),
    ]);
    const umap = await drawer.floats("umap.f32").catch(() => undefined);
    if (data.length !== count * width || pca.length !== 2 * count) {
      return undefined;
    }
    return {
      meta: withClasses(meta, images),
      images,
      rows: { data, count, width },
      imageOf,
      pca,
      clusters,
      ...(umap?.length === 2 * count ? { umap } : {}),
    };
  } catch {
    return undefined;
  }
}

const withClasses = (
  meta: z.infer<typeof metaSchema>,
  { classes, labels }: Images,
): EmbeddingMeta => ({
  ...meta,
  ...(labels
    ? { classes: classes ?? [...new Set(labels)].map((label) => String(label)) }
    : {}),
});

/**
 * Embeddings of a run's images, with their places in the plane. UMAP comes
 * later, for it takes longer.
 *
 * @param tell Called with how far it has come.
 * @param signal Ends it, with the signal's reason as error.
 * @returns The embeddings with their principal components, and what completes
 *   them.
 */
export async function embedRun(
  room: EngineRoom,
  request: EmbeddingRequest,
  tell: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<{
  readonly embedding: Embedding;
  readonly complete: () => Promise<void>;
}> {
  const { folder, of, checkpoint, set, most } = request;
  signal.throwIfAborted();
  tell({ task: "Loading the images" });
  const { pipeline, baseDir } = await room.load(folder);
  const loaded = await room.data(pipeline, baseDir);
  const images = firstImages(
    set === "test" && loaded.test ? loaded.test : loaded.train,
    Math.min(most, MOST_POINTS),
  );
  tell({ task: "Opening the encoder" });
  const encoder = await room.encoder(folder, { of, checkpoint });
  try {
    const drawer = new Drawer(
      join(room.cache, keyOf(encoder, request, images)),
    );
    const embedding = await kept(drawer, images) ??
      await compute(encoder, images, drawer, tell, signal);
    return {
      embedding,
      complete: async () => {
        try {
          if (embedding.umap) return;
          embedding.umap = await umapOf(encoder, embedding, tell, signal);
          await drawer.put("umap.f32", embedding.umap);
        } finally {
          encoder.close();
        }
      },
    };
  } catch (error) {
    encoder.close();
    throw error;
  }
}

async function compute(
  encoder: Encoder,
  images: Images,
  drawer: Drawer,
  tell: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Embedding> {
  const { rows, imageOf } = await features(encoder, images, tell, signal);
  tell({ task: "Principal components and clusters" });
  const classes = images.labels ? new Set(images.labels).size : CLUSTERS;
  const k = Math.min(Math.max(2, classes), 30, rows.count);
  const { principal, clusters } = await layOut({
    kind: "plane",
    rows,
    clusters: k,
  }, signal);
  const meta = {
    count: rows.count,
    width: rows.width,
    chosen: encoder.run.chosen,
    network: encoder.network.name,
    shares: [...principal.shares] as [number, number],
    clusters: k,
  };
  await drawer.put("rows.f32", rows.data);
  await drawer.put("images.i32", imageOf);
  await drawer.put("pca.f32", principal.points);
  await drawer.put("clusters.i32", clusters);
  // The last: what it tells of is all there.
  await drawer.put(META, new TextEncoder().encode(JSON.stringify(meta)));
  return {
    meta: withClasses(meta, images),
    images,
    rows,
    imageOf,
    pca: principal.points,
    clusters,
  };
}

async function umapOf(
  encoder: Encoder,
  { rows, pca }: Embedding,
  tell: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Float32Array> {
  if (rows.count <= NEIGHBOURS + 1) return pca;
  tell({ task: "Nearest neighbours" });
  const bank = { ...rows, data: rows.data as Float32Array<ArrayBuffer> };
  const nearest: Nearest = await nearestOf(
    encoder,
    bank,
    bank,
    NEIGHBOURS,
    signal,
  );
  tell({ task: "UMAP", share: 0 });
  const { points } = await layOut(
    { kind: "umap", nearest },
    signal,
    (share) => tell({ task: "UMAP", share }),
  );
  return points;
}

/** The rows that are the most alike to one, the nearest first, itself left out. */
export function nearestTo(
  { data, count, width }: Rows,
  row: number,
  k: number,
): readonly { readonly row: number; readonly similarity: number }[] {
  const own = data.subarray(row * width, (row + 1) * width);
  const best: { row: number; similarity: number }[] = [];
  for (let other = 0; other < count; other++) {
    if (other === row) continue;
    let similarity = 0;
    for (let j = 0; j < width; j++) {
      similarity += (own[j] as number) * (data[other * width + j] as number);
    }
    const last = best.at(-1);
    if (best.length === k && last && similarity <= last.similarity) continue;
    const at = best.findIndex((one) => one.similarity < similarity);
    best.splice(at < 0 ? best.length : at, 0, { row: other, similarity });
    if (best.length > k) best.pop();
  }
  return best;
}
