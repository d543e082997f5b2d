/** @file Checkpoints of a run: written whole, checked when read, old ones removed. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import type { TensorData } from "../ir/dtype.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import { writeAtomic } from "./write_atomic.ts";

/** One checkpoint, as the manifest lists it. */
export interface CheckpointEntry {
  /** Name within the folder. */
  readonly file: string;
  /** Steps done when it was written. */
  readonly step: number;
  /** Length of the file. */
  readonly bytes: number;
  /** Checksum of the file, in hexadecimal. */
  readonly sha256: string;
  /** What the last step reported; `null` for what was no number. */
  readonly metrics: Readonly<Record<string, number | null>>;
  /** Whether the run looked healthy then. */
  readonly healthy: boolean;
}

const entrySchema: z.ZodType<CheckpointEntry> = z.object({
  file: z.string().regex(/^step-\d+\.safetensors$/),
  step: z.int().min(0),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  metrics: z.record(z.string(), z.number().nullable()),
  healthy: z.boolean().default(true),
});

const manifestSchema = z.object({
  format: z.literal("stopgrad-checkpoints-1"),
  checkpoints: z.array(entrySchema),
});

/** Variables by path. */
export type Values = Readonly<Record<string, TensorData>>;

/** A checkpoint that could not be used. */
export interface Refused {
  /** Name within the folder. */
  readonly file: string;
  /** What is wrong with it. */
  readonly reason: string;
}

const MANIFEST = "manifest.json";

const sha256 = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");

/** The checkpoints in one folder: safetensors files and a manifest. */
export class CheckpointStore {
  constructor(readonly folder: string, readonly keep: number) {}

  /** Entries, oldest first; none when there is no manifest. */
  async list(): Promise<CheckpointEntry[]> {
    let text: string;
    try {
      text = await Deno.readTextFile(join(this.folder, MANIFEST));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
    return manifestSchema.parse(JSON.parse(text)).checkpoints;
  }

  /** The newest entry of a run that looked healthy; its file may be damaged. */
  async newestHealthy(): Promise<CheckpointEntry | undefined> {
    const entries = await this.list().catch(() => []);
    return entries.findLast(({ healthy }) => healthy);
  }

  /**
   * Writes a checkpoint, then forgets those beyond `keep`, but for the newest
   * healthy one.
   */
  async save(
    step: number,
    tensors: Values,
    metrics: Readonly<Record<string, number | null>>,
    healthy = true,
  ): Promise<CheckpointEntry> {
    await Deno.mkdir(this.folder, { recursive: true });
    const file = `step-${String(step).padStart(8, "0")}.safetensors`;
    const bytes = encodeSafetensors({
      tensors,
      metadata: { format: "stopgrad", step: String(step) },
    });
    await writeAtomic(join(this.folder, file), bytes);
    const entry = {
      file,
      step,
      bytes: bytes.length,
      sha256: sha256(bytes),
      metrics,
      healthy,
    };
    // A manifest that cannot be read must not end a run.
    const known = await this.list().catch(() => []);
    const old = known.filter((one) => one.file !== file);
    const all = [...old, entry];
    const newest = all.slice(-this.keep);
    const last = all.findLast((one) => one.healthy);
    const kept = all.filter((one) => newest.includes(one) || one === last);
    const manifest = { format: "stopgrad-checkpoints-1", checkpoints: kept };
    await writeAtomic(
      join(this.folder, MANIFEST),
      new TextEncoder().encode(JSON.stringify(manifest, null, 2) + "\n"),
    );
    for (const one of all) {
      if (kept.includes(one)) continue;
      await Deno.remove(join(this.folder, one.file)).catch(() => {});
    }
    return entry;
  }

  /**
   * The newest checkpoint that is whole; damaged ones are passed over and
   * listed in `refused` with the reason.
   */
  async newest(): Promise<
    { entry?: CheckpointEntry; values?: Values; refused: Refused[] }
  > {
    const refused: Refused[] = [];
    let entries: CheckpointEntry[] = [];
    try {
      entries = await this.list();
    } catch (error) {
      refused.push({ file: MANIFEST, reason: String(error) });
    }
    for (const entry of entries.reverse()) {
      try {
        return { entry, values: await this.#read(entry), refused };
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        refused.push({ file: entry.file, reason });
      }
    }
    return { refused };
  }

  async #read(entry: CheckpointEntry): Promise<Values> {
    const bytes = await Deno.readFile(join(this.folder, entry.file));
    if (bytes.length !== entry.bytes) {
      throw new Error(`it has ${bytes.length} bytes, expected ${entry.bytes}`);
    }
    if (sha256(bytes) !== entry.sha256) {
      throw new Error("its checksum differs: the file was changed");
    }
    return decodeSafetensors(bytes).tensors;
  }
}
