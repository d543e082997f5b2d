/** @file Checkpoints of a run: written whole, checked when read, old ones removed. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import type { TensorData } from "../ir/dtype.ts";
import { readRegularFile } from "../regular_file.ts";
import { retained, type Retention } from "./retention.ts";
import { decodeSafetensors, safetensorsHeader } from "./safetensors.ts";
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
  /**
   * Means of what the steps since one was due before reported; `null` for what
   * is no number. None where an interruption wrote it before it was due.
   */
  readonly metrics: Readonly<Record<string, number | null>>;
  /** Whether the run looked healthy then. */
  readonly healthy: boolean;
  /** Whether it was time for one; an interruption writes one in between. */
  readonly due: boolean;
  /** Checksum of the lines of `metrics.jsonl` up to it; absent where it is not known. */
  readonly lines?: string | undefined;
}

const fileSchema = z.string().regex(/^step-\d+\.safetensors$/);

const entrySchema: z.ZodType<CheckpointEntry> = z.object({
  file: fileSchema,
  step: z.int().min(0),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  metrics: z.record(z.string(), z.number().nullable()),
  healthy: z.boolean().default(true),
  due: z.boolean().default(true),
  lines: z.string().optional(),
});

const manifestSchema = z.object({
  format: z.literal("stopgrad-checkpoints-1"),
  checkpoints: z.array(entrySchema),
  /** Removed next; of a process that is killed before, the next one sweeps them. */
  dropped: z.array(fileSchema).default([]),
});

type Manifest = z.infer<typeof manifestSchema>;

/** Variables by path. */
export type Values = Readonly<Record<string, TensorData>>;

/** A checkpoint that could not be used. */
export interface Refused {
  /** Name within the folder. */
  readonly file: string;
  /** What is wrong with it. */
  readonly reason: string;
}

/** The list of checkpoints, twice: a damaged one must not cost a run. */
const MANIFESTS = ["manifest.json", "manifest.backup.json"] as const;

const PART = /^(step-\d+\.safetensors|manifest(\.backup)?\.json)\.part$/;

const FORMAT = "stopgrad-checkpoints-1";

const reasonOf = (error: unknown): string =>
  error instanceof z.ZodError
    ? `it is not a list of checkpoints (${error.issues[0]?.path.join(".")}: ${
      error.issues[0]?.message
    })`
    : error instanceof SyntaxError
    ? `it is not JSON (${error.message})`
    : error instanceof Error
    ? error.message
    : String(error);

const sha256 = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");

/** So much is taken at a time; others run between two. */
const PIECE_BYTES = 1 << 22;

/** The bytes of values, in their order, in pieces. */
function* piecesOf(values: Values): Generator<Uint8Array> {
  for (
    const { data: { buffer, byteOffset, byteLength } } of Object.values(values)
  ) {
    for (let at = 0; at < byteLength; at += PIECE_BYTES) {
      const length = Math.min(PIECE_BYTES, byteLength - at);
      yield new Uint8Array(buffer, byteOffset + at, length);
    }
  }
}

/**
 * Digest of all values, in their order. It stands in the file itself, so that
 * one whose manifests are gone can still be told from a damaged one.
 */
