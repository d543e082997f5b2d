/**
 * @file Training on images that are decoded as they are needed, against the
 * same images in memory: `deno run -A bench/large_data/run.ts`.
 *
 * Makes a folder of JPEGs, then trains the small ResNet on it in turns, each
 * run a process of its own, and writes the table to `README.md`.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { childResult } from "../child.ts";
import { markdownTable, writeResult } from "../markdown.ts";
import { median } from "../speed/statistics.ts";
import type { Measured } from "./one.ts";

const { values } = parseArgs({
  options: {
    images: { type: "string", default: "200000" },
    steps: { type: "string", default: "200" },
    rounds: { type: "string", default: "3" },
    side: { type: "string", default: "48" },
  },
});
const [images, steps, rounds, side] = [
  values.images,
  values.steps,
  values.rounds,
  values.side,
].map(Number) as [number, number, number, number];

/** Different pictures; the rest are copies of them, which no decoder notices. */
const DIFFERENT = 500;
const FOLDERS = 100;

async function makeFolder(folder: string): Promise<number> {
  const { default: sharp } = await import("sharp");
  const pictures: Uint8Array[] = [];
  for (let i = 0; i < DIFFERENT; i++) {
    const noise = { type: "gaussian", mean: 60 + i % 120, sigma: 25 } as const;
    const create = {
      width: side,
      height: side,
      channels: 3,
      background: "gray",
      noise,
    } as const;
    pictures.push(
      new Uint8Array(await sharp({ create }).blur(1).jpeg().toBuffer()),
    );
  }
  for (let i = 0; i < FOLDERS; i++) {
    await Deno.mkdir(join(folder, `class${i}`));
  }
  for (let i = 0; i < images; i++) {
    const path = join(folder, `class${i % FOLDERS}`, `${i}.jpg`);
    await Deno.writeFile(path, pictures[i % DIFFERENT] as Uint8Array);
  }
  return pictures.reduce((sum, { length }) => sum + length, 0) / DIFFERENT;
}

const measure = (folder: string, memory: number): Promise<Measured> =>
  childResult(
    new URL("one.ts", import.meta.url),
    folder,
    String(memory),
    String(steps),
  );

const folder = await Deno.makeTempDir({ prefix: "stopgrad-large-" });
try {
  console.log(`Making ${images} JPEGs`);
  const bytes = await makeFolder(folder);
  const results: Record<"memory" | "files", Measured[]> = {
    memory: [],
    files: [],
  };
  for (let round = 0; round < rounds; round++) {
    results.memory.push(await measure(folder, 1e6));
    results.files.push(await measure(folder, 0));
    console.log(JSON.stringify([results.memory.at(-1), results.files.at(-1)]));
  }
  const row = (name: string, runs: readonly Measured[]): string[] => {
    const speeds = runs.map(({ imagesPerSecond }) => imagesPerSecond);
    const first = runs[0] as Measured;
    return [
      name,
      `${Math.round(median(speeds))} (${Math.round(Math.min(...speeds))}–${
        Math.round(Math.max(...speeds))
      })`,
      median(runs.map(({ cpu }) => cpu)).toFixed(2),
      `${Math.round(100 * median(runs.map(({ waiting }) => waiting)))} %`,
      median(runs.map(({ load }) => load)).toFixed(1),
      `${(first.early / 2 ** 20).toFixed(0)} → ${
        (first.late / 2 ** 20).toFixed(0)
      }`,
    ];
  };
  const ratio = median(
    results.files.map(({ imagesPerSecond }, i) =>
      imagesPerSecond / (results.memory[i]?.imagesPerSecond ?? Number.NaN)
    ),
  );
  const decoder = median(results.memory.map(({ load }) => images / load));
  const step = median(results.memory.map((run) => run.imagesPerSecond));
  const inTurns = decoder / (decoder + step);
  await writeResult(
    new URL("README.md", import.meta.url),
    [
      markdownTable([
        [
          "images",
          "images/s",
          "CPU, ms an image",
          "waiting for images",
          "load, s",
          "resident, MiB",
        ],
        row("held in memory", results.memory),
        row("decoded as needed", results.files),
      ]),
      "",
      `Decoded as needed, a run has ${
        (100 * ratio).toFixed(0)
      } % of the speed (median of ${rounds} pairs). The decoder alone reads ${
        Math.round(decoder)
      } images/s with all cores; decoding and stepping in turns would have ${
        (100 * inTurns).toFixed(0)
      } %. ${images.toLocaleString("en-US")} JPEGs of ${side}x${side}, ${
        Math.round(bytes)
      } bytes each, ${steps} steps of 128, ${navigator.hardwareConcurrency} cores, ${
        new Date().toISOString().slice(0, 10)
      }. Resident memory after a tenth and at the end of the steps.`,
    ].join("\n"),
  );
} finally {
  await Deno.remove(folder, { recursive: true });
}
