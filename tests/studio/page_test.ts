/** @file The studio in a real browser: one start of it, and one small run. */
/// <reference lib="dom" />
import assert from "@std/assert";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { openStudio } from "../../lib/studio/studio.ts";
import { text, trainSmall } from "../encoder/trained.ts";
import { inFolder } from "../end_to_end/cli.ts";
import { openBrowser } from "../helpers/browser.ts";
import {
  assertLeft,
  leaveByMenu,
  leaveWhileAsking,
  leavings,
} from "./leaving.ts";

const HOSTILE = "<img src=x onerror=alert(1)>";

/** A run of a stranger, whose names are markup, on its way to a collapse. */
async function writeHostile(runs: string): Promise<string> {
  const run = join(runs, "strange", "one");
  await Deno.mkdir(run, { recursive: true });
  await Deno.writeTextFile(
    join(run, "run.json"),
    JSON.stringify({
      id: HOSTILE,
      baseDir: "/nowhere",
      pipeline: { name: HOSTILE, data: { batch: 8 }, stages: {} },
    }),
  );
  await Deno.writeTextFile(
    join(run, "metrics.jsonl"),
    Array.from({ length: 30 }, (_, i) => strangeLine(i + 1)).join(""),
  );
  return run;
}

/** A grid of four points that have ended, and the run of the first. */
async function writeSweep(runs: string): Promise<void> {
  const sweep = join(runs, "grid", "2026");
  const points = [0.1, 0.2].flatMap((lr) =>
    [16, 32].map((batch) => ({ lr, batch }))
  ).map(({ lr, batch }, i) => ({
    name: `lr=${lr}, batch=${batch}`,
    row: `lr=${lr}, batch=${batch}`,
    folder: `0${i + 1}`,
    changes: { "train.optimizer.sgd.lr": lr, "data.batch": batch },
    result: {
      end: "finished",
      summary: {
        verdict: i === 3 ? "collapsed" : "healthy",
        knn: lr * batch / 100,
      },
    },
  }));
  await Deno.mkdir(join(sweep, "01"), { recursive: true });
  await Deno.writeTextFile(
    join(sweep, "sweep.json"),
    JSON.stringify({ pipeline: "grid", points }),
  );
  await Deno.writeTextFile(
    join(sweep, "01", "run.json"),
    JSON.stringify({
      id: "g",
      baseDir: "/nowhere",
      pipeline: { name: "grid", seed: 7, data: { batch: 16 }, stages: {} },
    }),
  );
  await Deno.writeTextFile(
    join(sweep, "01", "metrics.jsonl"),
    Array.from(
      { length: 6 },
      (_, i) =>
        `${
          JSON.stringify({ step: i + 1, epoch: (i + 1) / 3, loss: 1 - i / 9 })
        }\n`,
    ).join(""),
  );
}

const strangeLine = (step: number): string =>
  `${
    JSON.stringify({
      step,
      epoch: step / 10,
      seconds: step / 2,
      loss: step === 7 ? null : 1 / step,
      [`${HOSTILE}:a`]: step,
      [`${HOSTILE}:b`]: -step,
    })
  }\n`;

/** What an assistive technology would find wrong with a page. */
const WRONGS = `(() => {
  const named = (e) => (e.getAttribute("aria-label") || e.textContent || e.title ||
    e.labels?.[0]?.textContent || "").trim() !== "";
  const shown = (e) => e.getClientRects().length > 0;
  const wrongs = [];
  for (const e of document.querySelectorAll("button, a[href], input, select, [tabindex='0'], [role=button]")) {
    if (shown(e) && !named(e)) wrongs.push("no name: " + e.outerHTML.slice(0, 80));
  }
  for (const e of document.querySelectorAll("img:not([alt])")) wrongs.push("no alt: " + e.src.slice(0, 60));
  if (document.querySelectorAll("h1").length !== 1) wrongs.push("h1");
  if (!document.documentElement.lang) wrongs.push("lang");
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 1) {
    const beyond = [...document.querySelectorAll("main *")].find((e) =>
      e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, .cm-editor, pre"));
    wrongs.push("wider by " + wide + ": " + location.hash + beyond?.outerHTML.slice(0, 200));
  }
  return wrongs;
})()`;

