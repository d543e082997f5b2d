/**
 * @file Exports encoders, and runs them in other runtimes.
 *
 * `deno run -A bench/interop/run.ts`. Exit code 1 when features are farther
 * apart than the tolerance; README.md gets the table.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../../lib/engine/cache.ts";
import { UserError } from "../../lib/errors.ts";
import { exitWith } from "../main.ts";
import { markdownTable, writeResult } from "../markdown.ts";
import { pythonWith } from "../python.ts";
import { writeResults } from "../results_file.ts";

/** Largest difference of a feature that passes. */
const TOLERANCE = 1e-4;

/** What one runtime made of one set of images. */
interface Result {
  readonly network: string;
  /** Number and side of the images, such as `3x75`. */
  readonly images: string;
  readonly runtime: string;
  readonly difference: number;
  /** The largest feature. */
  readonly largest: number;
}

const here = (name: string): string =>
  fileURLToPath(new URL(name, import.meta.url));

async function output(
  command: string,
  args: readonly string[],
  cwd?: string,
): Promise<string> {
  const { success, stdout } = await new Deno.Command(command, {
    args: [...args],
    ...(cwd ? { cwd } : {}),
    stderr: "inherit",
  }).output();
  if (!success) throw new UserError(`"${command} ${args[0]}" failed.`);
  return new TextDecoder().decode(stdout);
}

/** A folder with the packages of the browser's check; Node's npm fetches them. */
async function browserFolder(): Promise<string> {
  const pins = await Deno.readTextFile(here("packages.json"));
  const folder = join(cacheFolder(), "interop-browser");
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "package.json"), pins);
  await Deno.copyFile(here("browser.mjs"), join(folder, "browser.mjs"));
  await output("npm", ["install", "--no-audit", "--no-fund"], folder);
  return folder;
}

const results = (text: string): Result[] =>
  text.split("\n").filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));

/** A row for each set of images, a column for each runtime. */
export function interopTable(all: readonly Result[]): string {
  const runtimes = [...new Set(all.map(({ runtime }) => runtime))];
  const sets = [
    ...new Set(all.map(({ network, images }) => `${network} ${images}`)),
  ].sort();
  const rows = sets.map((set) => {
    const own = all.filter(({ network, images }) =>
      `${network} ${images}` === set
    );
    return [
      ...set.split(" "),
      (own[0]?.largest ?? 0).toFixed(1),
      ...runtimes.map((name) =>
        own.find(({ runtime }) => runtime === name)?.difference
          .toExponential(1) ?? "-"
      ),
    ];
  });
  const head = ["network", "images", "largest feature", ...runtimes];
  return markdownTable([head, ...rows]);
}

async function main(): Promise<number> {
  const python = await pythonWith({
    name: "interop",
    requirements: new URL("requirements.txt", import.meta.url),
  });
  const browser = await browserFolder();
  const folder = await Deno.makeTempDir({ prefix: "stopgrad-interop-" });
  try {
    const deno = Deno.execPath();
    await output(deno, ["run", "-A", here("make.ts"), folder]);
    const all = [
      ...results(await output(python, [here("check.py"), folder])),
      ...results(
        await output(deno, ["run", "-A", "browser.mjs", folder], browser),
      ),
    ];
    const table = interopTable(all);
    console.log(table);
    await writeResults(here("results.json"), all);
    await writeResult(new URL("README.md", import.meta.url), table);
    return all.every(({ difference }) => difference <= TOLERANCE) ? 0 : 1;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) await exitWith(main);
