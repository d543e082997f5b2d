/** @file Decoded, resized images of a folder in one file on disk, each with its checksum. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { freeBytes } from "../disk_space.ts";
import { UserError } from "../errors.ts";
import { gigabytes } from "../gigabytes.ts";
import { AT_ONCE } from "./at_once.ts";
import { reasonOf } from "./place.ts";
import { quickly, readFully, readFullyNow } from "./read_file.ts";

/** Tells one state of a file from others. */
export interface FileStamp {
  readonly size: number;
  /** Of its last change, in milliseconds. */
  readonly time: number;
}

/** Changes whenever the same file becomes other pixels, or lies otherwise. */
const VERSION = 1;

/** Before the pixels of an image: size and time of its file, and a checksum of both and the pixels. */
const HEAD_BYTES = 24;

const digest = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, 32);

function headOf(stamp: FileStamp, pixels: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = new DataView(new ArrayBuffer(HEAD_BYTES));
  head.setFloat64(0, stamp.size, true);
  head.setFloat64(8, stamp.time, true);
  const stamped = new Uint8Array(head.buffer, 0, 16);
  head.setUint32(16, crc32(pixels, crc32(stamped)), true);
  return new Uint8Array(head.buffer);
}

/**
 * Images by their places. One that was never written, is damaged, or whose file
 * has changed since, is not there: it is decoded, and written again.
 */
export class DecodedCache {
  readonly #bytes: number;
  /** Handles that nobody uses now: each has a place of its own in the file. */
  readonly #free: Deno.FsFile[] = [];
  readonly #waiting: ((handle: Deno.FsFile) => void)[] = [];
  #handles = 0;
  /** For what is read at once. */
  #own: Deno.FsFile | undefined;

  /** What is to be said of it. */
  readonly remark: string;
  /** Whether it could not be written: what is decoded is no less right. */
  #full = false;

  private constructor(readonly path: string, images: number, bytes: number) {
    this.#bytes = bytes;
    this.remark = `decoded images are kept in ${path}, ${
      gigabytes(images * (HEAD_BYTES + bytes))
    } when all are there`;
  }

  /**
   * @param place Which folder it is of; another set of the same takes its place.
   * @param set What it holds: which images, read how.
   * @param images How many there are.
   * @param bytes Of each of them.
   * @throws {UserError} When there is no room for it.
   */
  static async open(
    { cacheDir, place, set, images, bytes }: {
      readonly cacheDir: string;
      readonly place: string;
      readonly set: unknown;
      readonly images: number;
      readonly bytes: number;
    },
  ): Promise<DecodedCache> {
    const folder = join(cacheDir, "decoded", digest(place));
    const name = `${digest(JSON.stringify([VERSION, set, bytes]))}.images`;
    const path = join(folder, name);
    const whole = images * (HEAD_BYTES + bytes);
    try {
      await Deno.mkdir(folder, { recursive: true });
      for await (const { name: other } of Deno.readDir(folder)) {
        if (other !== name) await Deno.remove(join(folder, other));
      }
      const known = await Deno.stat(path).catch(() => undefined);
      // What is written already may be all of it, or nothing: blocks tell.
      const there = 512 * (known?.blocks ?? 0);
      const free = await freeBytes(folder);
      if (whole - there > free) {
        throw new UserError(
          `Cannot keep decoded images: ${
            gigabytes(whole)
          } are needed in ${folder}, and ${
            gigabytes(free)
          } are free.\nMake room, set STOPGRAD_CACHE to another place, or leave out "cache" under "data".`,
        );
      }
      const cache = new DecodedCache(path, images, bytes);
      const file = await cache.#take();
      // What was never written takes no place on the disk.
      await file.truncate(whole);
      cache.#give(file);
      return cache;
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw new UserError(
        `Cannot keep decoded images in ${folder}: ${
          reasonOf(error)
        }.\nSet STOPGRAD_CACHE to another place, or leave out "cache" under "data".`,
      );
    }
  }

  async #take(): Promise<Deno.FsFile> {
    const free = this.#free.pop();
    if (free) return free;
    if (this.#handles >= AT_ONCE) {
      return await new Promise((resolve) => this.#waiting.push(resolve));
    }
    this.#handles++;
    return await Deno.open(this.path, {
      read: true,
      write: true,
      create: true,
    });
  }

  #give(handle: Deno.FsFile): void {
    const next = this.#waiting.shift();
    if (next) next(handle);
    else this.#free.push(handle);
  }

  /** Works at the place of an image. */
  async #at<T>(
    image: number,
    work: (handle: Deno.FsFile) => Promise<T>,
  ): Promise<T> {
    const handle = await this.#take();
    try {
      const at = image * (HEAD_BYTES + this.#bytes);
      await handle.seek(at, Deno.SeekMode.Start);
      return await work(handle);
    } finally {
      this.#give(handle);
    }
  }

  /** The pixels of an image, where they are those of its file. */
  async get(
    image: number,
    stamp: FileStamp,
  ): Promise<Uint8Array | undefined> {
    const length = HEAD_BYTES + this.#bytes;
    const kept = await quickly(
      () => {
        this.#own ??= Deno.openSync(this.path);
        this.#own.seekSync(image * length, Deno.SeekMode.Start);
        return readFullyNow(this.#own, length);
      },
      () => this.#at(image, (handle) => readFully(handle, length)),
    );
    if (kept.length < length) return undefined;
    const pixels = kept.subarray(HEAD_BYTES);
    const head = headOf(stamp, pixels);
    return head.every((byte, i) => byte === kept[i]) ? pixels : undefined;
  }

  /** Keeps the pixels of an image. */
  async put(
    image: number,
    stamp: FileStamp,
    pixels: Uint8Array,
  ): Promise<void> {
    if (this.#full) return;
    const kept = new Uint8Array(HEAD_BYTES + this.#bytes);
    kept.set(headOf(stamp, pixels));
    kept.set(pixels, HEAD_BYTES);
    try {
      await this.#at(image, async (handle) => {
        for (let at = 0; at < kept.length;) {
          at += await handle.write(kept.subarray(at));
        }
      });
    } catch {
      this.#full = true;
    }
  }

  /** Closes the file; it is opened again when it is needed. */
  release(): void {
    this.#own?.close();
    this.#own = undefined;
    for (const handle of this.#free.splice(0)) {
      handle.close();
      this.#handles--;
    }
  }
}
