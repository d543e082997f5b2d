/** @file The studio in a real browser: one start of it, and one small run. */
/// <reference lib="dom" />
import assert from "@std/assert";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { openStudio } from "../../lib/studio/studio.ts";
import { text, trainSmall } from "../encoder/trained.ts";
import { inFolder } from "../end_to_end/cli.ts";
import { openBrowser } from "../helpers/browser.ts";

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
    page.setDefaultTimeout(10_000);
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

      await t.step("it fits a phone, in the dark", async () => {
        await page.setViewportSize({ width: 390, height: 800 });
        await page.emulateMedia({ colorScheme: "dark" });
        for (
          const hash of [
            "runs",
            `run/${id}`,
            `run/${id}/graph`,
            "editor/small.yaml",
          ]
        ) {
          await go(hash);
          await page.waitForSelector("h1");
          await page.waitForLoadState("networkidle").catch(() => {});
          await accessible();
        }
        assert.equal(await darkness(page), true);
      });

      assert.deepEqual(noises, []);
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
