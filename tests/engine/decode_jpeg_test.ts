import assert from "@std/assert";
import sharp from "sharp";
import { JpegDecoder } from "../../lib/engine/decode_jpeg.ts";
import { engine } from "../helpers/engine.ts";

async function jpeg(
  width: number,
  height: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const create = { width, height, channels: 3, background: "teal" } as const;
  return new Uint8Array(await sharp({ create }).jpeg().toBuffer());
}

Deno.test("many JPEGs are decoded in one call, each at its own size, and one that is none fails alone", async () => {
  const decoder = new JpegDecoder(engine.api, 2);
  const files = await Promise.all(
    Array.from({ length: 37 }, (_, i) => jpeg(1 + i, 2)),
  );
  files[20] = new Uint8Array(100);
  const results = await decoder.decode(files);
  assert.equal(results.length, 37);
  results.forEach((result, i) => {
    if (i === 20) return assert.equal(result, undefined);
    if (!result) throw new Error(`file ${i} was refused`);
    assert.deepEqual(result.shape, [2, 1 + i, 3]);
    assert.equal(result.bytes.length, 2 * (1 + i) * 3);
    // Teal, as far as JPEG keeps it.
    assert.deepEqual([...result.bytes.subarray(0, 3)], [0, 128, 129]);
    result[Symbol.dispose]();
  });
  decoder.close();
});

Deno.test("a ratio divides both sides, rounded up", async () => {
  const decoder = new JpegDecoder(engine.api, 1);
  using half = (await decoder.decode([await jpeg(33, 18)], 2))[0];
  assert.deepEqual(half?.shape, [9, 17, 3]);
  decoder.close();
});