Deno.test("The studio shows a run in a browser, by keyboard too, on a phone, and lets no stranger's text act", async (t) => {
  await inFolder(async (folder) => {
    const run = await trainSmall(folder);
    const runs = join(folder, "runs");
    const strange = await writeHostile(runs);
    await writeSweep(runs);
    await Deno.writeTextFile(
      join(folder, "own.yaml"),
      text().replace("loss: cosine", "loss: ./mine.ts"),
    );
    await Deno.writeTextFile(
      join(folder, "mine.ts"),
      `import { defineLoss } from "stopgrad"; import { z } from "zod";
import * as tf from "@tensorflow/tfjs";
export default defineLoss({ name: "mine", summary: "Mine", negatives: "none",
  options: z.strictObject({}),
  apply: (a, b) => tf.mean(tf.square(tf.sub(a, b))) as tf.Scalar });
`,
    );
    const studio = await openStudio({
      runs,
      pipelines: folder,
      cache: join(folder, "cache"),
    });
    const browser = await openBrowser();
    const page = await browser.newPage({
      viewport: { width: 1200, height: 900 },
    });
    const noises: string[] = [];
    page.on("pageerror", (error) => noises.push(error.message));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) {
        noises.push(message.text());
      }
    });
    page.on("request", (request) => {
      const { origin } = new URL(studio.url);
      if (
        !request.url().startsWith(origin) && !request.url().startsWith("data:")
      ) {
        noises.push(`asks ${request.url()}`);
      }
    });
    page.on("dialog", (dialog) => {
      noises.push("a dialog");
      void dialog.dismiss();
    });
    // A machine that computes other things, too, is slow; a fault shows all the same.
    page.setDefaultTimeout(60_000);
    const id = encodeURIComponent(run.slice(runs.length + 1));
    const go = async (hash: string): Promise<void> => {
      await page.goto(`${studio.url}#/${hash}`);
    };
    const accessible = async (): Promise<void> =>
      assert.deepEqual(await page.evaluate(WRONGS), []);
    try {
      await t.step("the table is sorted and filtered", async () => {
        await go("runs");
        await page.waitForSelector("table.runs tbody tr:nth-child(2)");
        assert.equal(await page.getByText(HOSTILE, { exact: true }).count(), 1);
        await page.getByRole("button", { name: "Run", exact: true }).press(
          "Enter",
        );
        const first = () =>
          page.locator("table.runs tbody tr").first().innerText();
        const before = await first();
        await page.getByRole("button", { name: "Run", exact: true }).press(
          "Enter",
        );
        assert.notEqual(await first(), before);
        await page.getByRole("searchbox").fill("small");
        assert.equal(await page.locator("table.runs tbody tr").count(), 1);
        await accessible();
      });

      await t.step(
        "a run's curves have thresholds, go on, and are zoomed by keys",
        async () => {
          await go(`run/${id}`);
          await page.waitForSelector(".limit", { state: "attached" });
          await go(`run/${encodeURIComponent("strange/one")}`);
          const loss = page.locator(".plot").first();
          await page.waitForFunction(() =>
            document.querySelector(".plot")?.getAttribute("aria-label")
              ?.includes("to 0.0333")
          );
          // The step whose loss was no number is told of.
          assert.match(
            await loss.getAttribute("aria-label") ?? "",
            /no numbers/,
          );
          await Deno.writeTextFile(
            join(strange, "metrics.jsonl"),
            strangeLine(31) + strangeLine(32) + strangeLine(50),
            { append: true },
          );
          await page.waitForFunction(() =>
            document.querySelector(".plot")?.getAttribute("aria-label")
              ?.includes("to 0.02")
          );
          await loss.press("+");
          await page.waitForFunction(() =>
            document.querySelector(".plot")?.getAttribute("aria-label")
              ?.includes("from 0.07")
          );
          await loss.press("0");
          await accessible();
        },
      );

      await t.step("the graph's stages are chosen by keyboard", async () => {
        await go(`run/${id}/graph`);
        const stage = page.getByRole("button", { name: /^y: encode/ });
        await stage.press("Enter");
        await page.waitForSelector(".stage table");
        assert.match(await page.locator(".stage").innerText(), /hidden\s+6/);
        assert.match(await stage.getAttribute("aria-label") ?? "", /gradient/);
        await page.getByRole("button", { name: /^Measure spread/ }).click();
        await page.getByRole("button", { name: /^Measured at step/ }).waitFor();
        assert.match(await stage.getAttribute("aria-label") ?? "", /spread/);
        await accessible();
      });

      await t.step("embeddings have pictures and neighbours", async () => {
        await go(`run/${id}/embeddings`);
        await page.getByRole("button", { name: "UMAP", disabled: false })
          .waitFor();
        assert.match(
          await page.locator("main").innerText(),
          /24 embeddings of y, 5 features/,
        );
        await page.getByRole("button", { name: "Show", exact: true }).click();
        await page.waitForSelector(".grid-of-images li:nth-child(24)");
        const drawn = await page.evaluate(
          `[...document.querySelectorAll(".grid-of-images img")].slice(0, 3).every((one) => one.complete || one.loading === "lazy")`,
        );
        assert.equal(drawn, true);
        await accessible();
      });

      await t.step(
        "a lasso around the points shows their pictures",
        async () => {
          const said = page.getByText(/images are selected/);
          await page.getByRole("button", { name: "Lasso" }).click();
          const around = async (share: number): Promise<void> => {
            const box = await page.locator("canvas").first().boundingBox();
            if (!box) throw new Error("no canvas");
            const at = (x: number, y: number): [number, number] => [
              box.x + 2 + x * share * (box.width - 4),
              box.y + 2 + y * (box.height - 4),
            ];
            await page.mouse.move(...at(0, 0));
            await page.mouse.down();
            for (const [x, y] of [[1, 0], [1, 1], [0, 1], [0, 0]] as const) {
              await page.mouse.move(...at(x, y), { steps: 4 });
            }
            await page.mouse.up();
          };
          const selected = async (): Promise<number> =>
            Number(/\d+/.exec(await said.innerText())?.[0]);
          await around(1);
          await said.waitFor();
          assert.equal(await selected(), 24);
          assert.equal(await page.locator(".grid-of-images li").count(), 24);
          // A line down the middle: some are on either side.
          await around(0.5);
          await page.waitForFunction(
            `!/^24 images are/.test([...document.querySelectorAll("p, [role=status]")].map((e) => e.textContent).find((text) => /images are selected/.test(text)) ?? "24 images are")`,
          );
          const half = await selected();
          assert.ok(half > 0 && half < 24, `${half}`);
          assert.equal(await page.locator(".grid-of-images li").count(), half);
        },
      );

      await t.step(
        "the spectrum is there from the first check on",
        async () => {
          await go(`run/${id}/spectrum`);
          const slider = page.getByLabel("Step whose spectrum is shown");
          await slider.waitFor();
          const written = (await Deno.readTextFile(join(run, "spectrum.jsonl")))
            .trim().split("\n").map((line) => JSON.parse(line).step);
          assert.deepEqual(written, [3, 6]);
          await accessible();
        },
      );

      await t.step("a sweep is a heat map of what was varied", async () => {
        await go("sweeps");
        await page.getByRole("link", { name: "grid" }).first().click();
        const heat = page.locator("table.heat");
        await heat.waitFor();
        const cells = heat.locator("tbody td");
        assert.equal(await cells.count(), 4);
        assert.deepEqual(
          (await cells.allInnerTexts()).map((cell) => cell.split(/\s/)[0]),
          ["1.6", "3.2", "3.2", "6.4"],
        );
        assert.match(await cells.last().innerText(), /1 with a fault/);
        const colours = await cells.evaluateAll((all) =>
          all.map((one) => getComputedStyle(one as Element).backgroundColor)
        );
        assert.equal(new Set(colours).size, 3);
        await accessible();
      });

      await t.step(
        "runs that are marked are laid over each other",
        async () => {
          await go("runs");
          await page.getByRole("searchbox").fill("");
          await page.getByLabel(/^Compare small/).check();
          await page.getByLabel(/^Compare grid/).check();
          await page.getByRole("link", { name: "Compare 2 runs" }).click();
          await page.getByRole("heading", { name: "Compare 2 runs" }).waitFor();
          // A line for each, in colours that differ.
          const lines = page.locator(".plot").first().locator("polyline");
          await lines.nth(1).waitFor({ state: "attached" });
          const colours = await lines.evaluateAll((all) =>
            all.map((one) => (one as Element).getAttribute("stroke"))
          );
          assert.equal(new Set(colours).size, 2, colours.join());
          // Both, beside each other.
          const settings = page.getByLabel("Scores and settings");
          assert.match(
            await settings.innerText(),
            /small\s+grid\s+verdict\t.+\t(not ended|training)/,
          );
          await accessible();
        },
      );

      await t.step("views are drawn, and others by a button", async () => {
        await go(`run/${id}/views`);
        const view = page.locator("table.views tbody img").nth(1);
        await view.waitFor();
        const before = await view.getAttribute("src");
        await page.getByRole("button", { name: "Draw others" }).click();
        await page.getByText("Random numbers of step 1.").waitFor();
        assert.notEqual(
          await page.locator("table.views tbody img").nth(1).getAttribute(
            "src",
          ),
          before,
        );
        await accessible();
      });

      await t.step(
        "the editor tells what is wrong at its column, and draws what is right",
        async () => {
          await Deno.writeTextFile(
            join(folder, "wrong.yaml"),
            text().replace("of: views", "of: vews"),
          );
          await go("editor/wrong.yaml");
          await page.getByText(/5:25 error: .*vews.* \[unknown-reference\]/)
            .waitFor();
          assert.equal(
            await page.getByRole("button", { name: "Run" }).isDisabled(),
            true,
          );
          await go("editor/small.yaml");
          await page.waitForSelector(".editing g.node");
          assert.equal(
            await page.getByRole("button", { name: "Run" }).isDisabled(),
            false,
          );
          await page.getByRole("tab", { name: "Plan" }).click();
          await page.getByText("Plan of a step").waitFor();
          await accessible();
        },
      );

      await t.step(
        "a button trains what is written, but no module of its own",
        async () => {
          const press = page.getByRole("button", { name: "Run", exact: true });
          await press.click();
          const ended = page.getByText("Run of small.yaml: ended with exit");
          await ended.waitFor({ timeout: 120_000 });
          assert.match(await ended.innerText(), /exit code 0$/);
          await ended.click();
          const curves = page.getByRole("link", { name: "Its curves" });
          const [, made = ""] = /#\/run\/(.*)/.exec(
            await curves.getAttribute("href") ?? "",
          ) ?? [];
          assert.notEqual(made, id);
          await curves.click();
          await page.locator(".plot").first().waitFor();
          await go("editor/own.yaml");
          await press.click();
          await page.getByText(/names a module of its own.*--own-modules/)
            .waitFor();
          await accessible();
        },
      );

      await t.step("it fits a phone, in the dark", async () => {
        await page.setViewportSize({ width: 390, height: 800 });
        await page.emulateMedia({ colorScheme: "dark" });
        const shown: Readonly<Record<string, string>> = {
          runs: "table.runs",
          [`run/${id}`]: ".plot svg",
          [`run/${id}/graph`]: "g.node",
          "editor/small.yaml": ".editing g.node",
        };
        for (const [hash, seen] of Object.entries(shown)) {
          await go(hash);
          await page.waitForSelector(seen);
          await accessible();
        }
        assert.equal(await darkness(page), true);
      });

      await t.step(
        "pages are left at any time without an error, and none comes back",
        async () => {
          const all = leavings(
            id,
            encodeURIComponent("grid/2026"),
            "small.yaml",
          );
          for (const leaving of all) {
            const what = `${leaving.hash}, asking ${leaving.asks}`;
            const before = noises.length;
            await leaveWhileAsking(
              page,
              leaving,
              studio.url,
              () => leaveByMenu(page, studio.url),
            );
            await assertLeft(page, what);
            assert.deepEqual(noises.slice(before), [], what);
          }
          // Closed, or gone to another site, in the middle.
          for (const asks of ["run/series", "embedding/points"]) {
            const leaving = all.find((one) => one.asks === asks);
            if (!leaving) throw new Error(asks);
            await leaveWhileAsking(page, leaving, studio.url, async () => {
              await page.goto("about:blank");
            });
          }
        },
      );

      // Two questions about a module of one's own are refused.
      const expected = /status of 403/;
      assert.deepEqual(noises.filter((one) => !expected.test(one)), []);
    } finally {
      await browser.close();
      await studio.close();
    }
  });
});

/** Whether the page has light text on a dark ground. */
const darkness = (page: Page): Promise<boolean> =>
  page.evaluate(
    `Number(/\\d+/.exec(getComputedStyle(document.body).backgroundColor)[0]) < 60`,
  );
