/**
 * @file Decoding alone, by libtensorflow and by sharp in turns:
 * `deno run -A bench/large_data/decode.ts`.
 *
 * Streams JPEGs of several sizes as a run does, without steps, and writes the
 * table to `decode.md`. CPU time counts all cores; speed is that of a machine
 * on which nothing else works. On a busy one, `taskset -c 0` before it keeps
 * both to one core.
 */
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { folder as source } from "../../lib/data/folder.ts";
import { Prefetcher } from "../../lib/data/prefetch.ts";
import { isInMemory } from "../../lib/data/source.ts";
import { openEngine } from "../../lib/engine/open.ts";
import { spread, writeTable } from "./table.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "5" } },
});
const rounds = Number(values.rounds);

/** Sizes of files, the size that is asked for, and how many are decoded in a round. */
const SIZES = [
  [32, 32, 32, 2048],
  [48, 48, 32, 2048],
  [96, 96, 64, 1024],
  [500, 375, 224, 128],
] as const;
const BATCH = 64;

interface Measured {
  /** Microseconds of all cores for an image. */
  readonly cpu: number;
  /** Microseconds from one to the next. */
  readonly wall: number;
}

const engine = await openEngine({ device: "cpu" });

async function makeFolder(
  folder: string,
  width: number,
  height: number,
): Promise<number> {
  let bytes = 0;
  for (let i = 0; i < 4 * BATCH; i++) {
    const noise = { type: "gaussian", mean: 60 + i % 120, sigma: 25 } as const;
    const create = {
      width,
      height,
      channels: 3,
      background: "gray",
      noise,
    } as const;
    const file = await sharp({ create }).blur(1).jpeg().toBuffer();
    await Deno.writeFile(join(folder, `${i}.jpg`), file);
    bytes += file.length;
  }
  return Math.round(bytes / (4 * BATCH));
}

async function measure(
  folder: string,
  size: number,
  images: number,
  decode: "sharp" | undefined,
): Promise<Measured> {
  const { train } = await source.load(
    source.options.parse({
      path: folder,
      size,
      memory: 0,
      ...(decode ? { decode } : {}),
    }),
    {
      baseDir: folder,
      cacheDir: folder,
      engine: () => Promise.resolve(engine),
    },
  );
  if (isInMemory(train)) throw new Error("expected a stream");
  const indices = (batch: number) =>
    Int32Array.from(
      { length: BATCH },
      (_, i) => (batch * BATCH + i) % train.count,
    );
  const batches = images / BATCH;
  const prefetcher = new Prefetcher(train, indices, 0, batches);
  const [before, started] = [process.cpuUsage(), performance.now()];
  for (let batch = 0; batch < batches; batch++) await prefetcher.take();
  const { user, system } = process.cpuUsage(before);
  const wall = 1000 * (performance.now() - started) / images;
  await prefetcher.close();
  return { cpu: (user + system) / images, wall };
}

const rows = [[
  "files",
  "size",
  "libtensorflow, µs of CPU",
  "sharp, µs of CPU",
  "less CPU, times",
  "faster, times",
]];
for (const [width, height, size, images] of SIZES) {
  const folder = await Deno.makeTempDir({ prefix: "stopgrad-decode-" });
  try {
    const bytes = await makeFolder(folder, width, height);
    // What is compiled and remembered once is left out.
    await measure(folder, size, images, undefined);
    const pairs: [Measured, Measured][] = [];
    for (let round = 0; round < rounds; round++) {
      pairs.push([
        await measure(folder, size, images, undefined),
        await measure(folder, size, Math.max(BATCH, images / 4), "sharp"),
      ]);
    }
    rows.push([
      `${width}x${height}, ${bytes} bytes`,
      String(size),
      spread(pairs.map(([own]) => own.cpu)),
      spread(pairs.map(([, other]) => other.cpu)),
      spread(pairs.map(([own, other]) => other.cpu / own.cpu), 1),
      spread(pairs.map(([own, other]) => other.wall / own.wall), 1),
    ]);
    console.log(rows.at(-1)?.join("  "));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
await writeTable("decode.md", rows, rounds);
Deno.exit();
