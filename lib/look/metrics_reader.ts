/** @file `metrics.jsonl`, read as it grows: each line once. */
import { Columns } from "./columns.ts";

const CHUNK_BYTES = 1 << 20;
/** No line of ours is longer; what is has no end, and is passed over. */
const MOST_LINE_BYTES = 1 << 20;
const NEWLINE = 10;

/**
 * Reads the metrics of a run from where it stopped the last time.
 *
 * A resumed run cuts its file and goes on, so what was read last is looked at
 * again: where it is no longer there, all is read anew.
 */
export class MetricsReader {
  #columns = new Columns();
  #generation = 0;
  /** Bytes up to the end of the last whole line. */
  #offset = 0;
  /** The last bytes before the offset. */
  #tail: Uint8Array = new Uint8Array(0);
  #inode: number | null = null;
  #busy: Promise<boolean> | undefined;

  /** @param path The file, which need not be there yet. */
  constructor(readonly path: string) {}

  /** What was read so far. */
  get columns(): Columns {
    return this.#columns;
  }

  /** Rises when all was read anew, and earlier rows are void. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * Reads what was added.
   *
   * @param most Bytes that are read at once.
   * @returns Whether there may be more.
   */
  read(most = 64 * CHUNK_BYTES): Promise<boolean> {
    this.#busy ??= this.#read(most).finally(() => this.#busy = undefined);
    return this.#busy;
  }

  /** Reads to the end; others get their turn meanwhile. */
  async readAll(): Promise<Columns> {
    while (await this.read());
    return this.#columns;
  }

  async #read(most: number): Promise<boolean> {
    let file: Deno.FsFile;
    try {
      // To open a pipe would be to wait for somebody who writes to it.
      if (!(await Deno.stat(this.path)).isFile) return false;
      file = await Deno.open(this.path);
    } catch {
      if (this.#columns.rows > 0) this.#restart();
      return false;
    }
    try {
      const { size, ino } = await file.stat();
      if (!await this.#goesOn(file, size, ino)) this.#restart();
      this.#inode = ino;
      return await this.#take(file, most);
    } finally {
      file.close();
    }
  }

  #restart(): void {
    this.#columns = new Columns();
    this.#generation++;
    this.#offset = 0;
    this.#tail = new Uint8Array(0);
  }

  /** Whether the file still holds what was read of it. */
  async #goesOn(
    file: Deno.FsFile,
    size: number,
    inode: number | null,
  ): Promise<boolean> {
    if (this.#offset === 0) return true;
    if (size < this.#offset || inode !== this.#inode) return false;
    const { length } = this.#tail;
    const found = new Uint8Array(length);
    await file.seek(this.#offset - length, Deno.SeekMode.Start);
    for (let at = 0; at < length;) {
      const count = await file.read(found.subarray(at));
      if (count === null) return false;
      at += count;
    }
    return found.every((byte, i) => byte === this.#tail[i]);
  }

  async #take(file: Deno.FsFile, most: number): Promise<boolean> {
    await file.seek(this.#offset, Deno.SeekMode.Start);
    const decoder = new TextDecoder();
    let rest = new Uint8Array(0);
    for (let left = most; left > 0;) {
      const chunk = new Uint8Array(CHUNK_BYTES);
      const count = await file.read(chunk);
      if (count === null) return false;
      left -= count;
      const bytes = new Uint8Array(rest.length + count);
      bytes.set(rest);
      bytes.set(chunk.subarray(0, count), rest.length);
      const end = bytes.lastIndexOf(NEWLINE) + 1;
      for (const line of decoder.decode(bytes.subarray(0, end)).split("\n")) {
        if (line !== "") this.#add(line);
      }
      if (end > 0) this.#tail = bytes.slice(Math.max(0, end - 200), end);
      this.#offset += end;
      rest = bytes.subarray(end);
      if (rest.length > MOST_LINE_BYTES) {
        this.#offset += rest.length;
        this.#tail = rest.slice(-200);
        rest = new Uint8Array(0);
      }
    }
    return true;
  }

  #add(line: string): void {
    try {
      this.#columns.add(JSON.parse(line));
    } catch {
      // A line that was damaged is a step without a row.
    }
  }
}
