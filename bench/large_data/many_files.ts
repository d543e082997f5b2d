/**
 * @file How long a folder of many files takes to be looked at, the first time
 * and again: `deno run -A bench/large_data/many_files.ts`.
 *
 * That is all of a run's start that grows with the number of files. Makes
 * 1,000,000 names of a hundred small JPEGs, in a thousand folders.
 */
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { folder as source } from "../../lib/data/folder.ts";

const { values } = parseArgs({
  options: { files: { type: "string", default: "1000000" } },
});
const files = Number(values.files);
const DIFFERENT = 100;
const FOLDERS = 1000;

const base = await Deno.makeTempDir({ prefix: "stopgrad-many-" });
const folder = join(base, "images");
try {
  for (let i = 0; i < DIFFERENT; i++) {
    const noise = { type: "gaussian", mean: 60 + i, sigma: 25 } as const;
    const background = "gray";
    const create = { width: 48, height: 48, channels: 3, background, noise };
    await sharp({ create: { ...create, channels: 3 } }).jpeg()
      .toFile(join(base, `${i}.jpg`));
  }
  for (let i = 0; i < FOLDERS; i++) {
    Deno.mkdirSync(join(folder, `${i}`), { recursive: true });
  }
  for (let i = 0; i < files; i++) {
    const name = join(folder, `${i % FOLDERS}`, `${i}.jpg`);
    Deno.linkSync(join(base, `${i % DIFFERENT}.jpg`), name);
  }
  const options = source.options.parse({ path: folder, size: 32, memory: 0 });
  for (const look of ["first", "second"]) {
    const [before, started] = [process.cpuUsage(), performance.now()];
    const { train } = await source.load(options, {
      baseDir: base,
      cacheDir: join(base, "cache"),
    });
    const { user, system } = process.cpuUsage(before);
    console.log(
      `${look} look at ${train.count} files: ${
        ((user + system) / 1e6).toFixed(1)
      } s of CPU, ${((performance.now() - started) / 1000).toFixed(1)} s`,
    );
  }
} finally {
  await Deno.remove(base, { recursive: true });
}
Deno.exit();
