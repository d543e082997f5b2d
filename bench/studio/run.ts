/**
 * @file How the studio does with 1,000,000 steps: how long the file is read,
 * what a zoom takes, and the times of frames, in the real Chromium.
 *
 * `deno run -A bench/studio/run.ts [rows]`
 */
import { join } from "node:path";
import { cpuUsage } from "node:process";
import { markdownTable } from "../markdown.ts";
import { openBrowser } from "../../tests/helpers/browser.ts";
import { openStudio } from "../../lib/studio/studio.ts";
import { at, AT_REST, framesOf, ms } from "./frames.ts";

const ROWS = Number(Deno.args[0] ?? 1_000_000);
const STAGES = ["y", "z", "p"];

/** Lines as a run of SimSiam writes them: eleven columns, some every 20 steps. */
function line(step: number): string {
  const wave = Math.sin(step / 5000) + Math.sin(step * 12.9898) / 3;
  return `${
    JSON.stringify({
      step,
      epoch: step / 1000,
      seconds: step / 20,
      lr: 0.1 * (1 + Math.cos(Math.PI * step / ROWS)) / 2,
      loss: -0.6 + wave / 10,
      embedding_std: step === 777_777 ? 0.01 : 0.95 + wave / 100,
      gradient_norm: Math.exp(wave),
      ...Object.fromEntries(
        STAGES.map((stage) => [`gradient_norm:${stage}`, Math.exp(wave) / 2]),
      ),
      ...(step % 20 === 0 ? { correlation_rank: 9 + wave } : {}),
    })
  }\n`;
}

async function write(runs: string): Promise<number> {
  const run = join(runs, "long", "one");
  await Deno.mkdir(run, { recursive: true });
  await Deno.writeTextFile(
    join(run, "run.json"),
    JSON.stringify({
      id: "x",
      baseDir: "/",
      pipeline: { name: "long", data: { batch: 256 }, stages: {} },
    }),
  );
  // The monitors judge it as they would have.
  await Deno.copyFile(
    new URL("../../pipelines/simsiam.yaml", import.meta.url),
    join(run, "pipeline.yaml"),
  );
  using file = await Deno.open(join(run, "metrics.jsonl"), {
    write: true,
    create: true,
  });
  const encoder = new TextEncoder();
  let bytes = 0;
  for (let step = 1; step <= ROWS; step += 10_000) {
    let text = "";
    for (let i = step; i < Math.min(step + 10_000, ROWS + 1); i++) {
      text += line(i);
    }
    const part = encoder.encode(text);
    for (let at = 0; at < part.length;) {
      at += await file.write(part.subarray(at));
    }
    bytes += part.length;
  }
  return bytes;
}

const folder = await Deno.makeTempDir({ prefix: "stopgrad-studio-" });
const rows: [string, string][] = [];
try {
  const bytes = await write(folder);
  const studio = await openStudio({ runs: folder });
  const { origin, searchParams } = new URL(studio.url);
  const token = searchParams.get("token") ?? "";
  const id = encodeURIComponent("long/one");
  const ask = async (path: string): Promise<[number, number]> => {
    const begun = performance.now();
    const response = await fetch(`${origin}/api/${path}`, {
      headers: { "x-token": token },
    });
    const { length } = await response.text();
    return [performance.now() - begun, length];
  };
  const before = Deno.memoryUsage().rss;
  const begun = performance.now();
  const busy = cpuUsage();
  const [first] = await ask(`run?id=${id}`);
  rows.push(["the first answer, with what was read by then", ms(first)]);
  for (let read = 0; read < ROWS;) {
    const response = await fetch(`${origin}/api/run?id=${id}`, {
      headers: { "x-token": token },
    });
    const run = await response.json();
    read = run.rows;
    if (read === ROWS && run.thresholds.length === 0) {
      throw new Error("the monitors did not judge it");
    }
  }
  rows.push([
    `the file, ${(bytes / 1e6).toFixed(0)} MB, read and judged to its end`,
    `${ms(performance.now() - begun)}, of which ${
      ms(cpuUsage(busy).user / 1000)
    } of CPU`,
  ]);
  rows.push([
    "memory that it takes",
    `${((Deno.memoryUsage().rss - before) / 1e6).toFixed(0)} MB`,
  ]);
  for (
    const [name, range] of [
      ["all of a column", ""],
      ["a tenth of it", `&from=${ROWS * 0.7}&to=${ROWS * 0.8}`],
      ["a hundredth", `&from=${ROWS * 0.77}&to=${ROWS * 0.78}`],
    ] as const
  ) {
    const times: number[] = [];
    let size = 0;
    for (let i = 0; i < 10; i++) {
      const [time, length] = await ask(
        `run/series?id=${id}&keys=loss&width=560${range}`,
      );
      times.push(time);
      size = length;
    }
    times.sort((a, b) => a - b);
    rows.push([
      `${name} in 560 pixels, asked of the server (median of 10)`,
      `${ms(at(times, 0.5))}, ${(size / 1000).toFixed(0)} kB`,
    ]);
  }
  const browser = await openBrowser();
  const page = await browser.newPage({
    viewport: { width: 1300, height: 900 },
  });
  const opened = performance.now();
  await page.goto(`${studio.url}#/run/${id}`);
  await page.waitForSelector(".plot .curve");
  rows.push([
    "the page opened, to its first curve",
    ms(performance.now() - opened),
  ]);
  await page.waitForTimeout(1500);
  const plot = page.locator(".plot").first();
  const zooms: number[] = [];
  const zoomed = await framesOf(page, async () => {
    for (let i = 0; i < 12; i++) {
      const begun = performance.now();
      await plot.press(i < 9 ? "+" : "ArrowRight");
      await page.evaluate(AT_REST);
      zooms.push(performance.now() - begun);
      await page.waitForTimeout(250);
    }
  });
  zooms.sort((a, b) => a - b);
  rows.push([
    "a key pressed, to all charts of the window drawn (median, most of 12)",
    `${ms(at(zooms, 0.5))}, ${ms(zooms.at(-1) ?? 0)}`,
  ]);
  rows.push([
    "between frames while zooming and moving (median, 95th percentile, most)",
    zoomed,
  ]);
  // Follows a run that goes on.
  await plot.press("0");
  await page.waitForTimeout(800);
  const path = join(folder, "long", "one", "metrics.jsonl");
  const followed = await framesOf(page, async () => {
    for (let i = 0; i < 20; i++) {
      let text = "";
      for (let j = 1; j <= 10; j++) text += line(ROWS + 10 * i + j);
      await Deno.writeTextFile(path, text, { append: true });
      await page.waitForTimeout(100);
    }
  });
  rows.push([
    "between frames while steps come in, 200 of them in 2 s (same)",
    followed,
  ]);
  await browser.close();
  await studio.close();
} finally {
  await Deno.remove(folder, { recursive: true });
}
console.log(`${ROWS.toLocaleString("en-US")} rows\n`);
console.log(markdownTable([["what", "time"], ...rows]));
