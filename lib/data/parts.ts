/** @file Images that are read from the beginning of a part of their set: a shard, a group of rows. */
import { IN_BATCHES } from "./at_once.ts";

/** An image of a part. */
export interface Item {
  /** As the part calls it; absent where its place is its name. */
  readonly name?: string;
  /** @throws {Error} When it cannot be read. */
  read(most?: number): Promise<Uint8Array>;
}

/** A part of a set, which is read from its beginning. */
export interface Part {
  readonly count: number;
  /** All its images in order; each can be read for as long as it is held. */
  open(): AsyncGenerator<Item, void>;
}

/** Parts that are open at a time; of more, those of longest ago are read again. */
const MOST_OPEN = 64;
/** Items that were taken and may be asked for once more: by a second look, for a message. */
const TAKEN = 2 * IN_BATCHES;

/** A part that is being read. */
class Cursor {
  readonly #items: AsyncGenerator<Item, void>;
  next = 0;

  constructor(part: Part) {
    this.#items = part.open();
  }

  async take(): Promise<Item> {
    const { value, done } = await this.#items.next();
    if (done) throw new Error("it is not there any more: its file has changed");
    this.next++;
    return value;
  }

  async close(): Promise<void> {
    await this.#items.return();
  }
}

/** The part that a place lies in, by the first places of all parts, ascending. */
export function partAt(starts: ArrayLike<number>, place: number): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] as number) <= place) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Map entries beyond a number, the oldest first. */
function trim(map: Map<number, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}

/**
 * Reads images of parts by their place in the set. Asked in an order that
 * keeps to the parts, it reads each part once; what it passes on the way is
 * kept until it is asked for. Any other order is right too, and slow.
 */
export class PartReader {
  readonly #parts: readonly Part[];
  readonly #most: number;
  /** First place of each part. */
  readonly #starts: Int32Array;
  readonly #cursors = new Map<number, Cursor>();
  /** One at a time reads a part. */
  readonly #turns = new Map<number, Promise<unknown>>();
  readonly #failed = new Map<number, unknown>();
  readonly #passed = new Map<number, Item>();
  readonly #taken = new Map<number, Item>();

  /** @param most Images that are kept, of those passed. */
  constructor(parts: readonly Part[], most: number) {
    this.#parts = parts;
    this.#most = most;
    let start = 0;
    this.#starts = Int32Array.from(parts, ({ count }) => {
      const own = start;
      start += count;
      return own;
    });
  }

  /** An image that was read of late, for its name. */
  recent(place: number): Item | undefined {
    return this.#taken.get(place);
  }

  /** @throws {Error} When its part cannot be read so far. */
  async item(place: number): Promise<Item> {
    const number = partAt(this.#starts, place);
    const before = this.#turns.get(number) ?? Promise.resolve();
    const turn = before.then(() => this.#take(number, place));
    const settled = turn.catch(() => {});
    this.#turns.set(number, settled);
    let item: Item;
    try {
      item = await turn;
    } finally {
      if (this.#turns.get(number) === settled) this.#turns.delete(number);
    }
    this.#taken.delete(place);
    this.#taken.set(place, item);
    trim(this.#taken, TAKEN);
    return item;
  }

  async #take(number: number, place: number): Promise<Item> {
    const known = this.#passed.get(place) ?? this.#taken.get(place);
    this.#passed.delete(place);
    if (known) return known;
    if (this.#failed.has(number)) throw this.#failed.get(number);
    const start = this.#starts[number] as number;
    try {
      const cursor = await this.#cursorAt(number, place - start);
      for (;;) {
        const at = start + cursor.next;
        const item = await cursor.take();
        if (cursor.next === this.#parts[number]?.count) {
          await this.#close(number);
        }
        if (at === place) return item;
        this.#passed.set(at, item);
        trim(this.#passed, this.#most);
      }
    } catch (error) {
      this.#failed.set(number, error);
      await this.#close(number);
      throw error;
    }
  }

  async #cursorAt(number: number, ordinal: number): Promise<Cursor> {
    const open = this.#cursors.get(number);
    // The one that was used last is the last to be closed.
    this.#cursors.delete(number);
    if (open && open.next <= ordinal) {
      this.#cursors.set(number, open);
      return open;
    }
    await open?.close();
    for (const other of this.#cursors.keys()) {
      if (this.#cursors.size < MOST_OPEN) break;
      // One that is being read is left open.
      if (!this.#turns.has(other)) await this.#close(other);
    }
    const cursor = new Cursor(this.#parts[number] as Part);
    this.#cursors.set(number, cursor);
    return cursor;
  }

  async #close(number: number): Promise<void> {
    const cursor = this.#cursors.get(number);
    this.#cursors.delete(number);
    await cursor?.close();
  }

  /** Closes all that is open; what is asked for later is opened again. */
  async release(): Promise<void> {
    await Promise.all(this.#turns.values());
    for (const number of [...this.#cursors.keys()]) await this.#close(number);
    this.#passed.clear();
    this.#taken.clear();
    this.#failed.clear();
  }
}
