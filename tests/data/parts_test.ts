/** @file Images that are read part by part: their order, and how often a part is read. */
import assert from "@std/assert";
import { type Part, partAt, PartReader } from "../../lib/data/parts.ts";
import { partsOrder } from "../../lib/data/shuffle.ts";

/** Parts of so many images, and what is open and was opened of them. */
function madeParts(counts: readonly number[]) {
  const opened = counts.map(() => 0);
  let open = 0;
  const parts = counts.map((count, part): Part => ({
    count,
    async *open() {
      opened[part] = (opened[part] ?? 0) + 1;
      open++;
      try {
        for (let i = 0; i < count; i++) {
          await Promise.resolve();
          yield {
            name: `${part}/${i}`,
            read: () => Promise.resolve(Uint8Array.of(part, i)),
          };
        }
      } finally {
        open--;
      }
    },
  }));
  let start = 0;
  const starts = Int32Array.from(counts, (count) => {
    start += count;
    return start - count;
  });
  return { parts, starts, opened, count: start, open: () => open };
}

const COUNTS = [40, 7, 0, 100, 33, 1, 64, 20];

Deno.test("An order of parts has every image once, and follows from seed and epoch", () => {
  const { starts, count } = madeParts(COUNTS);
  const turns = { parts: starts, lanes: 3, buffer: 16 };
  const orders = [0, 1, 2].map((epoch) => partsOrder(7, epoch, count, turns));
  for (const order of orders) {
    assert.deepEqual(
      order.toSorted(),
      Int32Array.from({ length: count }, (_, i) => i),
    );
  }
  assert.notDeepEqual(orders[0], orders[1]);
  assert.notDeepEqual(orders[0], partsOrder(8, 0, count, turns));
  assert.deepEqual(orders[2], partsOrder(7, 2, count, turns));
});

Deno.test("An image is no farther from its turn than the buffer; at 1 parts are read as they lie", () => {
  const { starts, count } = madeParts(COUNTS);
  const at = (buffer: number) =>
    partsOrder(3, 5, count, { parts: starts, lanes: 3, buffer });
  const plain = at(1);
  const place = new Map(Array.from(plain, (image, i) => [image, i]));
  at(16).forEach((image, i) =>
    assert.ok(Math.abs((place.get(image) as number) - i) < 16)
  );
  // Each part in its own order, and three of them at a time.
  const next = [...starts];
  const open = new Set<number>();
  for (const image of plain) {
    const part = partAt(starts, image);
    assert.equal(image, next[part]);
    next[part] = image + 1;
    open.add(part);
    if (image + 1 === starts[part] as number + (COUNTS[part] as number)) {
      open.delete(part);
    }
    assert.ok(open.size <= 3);
  }
});

Deno.test("In its order every part is read once an epoch; a later start reads the same images", async () => {
  const made = madeParts(COUNTS);
  const turns = { parts: made.starts, lanes: 3, buffer: 16 };
  const order = partsOrder(1, 0, made.count, turns);
  const names = async (from: number, reader: PartReader): Promise<string[]> => {
    const found = [];
    for (const place of order.subarray(from)) {
      found.push((await reader.item(place)).name as string);
    }
    return found;
  };
  const reader = new PartReader(made.parts, 2 * turns.buffer);
  const whole = await names(0, reader);
  assert.deepEqual(made.opened, COUNTS.map((count) => Math.min(1, count)));
  assert.equal(new Set(whole).size, made.count);
  assert.equal(made.open(), 0);

  const later = new PartReader(made.parts, 2 * turns.buffer);
  assert.deepEqual(await names(150, later), whole.slice(150));
  await later.release();
  assert.equal(made.open(), 0);
});

Deno.test("Any other order is right too, side by side as well, and what was passed is let go", async () => {
  const made = madeParts(COUNTS);
  const reader = new PartReader(made.parts, 4);
  const places = Array.from(
    { length: made.count },
    (_, i) => (i * 97) % made.count,
  );
  const found = await Promise.all(places.map((place) => reader.item(place)));
  for (const [i, place] of places.entries()) {
    const part = partAt(made.starts, place);
    assert.equal(
      found[i]?.name,
      `${part}/${place - (made.starts[part] as number)}`,
    );
  }
  await reader.release();
  assert.equal(made.open(), 0);
});

Deno.test("A part that ends too early says so, each time", async () => {
  const { parts: [part] } = madeParts([3]);
  const reader = new PartReader([{ ...part as Part, count: 5 }], 4);
  await assert.rejects(reader.item(4), /its file has changed/);
  await assert.rejects(reader.item(4), /its file has changed/);
});