async function digestOf(values: Values): Promise<string> {
  const hash = createHash("sha256");
  let since = 0;
  for (const piece of piecesOf(values)) {
    hash.update(piece);
    since += piece.length;
    if (since < PIECE_BYTES) continue;
    since = 0;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return hash.digest("hex");
}

/** What a checkpoint says of itself. */
interface Told {
  readonly step: number;
  readonly values: Values;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The checkpoints in one folder: safetensors files and a manifest. */
export class CheckpointStore {
  #made = false;

  /**
   * @param run What tells the checkpoints of one run from those of another.
   */
  constructor(
    readonly folder: string,
    readonly retention: Retention,
    readonly run = "",
  ) {}

  /**
   * Entries, oldest first; those of the files where there is no manifest.
   *
   * @param refused Takes the manifests that could not be used.
   */
  async list(refused: Refused[] = []): Promise<CheckpointEntry[]> {
    return (await this.#manifest(refused)).checkpoints;
  }

  /** The newest entry of a run that looked healthy; its file may be damaged. */
  async newestHealthy(): Promise<CheckpointEntry | undefined> {
    return (await this.list()).findLast(({ healthy }) => healthy);
  }

  async #manifest(refused: Refused[] = []): Promise<Manifest> {
    for (const file of MANIFESTS) {
      try {
        const text = new TextDecoder().decode(await this.#bytes(file));
        return manifestSchema.parse(JSON.parse(text));
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) continue;
        refused.push({ file, reason: reasonOf(error) });
      }
    }
    const checkpoints = await this.#found(refused);
    return { format: FORMAT, checkpoints, dropped: [] };
  }

  /** Entries of the files that are whole by what they say of themselves. */
  async #found(refused: Refused[]): Promise<CheckpointEntry[]> {
    const names = (await Array.fromAsync(Deno.readDir(this.folder))
      .catch(() => [])).map(({ name }) => name)
      .filter((name) => fileSchema.safeParse(name).success).sort();
    if (names.length > 0) {
      refused.push({
        file: MANIFESTS[0],
        reason:
          "neither it nor its copy can be used; checkpoints are found by their files",
      });
    }
    const entries: CheckpointEntry[] = [];
    for (const file of names) {
      try {
        const bytes = await this.#bytes(file);
        const { step, metadata, values } = this.#told(bytes);
        if (metadata["values"] !== await digestOf(values)) {
          throw new Error(
            metadata["values"]
              ? "its values are not those that it was written with"
              : "without a manifest it cannot be told whether it is whole",
          );
        }
        entries.push({
          file,
          step,
          bytes: bytes.length,
          sha256: sha256(bytes),
          metrics: {},
          healthy: metadata["healthy"] !== "false",
          due: metadata["due"] !== "false",
        });
      } catch (error) {
        refused.push({ file, reason: reasonOf(error) });
      }
    }
    return entries;
  }

  /** Writes a checkpoint, then removes those that need not stay. */
  async save(
    step: number,
    tensors: Values,
    metrics: Readonly<Record<string, number | null>>,
    { healthy = true, due = true, lines }: {
      readonly healthy?: boolean;
      /** False where an interruption writes it before it is due. */
      readonly due?: boolean;
      /** Checksum of the lines of metrics until now. */
      readonly lines?: string;
    } = {},
  ): Promise<CheckpointEntry> {
    // Once: a folder that was removed or renamed meanwhile is not made anew.
    if (!this.#made) await Deno.mkdir(this.folder, { recursive: true });
    this.#made = true;
    const file = `step-${String(step).padStart(8, "0")}.safetensors`;
    const header = safetensorsHeader(tensors, {
      format: "stopgrad",
      step: String(step),
      run: this.run,
      values: await digestOf(tensors),
      ...(healthy ? {} : { healthy: "false" }),
      ...(due ? {} : { due: "false" }),
    });
    const hash = createHash("sha256");
    let bytes = 0;
    await writeAtomic(join(this.folder, file), async (write) => {
      for (const pieces of [[header], piecesOf(tensors)]) {
        for (const piece of pieces) {
          hash.update(piece);
          bytes += piece.length;
          await write(piece);
        }
      }
    });
    const entry = {
      file,
      step,
      bytes,
      sha256: hash.digest("hex"),
      metrics,
      healthy,
      due,
      ...(lines === undefined ? {} : { lines }),
    };
    const { checkpoints } = await this.#manifest();
    const old = checkpoints.filter((one) => one.file !== file);
    const kept = retained([...old, entry], this.retention);
    const dropped = old.filter((one) => !kept.includes(one))
      .map((one) => one.file);
    await this.#write({ format: FORMAT, checkpoints: kept, dropped });
    await this.#remove(dropped);
    return entry;
  }

  async #remove(names: readonly string[]): Promise<void> {
    for (const name of names) {
      await Deno.remove(join(this.folder, name)).catch(() => {});
    }
  }

  async #write(manifest: Manifest): Promise<void> {
    const bytes = new TextEncoder().encode(
      JSON.stringify(manifest, null, 2) + "\n",
    );
    for (const file of MANIFESTS) {
      await writeAtomic(join(this.folder, file), bytes);
    }
  }

  /** Removes what a killed process had begun to write, or not yet removed. */
  async sweep(): Promise<void> {
    const entries = await Array.fromAsync(Deno.readDir(this.folder))
      .catch(() => []);
    const parts = entries.map(({ name }) => name)
      .filter((name) => PART.test(name));
    const { checkpoints, dropped } = await this.#manifest();
    const kept = new Set(checkpoints.map(({ file }) => file));
    await this.#remove([
      ...parts,
      ...dropped.filter((name) => !kept.has(name)),
    ]);
  }

  /**
   * The newest checkpoint that is whole; damaged ones are passed over and
   * listed in `refused` with the reason.
   *
   * @param among Leaves those that are wanted, oldest first.
   */
  async newest(
    among: (entries: CheckpointEntry[]) => CheckpointEntry[] = (all) => all,
  ): Promise<
    { entry?: CheckpointEntry; values?: Values; refused: Refused[] }
  > {
    const refused: Refused[] = [];
    const entries = among(await this.list(refused));
    for (const entry of entries.reverse()) {
      try {
        return { entry, values: await this.#read(entry), refused };
      } catch (error) {
        refused.push({ file: entry.file, reason: reasonOf(error) });
      }
    }
    return { refused };
  }

  async #bytes(file: string): Promise<Uint8Array> {
    const path = join(this.folder, file);
    return await readRegularFile(path, Number.POSITIVE_INFINITY);
  }

  /** @throws {Error} When the file is none, or of another run. */
  #told(bytes: Uint8Array): Told {
    const { tensors, metadata } = decodeSafetensors(bytes);
    // Checkpoints of older versions do not say.
    if (this.run && metadata["run"] && metadata["run"] !== this.run) {
      throw new Error("it belongs to another run");
    }
    return { step: Number(metadata["step"]), values: tensors, metadata };
  }

  async #read(entry: CheckpointEntry): Promise<Values> {
    const bytes = await this.#bytes(entry.file);
    if (bytes.length !== entry.bytes) {
      throw new Error(`it has ${bytes.length} bytes, expected ${entry.bytes}`);
    }
    if (sha256(bytes) !== entry.sha256) {
      throw new Error("its checksum differs: the file was changed");
    }
    const { step, values } = this.#told(bytes);
    if (step !== entry.step) {
      throw new Error(
        `it is of step ${step}, but the manifest says ${entry.step}`,
      );
    }
    return values;
  }
}
