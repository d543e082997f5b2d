/** @file A report: everything of a run on one page, which runs nothing and asks for nothing. */
import assert from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inflateSync } from "node:zlib";
import { Columns } from "../../lib/look/columns.ts";
import { toSvgText } from "../../lib/look/draw/shape.ts";
import { comparedCurves, spectrumOf } from "../../lib/report/figures.ts";
import {
  differences,
  type ReadRun,
  readRun as readFolder,
  runsIn,
} from "../../lib/report/read.ts";
import { printed } from "../cli/console.ts";
import { rejects, withFolder } from "../data/fixtures.ts";
import { contents, trainSmall, writeImages } from "../encoder/trained.ts";
import { openBrowser } from "../helpers/browser.ts";

const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(2)>`;

/** Puts hostile text wherever a run's folder holds text. */
async function poison(run: string): Promise<void> {
  const edit = async (
    file: string,
    change: (text: string) => string,
  ): Promise<void> =>
    await Deno.writeTextFile(
      join(run, file),
      change(await Deno.readTextFile(join(run, file))),
    );
  const key = JSON.stringify(`loss:${HOSTILE}`);
  await edit(
    "metrics.jsonl",
    (text) => text.replaceAll(`{"step"`, `{${key}:0.5,"step"`),
  );
  await edit("pipeline.yaml", (text) => `# ${HOSTILE}\n${text}`);
  await edit("summary.json", (text) =>
    JSON.stringify({
      ...JSON.parse(text),
      verdict: HOSTILE,
      note: HOSTILE,
      alarms: [{
        verdict: HOSTILE,
        step: 3,
        stage: HOSTILE,
        figure: "loss",
        message: HOSTILE,
        cures: [HOSTILE],
      }],
    }));
}

/** How many pictures each page of a PDF draws, of those that draw any. */
function picturesOf(pdf: Uint8Array): number[] {
  const text = new TextDecoder("latin1").decode(pdf);
  const counts: number[] = [];
  for (const { index, 0: mark } of text.matchAll(/stream\r?\n/g)) {
    const from = index + mark.length;
    let content = "";
    try {
      const end = text.indexOf("endstream", from);
      content = inflateSync(pdf.subarray(from, end)).toString("latin1");
    } catch {
      continue; // Something that is not compressed: no page.
    }
    const count = content.match(/\/X\d+ Do\b/g)?.length ?? 0;
    if (count > 0) counts.push(count);
  }
  return counts;
}

Deno.test(
  "A report holds the method, curves, scores beside baselines and neighbours; hostile text stays text; nothing is run or asked for",
  withFolder(async (folder) => {
    const run = await trainSmall(folder, "evaluate: false", ["<b>", "dark"]);
    await writeImages(join(folder, "labelled"), 40, 5);
    await poison(run);
    const before = await contents(run);
    const out = join(folder, "report.html");
    const figures = join(folder, "figures");
    const { code, stdout, stderr } = await printed(
      "report",
      run,
      "--out",
      out,
      "--figures",
      figures,
      "--data",
      join(folder, "labelled"),
      "--device",
      "cpu",
    );
    assert.equal(code, 0, stderr);
    assert.match(stdout, /\d+ figures written to .*\nWritten to /);
    assert.deepEqual(await contents(run), before);
    const html = await Deno.readTextFile(out);
    assert.doesNotMatch(html, /<script|<img src=x/i);
    for (
      const part of [
        /untrained/,
        /raw pixels/,
        /<h4>Protocols<\/h4>/,
        /chance is 50\.0 %/,
        /Nearest images/,
        /<pre># &quot;&gt;&lt;script/,
      ]
    ) assert.match(html, part);
    const drawn = [...Deno.readDirSync(figures)].map(({ name }) => name);
    for (const what of ["_graph.svg", "_loss.svg", "_embedding_std.svg"]) {
      assert.ok(drawn.some((name) => name.endsWith(what)), `${drawn}`);
    }
    const again = await printed("report", run, "--out", out, "--files-only");
    assert.equal(again.code, 2);
    assert.match(again.stderr, /it exists already\.\nAdd --force/);

    const browser = await openBrowser();
    try {
      const page = await browser.newPage({ colorScheme: "dark" });
      const asked: string[] = [];
      page.on("request", (request) => {
        if (!request.url().startsWith("data:")) asked.push(request.url());
      });
      page.on("dialog", (dialog) => assert.fail(dialog.message()));
      const url = pathToFileURL(out).href;
      await page.goto(url);
      assert.deepEqual(asked, [url]);
      // Code for the page, which this process does not check.
      const seen = await page.evaluate(`({
        svgs: document.querySelectorAll("figure svg").length,
        broken: [...document.images].filter((one) => !one.naturalWidth).length,
        pictures: document.images.length,
        dark: getComputedStyle(document.body).backgroundColor,
        text: document.body.innerText,
      })`) as Record<string, unknown>;
      assert.ok(Number(seen["svgs"]) >= 8);
      assert.ok(Number(seen["pictures"]) > 20);
      assert.equal(seen["broken"], 0);
      assert.equal(seen["dark"], "rgb(22, 24, 28)");
      assert.ok(String(seen["text"]).includes(HOSTILE));
      await page.emulateMedia({ colorScheme: "light" });
      await page.setViewportSize({ width: 380, height: 800 });
      const overflow = await page.evaluate(
        "document.documentElement.scrollWidth - innerWidth",
      );
      assert.ok(Number(overflow) <= 0, `${overflow} pixels too wide`);
      await page.emulateMedia({ media: "print", colorScheme: "dark" });
      await page.setViewportSize({ width: 700, height: 900 });
      // Ink on paper, whatever the screen has; nothing beyond the right edge.
      const printed = await page.evaluate(`({
        ink: getComputedStyle(document.querySelector("figure .title")).fill,
        paper: getComputedStyle(document.body).backgroundColor,
        beyond: [...document.querySelectorAll("body *")].filter((one) =>
          one.getBoundingClientRect().right > innerWidth + 1).length,
      })`);
      assert.deepEqual(printed, {
        ink: "rgb(34, 34, 34)",
        paper: "rgb(255, 255, 255)",
        beyond: 0,
      });
      for (const format of ["A4", "Letter"]) {
        const pages = picturesOf(await page.pdf({ format }));
        // Eight rows of eight, none of which a page's end divides.
        assert.equal(pages.reduce((sum, count) => sum + count, 0), 64, format);
        assert.deepEqual(pages.filter((count) => count % 8 !== 0), [], format);
      }
    } finally {
      await browser.close();
    }
  }),
);

/** A run of which only some parts matter. */
function readRun(name: string, parts: Partial<ReadRun> = {}): ReadRun {
  const columns = new Columns();
  for (let step = 1; step <= 40; step++) {
    columns.add({
      step,
      epoch: step / (name === "a" ? 10 : 20),
      loss: 1 / step,
      "gradient_norm:y": 1,
      ...(name === "a" ? { rankme: 4 } : {}),
    });
  }
  return {
    folder: name,
    name,
    settings: { "train.lr": name, seed: "0" },
    pipeline: "",
    columns,
    spectra: [],
    notes: [],
    ...parts,
  };
}

Deno.test("Several runs are told apart by what differs, and drawn over each other by epoch", () => {
  const runs = [readRun("a"), readRun("b")];
  assert.deepEqual(differences(runs), { "train.lr": ["a", "b"] });
  const figures = comparedCurves(runs);
  // What one run alone has is not compared.
  assert.deepEqual(figures.map(({ key }) => key), ["loss", "gradient_norm:y"]);
  const svg = toSvgText(figures[0]!.drawn);
  assert.match(svg, /epoch/);
  assert.equal(svg.match(/<polyline/g)?.length, 2);
});

Deno.test("A spectrum is drawn for some steps of the run; of none there is no figure", () => {
  assert.equal(spectrumOf(readRun("a")), undefined);
  const spectra = Array.from({ length: 20 }, (_, i) => ({
    step: 10 * (i + 1),
    covariance: [4, 2, 1, 0],
  }));
  const svg = toSvgText(spectrumOf(readRun("a", { spectra }))!.drawn);
  assert.equal(svg.match(/<polyline/g)?.length, 6);
  assert.match(svg, />step 10</);
  assert.match(svg, />step 200</);
});

Deno.test(
  "What is no run is refused, and so are too many",
  withFolder(async (folder) => {
    await rejects(runsIn([folder]), /it is not the folder of a run/);
    for (let i = 0; i < 13; i++) {
      const run = join(folder, "many", `${i}`);
      await Deno.mkdir(run, { recursive: true });
      await Deno.writeTextFile(join(run, "run.json"), "{}");
    }
    const many = join(folder, "many");
    assert.equal((await runsIn([join(many, "3"), join(many, "3")])).length, 1);
    await rejects(runsIn([many]), /13 runs on one page: 12 are the most/);
    await rejects(readFolder(join(many, "3")), /its run\.json is damaged/);
  }),
);
