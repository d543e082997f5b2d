/** @file What the page asks about embeddings: points, labels, pictures, neighbours. */
import { encodePng } from "../data/libvips.ts";
import { isInMemory } from "../data/source.ts";
import { z } from "zod";
import {
  type Asked,
  bodyOf,
  events,
  needed,
  numberOf,
  pause,
  type Routes,
} from "./answer.ts";
import {
  type Embedding,
  embedRun,
  MOST_POINTS,
  nearestTo,
  type Progress,
} from "./embedding.ts";
import type { EngineRoom } from "./engine_room.ts";
import { Refused } from "./guard.ts";
import { pixelsOf } from "./pixels.ts";
import type { RunStore } from "./run_store.ts";

const requestSchema = z.strictObject({
  id: z.string(),
  of: z.string().optional(),
  checkpoint: z.enum(["last", "best", "healthy", "untrained"]).optional(),
  set: z.enum(["train", "test"]),
  most: z.int().min(2).max(MOST_POINTS),
});

/** A computation that the page follows. */
interface Job {
  progress: Progress;
  embedding?: Embedding;
  /** Rises with what is new. */
  version: number;
  over: boolean;
  error?: string;
  /** Pages that listen, and when there was none last. */
  followers: number;
  left: number;
  readonly gone: AbortController;
}

const MOST_JOBS = 4;
const MOST_NEIGHBOURS = 200;
const LOOK_MS = 150;
/** A page that has just asked does not listen yet. */
const GRACE_MS = 1000;

const bytes = (values: ArrayBufferView): Response =>
  new Response(
    new Uint8Array(
      values.buffer as ArrayBuffer,
      values.byteOffset,
      values.byteLength,
    ),
    { headers: { "content-type": "application/octet-stream" } },
  );

/** Routes about embeddings. */
export function embeddingRoutes(store: RunStore, room: EngineRoom): Routes {
  const jobs = new Map<string, Job>();

  const begin = (
    key: string,
    { id: _, ...request }: z.infer<typeof requestSchema>,
    folder: string,
  ): Job => {
    const job: Job = {
      progress: { task: "Waiting" },
      version: 0,
      over: false,
      followers: 0,
      left: Date.now(),
      gone: new AbortController(),
    };
    jobs.set(key, job);
    const [oldest] = jobs.keys();
    if (jobs.size > MOST_JOBS && oldest) jobs.delete(oldest);
    const tell = (progress: Progress): void => {
      job.progress = progress;
      job.version++;
    };
    room.alone(async () => {
      const { embedding, complete } = await embedRun(
        room,
        { ...request, folder },
        tell,
        job.gone.signal,
      );
      job.embedding = embedding;
      job.version++;
      await complete();
    }).catch((error) => {
      job.error = error instanceof Error ? error.message : String(error);
      // What failed can be tried again.
      jobs.delete(key);
    }).finally(() => {
      job.over = true;
      job.version++;
    });
    return job;
  };
  /** What nobody looks at any more makes way for what is waited for. */
  const makeWay = (): void => {
    for (const [key, { over, followers, left, gone }] of jobs) {
      if (over || followers > 0 || Date.now() - left < GRACE_MS) continue;
      jobs.delete(key);
      gone.abort(new Error("Other embeddings were asked for meanwhile."));
    }
  };
  const jobOf = (asked: Asked): Job => {
    const job = jobs.get(needed(asked, "key"));
    if (!job) {
      throw new Refused(
        410,
        "These embeddings are no longer held: ask for them again.",
      );
    }
    return job;
  };
  const embeddingOf = (asked: Asked): Embedding => {
    const { embedding } = jobOf(asked);
    if (!embedding) throw new Refused(409, "The embeddings are not there yet.");
    return embedding;
  };
  const rowOf = (asked: Asked, { rows }: Embedding): number =>
    Math.round(numberOf(asked, "row", 0, [0, rows.count - 1]));
  const imageAt = ({ images, imageOf }: Embedding, row: number) => {
    const image = imageOf[row] as number;
    const label = images.labels?.[image];
    return {
      row,
      name: isInMemory(images)
        ? `image ${image}`
        : images.names.at(image) ?? "",
      ...(label === undefined || label < 0
        ? {}
        : { label: images.classes?.[label] ?? String(label) }),
    };
  };
  const standing = (job: Job) => ({
    progress: job.progress,
    over: job.over,
    error: job.error ?? null,
    pca: job.embedding !== undefined,
    umap: job.embedding?.umap !== undefined,
    meta: job.embedding?.meta ?? null,
  });

  return {
    "POST /api/embedding": async (asked) => {
      const request = await bodyOf(asked, requestSchema);
      const folder = await store.folder(request.id);
      const key = JSON.stringify(request);
      const job = jobs.get(key) ?? begin(key, request, folder);
      return { key, ...standing(job) };
    },

    "GET /api/embedding/events": (asked) => {
      const job = jobOf(asked);
      return events(async (send, signal) => {
        job.followers++;
        signal.addEventListener("abort", () => {
          job.followers--;
          job.left = Date.now();
        });
        for (let told = -1; !signal.aborted;) {
          if (job.version === 0) makeWay();
          if (job.version !== told) {
            told = job.version;
            send({ event: "standing", data: standing(job) });
          }
          if (job.over) send({ event: "over", data: standing(job) });
          await pause(job.over ? 60_000 : LOOK_MS, signal);
        }
      });
    },

    "GET /api/embedding/points": (asked) => {
      const { pca, umap } = embeddingOf(asked);
      return bytes(needed(asked, "layout") === "umap" ? umap ?? pca : pca);
    },

    /** Classes, then clusters, of each row. */
    "GET /api/embedding/groups": (asked) => {
      const { images: { labels }, imageOf, clusters } = embeddingOf(asked);
      const classes = imageOf.map((image) => labels?.[image] ?? -1);
      const both = new Int32Array(2 * classes.length);
      both.set(classes);
      both.set(clusters, classes.length);
      return bytes(both);
    },

    "GET /api/embedding/picture": async (asked) => {
      const embedding = embeddingOf(asked);
      const { images, imageOf } = embedding;
      const image = imageOf[rowOf(asked, embedding)] as number;
      const png = await encodePng(await pixelsOf(images, image), images);
      return new Response(new Uint8Array(png), {
        headers: { "content-type": "image/png" },
      });
    },

    "GET /api/embedding/image": (asked) => {
      const embedding = embeddingOf(asked);
      return imageAt(embedding, rowOf(asked, embedding));
    },

    "GET /api/embedding/nearest": (asked) => {
      const embedding = embeddingOf(asked);
      const k = Math.round(numberOf(asked, "k", 24, [1, MOST_NEIGHBOURS]));
      return nearestTo(embedding.rows, rowOf(asked, embedding), k)
        .map(({ row, similarity }) => ({
          ...imageAt(embedding, row),
          similarity: Number(similarity.toFixed(4)),
        }));
    },
  };
}
