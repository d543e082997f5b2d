/**
 * @file How the studio does with the embeddings of tens of thousands of images:
 * how long until they are seen, laid out by UMAP, seen again from the cache,
 * what moving them takes, and memory; in the real Chromium.
 *
 * `deno run -A bench/studio/embeddings.ts FOLDER [images]`, where the folder
 * has images as `<class>/<image>`, all of one size.
 */
import { join, resolve } from "node:path";
import { cpuUsage } from "node:process";
import type { Page } from "playwright-core";
import { openStudio } from "../../lib/studio/studio.ts";
import { checkPipeline } from "../../lib/pipeline/load.ts";
import { train } from "../../lib/train/train.ts";
import { openBrowser } from "../../tests/helpers/browser.ts";
import { markdownTable } from "../markdown.ts";
import { AT_REST, framesOf } from "./frames.ts";

const [given, most = "50000"] = Deno.args;
if (!given) {
  console.error("Name the folder of the images.");
  Deno.exit(2);
}
const IMAGES = Number(most);
/** What the page offers that takes them all. */
const MOST = ["1000", "5000", "20000", "50000"]
  .find((one) => Number(one) >= IMAGES) ?? "50000";
/** Few images, as for a trial, make small batches. */
const BATCH = Math.min(128, Math.floor(IMAGES / 2));

/** A network of 128 features, after a few steps: what it has learnt is not the matter. */
const PIPELINE = `name: embedded
data: { source: folder, path: ${
  JSON.stringify(resolve(given))
}, size: 32, batch: ${BATCH} }
stages:
  views: { augment: [{ random_resized_crop: { scale: [0.3, 1] } }, horizontal_flip], of: image, count: 2 }
  y: { encode: resnet, of: views, width: 32, blocks: [1, 1, 1], stem: imagenet }
  z: { project: mlp, of: y, hidden: 64, out: 64, batch_norm: all }
  p: { predict: mlp, of: z, hidden: 16, out: 64 }
  loss: { loss: cosine, between: [p, stop_gradient(z)], pairs: cross }
train: { steps: 30, optimizer: { sgd: { lr: 0.1 } } }
monitor: { collapse: warn }
evaluate: false
`;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

const folder = await Deno.makeTempDir({ prefix: "stopgrad-embeddings-" });
const runs = join(folder, "runs");
const cache = join(folder, "cache");
const rows: [string, string][] = [];

/** What the page says until it says something, with the time of each. */
async function told(page: Page, until: RegExp): Promise<Map<string, number>> {
  const begun = performance.now();
  const found = new Map<string, number>();
  while (true) {
    const text = await page.locator("main [role=status]").first().innerText()
      .catch(() => "");
    const task = text.split("…")[0] ?? "";
    if (!found.has(task)) found.set(task, performance.now() - begun);
    if (until.test(text)) return found;
    await page.waitForTimeout(50);
  }
}

async function look(id: string, first: boolean): Promise<void> {
  const before = Deno.memoryUsage().rss;
  const busy = cpuUsage();
  const studio = await openStudio({ runs, cache });
  const browser = await openBrowser();
  const page = await browser.newPage({
    viewport: { width: 1300, height: 900 },
  });
  page.setDefaultTimeout(3_600_000);
  page.on("pageerror", (error) => console.error(`page: ${error.message}`));
  const how = first ? "at first" : "again, from the cache";
  try {
    await page.goto(`${studio.url}#/run/${encodeURIComponent(id)}/embeddings`);
    await page.getByLabel("Images").selectOption("train");
    await page.getByLabel("at most").selectOption(MOST);
    const shown = new RegExp(`${IMAGES.toLocaleString("en-US")} embeddings`);
    const tasks = await told(page, shown);
    await page.evaluate(AT_REST);
    rows.push([
      `asked for, to the first picture, ${how}`,
      seconds(Math.max(...tasks.values())),
    ]);
    if (first) {
      const times = [...tasks];
      times.forEach(([task, from], i) => {
        const to = times[i + 1]?.[1];
        if (to !== undefined && task) {
          rows.push([`– ${task.toLowerCase()}`, seconds(to - from)]);
        }
      });
    }
    const umap = page.getByRole("button", { name: "UMAP" });
    const begun = performance.now();
    await page.getByRole("button", { name: "UMAP", disabled: false }).waitFor();
    rows.push([
      `from there to UMAP, ${how}`,
      seconds(performance.now() - begun),
    ]);
    if (!first) return;
    rows.push([
      "CPU time of all this",
      seconds(cpuUsage(busy).user / 1000),
    ]);
    rows.push([
      "memory that the studio takes",
      megabytes(Deno.memoryUsage().rss - before),
    ]);
    await umap.click();
    await page.evaluate(AT_REST);
    const box = await page.locator(".scatter canvas").first().boundingBox();
    if (!box) throw new Error("no canvas");
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x, y);
    const moved = async (name: string, move: () => Promise<void>) =>
      rows.push([
        `between frames while ${name} (median, 95th percentile, most)`,
        await framesOf(page, move),
      ]);
    await moved("moving the plane", async () => {
      await page.mouse.down();
      for (let i = 0; i < 90; i++) {
        await page.mouse.move(x + 200 * Math.sin(i / 9), y + i);
      }
      await page.mouse.up();
    });
    await moved("zooming", async () => {
      for (let i = 0; i < 40; i++) await page.mouse.wheel(0, i < 20 ? -60 : 60);
    });
    await moved("pointing at points", async () => {
      for (let i = 0; i < 90; i++) {
        await page.mouse.move(x + 2 * i, y + 40 * Math.sin(i / 9));
      }
    });
    const asked = performance.now();
    await page.getByLabel("Neighbours of point").fill("7");
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await page.waitForSelector(".grid-of-images li:nth-child(24)");
    rows.push([
      "neighbours of a picture, asked for and shown",
      `${(performance.now() - asked).toFixed(0)} ms`,
    ]);
    const heap = await page.evaluate("performance.memory.usedJSHeapSize");
    rows.push(["memory of the page's script", megabytes(Number(heap))]);
    const picture = Deno.env.get("PICTURE");
    if (picture) await page.screenshot({ path: picture });
  } finally {
    await browser.close();
    await studio.close();
  }
}

try {
  const file = join(folder, "embedded.yaml");
  await Deno.writeTextFile(file, PIPELINE);
  const { loaded, text } = await checkPipeline(file);
  if (!loaded) throw new Error(text);
  const { folder: run } = await train(loaded, { runsDir: runs, device: "cpu" });
  const id = run.slice(runs.length + 1);
  await look(id, true);
  await look(id, false);
} finally {
  await Deno.remove(folder, { recursive: true });
}
console.log(markdownTable([
  [`${IMAGES.toLocaleString("en-US")} images`, "time"],
  ...rows,
]));
