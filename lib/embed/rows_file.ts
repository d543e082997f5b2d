/**
 * @file Rows that are there so far, in a file beside the one that is wanted: so
 * that any number of images takes little memory, and what was interrupted goes on.
 */
import { range } from "../data/planar.ts";
import { readFully } from "../data/read_file.ts";
import type { EmbeddedBatch } from "../encoder/embed.ts";
import { readRegularText } from "../regular_file.ts";
import type { Chunk } from "./table.ts";

const NUMBER_BYTES = 4;
const CHUNK_ROWS = 4096;

/** Rows on the disk, each with the number of its image before it. */
export class RowsFile {
  readonly #file: Deno.FsFile;
  readonly #path: string;
  readonly #width: number;
  /** Image of each row. */
  readonly images: number[];

  private constructor(
    file: Deno.FsFile,
    path: string,
    width: number,
    images: number[],
  ) {
    this.#file = file;
    this.#path = path;
    this.#width = width;
    this.images = images;
  }

  /**
   * Begins a file, or goes on with one that was begun for the same.
   *
   * @param key What the rows depend on.
   * @param batch Goes on at the beginning of a batch of so many images, so
   * that the features are the same to the bit.
   */
  static async open(
    path: string,
    key: string,
    width: number,
    batch: number,
  ): Promise<RowsFile> {
    const known = await readRegularText(`${path}.key`).catch(() => undefined);
    const goesOn = known === key;
    const file = await Deno.open(path, {
      read: true,
      write: true,
      create: true,
      truncate: !goesOn,
    });
    if (!goesOn) await Deno.writeTextFile(`${path}.key`, key);
    const rows = new RowsFile(file, path, width, []);
    if (goesOn) await rows.#recall(batch);
    return rows;
  }

  get #bytes(): number {
    return NUMBER_BYTES * (1 + this.#width);
  }

  /** Finds the rows that are whole, and drops those of a batch that is not. */
  async #recall(batch: number): Promise<void> {
    const { size } = await this.#file.stat();
    const count = Math.floor(size / this.#bytes);
    for await (const { numbers } of this.#read(count)) {
      this.images.push(...numbers);
    }
    const next = (this.images.at(-1) ?? -1) + 1;
    const from = next - next % batch;
    while ((this.images.at(-1) ?? -1) >= from) this.images.pop();
    const end = this.images.length * this.#bytes;
    await this.#file.truncate(end);
    await this.#file.seek(end, Deno.SeekMode.Start);
  }

  /** The image to go on with. */
  next(batch: number): number {
    const next = (this.images.at(-1) ?? -1) + 1;
    return Math.ceil(next / batch) * batch;
  }

  /** Adds the rows of a batch. */
  async append({ rows, features, width }: EmbeddedBatch): Promise<void> {
    const words = new DataView(new ArrayBuffer(rows.length * this.#bytes));
    rows.forEach((image, row) => {
      const at = row * this.#bytes;
      words.setInt32(at, image, true);
      for (let i = 0; i < width; i++) {
        words.setFloat32(
          at + NUMBER_BYTES * (1 + i),
          features[row * width + i] as number,
          true,
        );
      }
    });
    const bytes = new Uint8Array(words.buffer);
    for (let at = 0; at < bytes.length;) {
      at += await this.#file.write(bytes.subarray(at));
    }
    this.images.push(...rows);
  }

  async *#read(
    count: number,
  ): AsyncGenerator<Chunk & { readonly numbers: Int32Array }> {
    const width = this.#width;
    await this.#file.seek(0, Deno.SeekMode.Start);
    for (let from = 0; from < count; from += CHUNK_ROWS) {
      const rows = Math.min(CHUNK_ROWS, count - from);
      const bytes = await readFully(this.#file, rows * this.#bytes);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const numbers = range(0, rows).map((row) =>
        view.getInt32(row * this.#bytes, true)
      );
      const values = new Float32Array(rows * width);
      for (let row = 0; row < rows; row++) {
        for (let i = 0; i < width; i++) {
          values[row * width + i] = view.getFloat32(
            row * this.#bytes + NUMBER_BYTES * (1 + i),
            true,
          );
        }
      }
      yield { from, count: rows, values, numbers };
    }
  }

  /** The features, from the first row on. */
  chunks(): AsyncIterable<Chunk> {
    return this.#read(this.images.length);
  }

  /** Closes the file; what is in it stays for another time. */
  close(): void {
    this.#file.close();
  }

  /** Removes it: what it held is elsewhere now. */
  async remove(): Promise<void> {
    for (const path of [this.#path, `${this.#path}.key`]) {
      await Deno.remove(path).catch(() => {});
    }
  }
}
