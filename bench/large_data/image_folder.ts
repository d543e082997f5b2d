/**
 * @file Loading alone, by Stopgrad and by torchvision's `ImageFolder` with PIL,
 * in turns: `deno run -A bench/large_data/image_folder.ts`.
 *
 * Both make batches of shuffled JPEGs, resized and cropped; PIL's pixels differ
 * from libvips' by rounding and kernel. Writes the table to `image_folder.md`.
 */
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { folder as source } from "../../lib/data/folder.ts";
import { Prefetcher } from "../../lib/data/prefetch.ts";
import { splitMix32 } from "../../lib/data/shuffle.ts";
import { type ImageStream, isInMemory } from "../../lib/data/source.ts";
import { openEngine } from "../../lib/engine/open.ts";
import { pythonWith } from "../python.ts";
import { spread, writeTable } from "./table.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    python: { type: "string" },
  },
});
const rounds = Number(values.rounds);
const python = values.python ?? await pythonWith({
  name: "image_folder",
  requirements: new URL("requirements.txt", import.meta.url),
});

/** Sizes of files, the size that is asked for, and files. */
const SIZES = [[48, 48, 32, 4096], [500, 375, 224, 256]] as const;
const BATCH = 128;
const DIFFERENT = 128;
const WORKERS = [0, 1, 2];

/** Of an image, in microseconds. */
interface Measured {
  /** Of all cores. */
  readonly cpu: number;
  /** From one to the next. */
  readonly wall: number;
}

/** Measures once, each time it is called. */
type Side = () => Promise<Measured>;

const engine = await openEngine({ device: "cpu" });

async function makeFolder(
  folder: string,
  [width, height, , images]: (typeof SIZES)[number],
): Promise<void> {
  const files: Uint8Array[] = [];
  for (let i = 0; i < DIFFERENT; i++) {
    const noise = { type: "gaussian", mean: 60 + i, sigma: 25 } as const;
    const background = "gray";
    const create = { width, height, channels: 3, background, noise } as const;
    files.push(
      new Uint8Array(await sharp({ create }).blur(1).jpeg().toBuffer()),
    );
  }
  await Deno.mkdir(join(folder, "class"), { recursive: true });
  for (let i = 0; i < images; i++) {
    const file = files[i % DIFFERENT] as Uint8Array;
    await Deno.writeFile(join(folder, "class", `${i}.jpg`), file);
  }
}

function ours(train: ImageStream, images: number): Side {
  const roll = splitMix32(1);
  return async () => {
    const indices = () =>
      Int32Array.from({ length: BATCH }, () => roll() % train.count);
    const batches = images / BATCH;
    const prefetcher = new Prefetcher(train, indices, 0, batches);
    const [before, started] = [process.cpuUsage(), performance.now()];
    for (let batch = 0; batch < batches; batch++) await prefetcher.take();
    const { user, system } = process.cpuUsage(before);
    const wall = 1000 * (performance.now() - started) / images;
    await prefetcher.close();
    return { cpu: (user + system) / images, wall };
  };
}

function theirs(
  folder: string,
  size: number,
  workers: number,
  images: number,
): { readonly side: Side; readonly end: () => Promise<void> } {
  const script = new URL("image_folder.py", import.meta.url).pathname;
  const child = new Deno.Command(python, {
    args: [script, folder, ...[size, BATCH, workers, images].map(String)],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  return {
    async side() {
      await input.write(new TextEncoder().encode("\n"));
      let line = "";
      while (!line.endsWith("\n")) line += (await output.read()).value ?? "\n";
      const [cpu = Number.NaN, wall = Number.NaN] = line.split(" ").map(Number);
      return { cpu: 1e6 * cpu, wall: 1e6 * wall };
    },
    async end() {
      await input.close();
      await child.status;
    },
  };
}

const rows = [[
  "files",
  "size",
  "loaded by",
  "µs of CPU",
  "images/s",
  "times ours",
]];
for (const files of SIZES) {
  const [width, height, size, images] = files;
  const base = await Deno.makeTempDir({ prefix: "stopgrad-folder-" });
  const folder = join(base, "images");
  try {
    await makeFolder(folder, files);
    const { train } = await source.load(
      source.options.parse({ path: folder, size, memory: 0 }),
      {
        baseDir: folder,
        cacheDir: join(base, "cache"),
        engine: () => Promise.resolve(engine),
      },
    );
    if (isInMemory(train)) throw new Error("expected a stream");
    const others = WORKERS.map((workers) =>
      theirs(folder, size, workers, images)
    );
    const sides: [string, Side][] = [
      ["Stopgrad", ours(train, images)],
      ...others.map(({ side }, i): [string, Side] => [
        `ImageFolder, ${WORKERS[i]} workers`,
        side,
      ]),
    ];
    const all: Measured[][] = [];
    // The first round starts what starts once.
    for (let round = 0; round <= rounds; round++) {
      const one: Measured[] = [];
      for (const [, side] of sides) one.push(await side());
      if (round > 0) all.push(one);
    }
    for (const { end } of others) await end();
    sides.forEach(([name], i) => {
      const of = (key: keyof Measured) =>
        all.map((one) => (one[i] as Measured)[key]);
      rows.push([
        `${width}x${height}`,
        String(size),
        name,
        spread(of("cpu")),
        spread(of("wall").map((wall) => 1e6 / wall)),
        spread(
          all.map((one) => (one[i] as Measured).cpu / (one[0] as Measured).cpu),
          1,
        ),
      ]);
      console.log(rows.at(-1)?.join("  "));
    });
  } finally {
    await Deno.remove(base, { recursive: true });
  }
}
await writeTable("image_folder.md", rows, rounds);
Deno.exit();
