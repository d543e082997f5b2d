/** @file Batches that are decoded ahead. */
import assert from "@std/assert";
import type { ImageStream } from "../../lib/data/source.ts";
import { UserError } from "../../lib/errors.ts";
import { Prefetcher } from "../../lib/data/prefetch.ts";

const SHAPE = { height: 2, width: 1, channels: 3 };

/** Images whose every value is their number; `bad` ones cannot be read. */
function stream(
  count: number,
  { bad = [], log = [] }: {
    readonly bad?: readonly number[];
    readonly log?: number[];
  } = {},
): ImageStream {
  return {
    count,
    ...SHAPE,
    names: Array.from({ length: count }, (_, i) => `${i}.png`),
    async decode(image) {
      log.push(image);
      // Later images are ready earlier.
      await new Promise((resolve) => setTimeout(resolve, 5 - image % 5));
      return bad.includes(image) ? undefined : new Uint8Array(6).fill(image);
    },
  };
}

const inOrder = (batch: number): Int32Array =>
  Int32Array.of(2 * batch, 2 * batch + 1);

Deno.test("Batches come in order, each row in its place", async () => {
  const prefetcher = new Prefetcher(stream(20), inOrder, 3, 10);
  for (let batch = 3; batch < 10; batch++) {
    const { images, rows } = await prefetcher.take();
    assert.deepEqual(images.shape, [2, 3, 2, 1]);
    assert.deepEqual([...rows], [2 * batch, 2 * batch + 1]);
    const expected = [...rows].flatMap((image) => Array(6).fill(image));
    assert.deepEqual([...images.data as Uint8Array], expected);
  }
  await prefetcher.close();
});

Deno.test("Channels stand apart in a batch", async () => {
  const rgb: ImageStream = {
    ...stream(1),
    decode: () => Promise.resolve(Uint8Array.of(1, 2, 3, 4, 5, 6)),
  };
  const prefetcher = new Prefetcher(rgb, () => Int32Array.of(0), 0, 1);
  const { images } = await prefetcher.take();
  assert.deepEqual([...images.data as Uint8Array], [1, 4, 2, 5, 3, 6]);
  await prefetcher.close();
});

Deno.test("Decoding runs ahead by a bounded number of batches", async () => {
  const log: number[] = [];
  const prefetcher = new Prefetcher(
    stream(10_000, { log }),
    inOrder,
    0,
    5000,
  );
  await prefetcher.take();
  let before = -1;
  while (log.length > before) {
    before = log.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.ok(log.length > 4, "nothing was decoded ahead");
  assert.ok(log.length <= 20, `${log.length} images decoded for one batch`);
  await prefetcher.close();
});

Deno.test("A bad image gives its row to the next good one, every time the same", async () => {
  for (let again = 0; again < 3; again++) {
    const prefetcher = new Prefetcher(
      stream(6, { bad: [2, 3, 5] }),
      inOrder,
      0,
      3,
    );
    const rows: number[] = [];
    for (let batch = 0; batch < 3; batch++) {
      rows.push(...(await prefetcher.take()).rows);
    }
    assert.deepEqual(rows, [0, 1, 4, 4, 4, 0]);
    await prefetcher.close();
  }
});

Deno.test("When no image can be read any more, the batch is refused", async () => {
  const prefetcher = new Prefetcher(
    stream(2, { bad: [0, 1] }),
    inOrder,
    0,
    1,
  );
  await assert.rejects(prefetcher.take(), UserError);
  await prefetcher.close();
});

Deno.test("The failure of an image reaches whoever takes its batch, and later ones", async () => {
  const failing: ImageStream = {
    ...stream(40),
    decode(image) {
      return image === 9
        ? Promise.reject(new UserError("nine is broken"))
        : Promise.resolve(new Uint8Array(6));
    },
  };
  const prefetcher = new Prefetcher(failing, inOrder, 0, 20);
  const take = async (): Promise<void> => {
    for (let batch = 0; batch < 20; batch++) await prefetcher.take();
  };
  await assert.rejects(take(), /nine is broken/);
  await assert.rejects(prefetcher.take(), /nine is broken/);
  await prefetcher.close();
});

Deno.test("A prefetcher that is closed early leaves nothing running", async () => {
  const log: number[] = [];
  const prefetcher = new Prefetcher(stream(1000, { log }), inOrder, 0, 500);
  await prefetcher.take();
  await prefetcher.close();
  const before = log.length;
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(log.length, before);
});
