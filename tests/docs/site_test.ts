import assert from "@std/assert";
import MiniSearch from "minisearch";
import { dirname, join } from "node:path";
import { SEARCH, writeSite } from "../../tools/docs/site.ts";

/** The site, its pages' HTML by path, and its search index. */
async function site() {
  const out = await Deno.makeTempDir();
  try {
    const pages = await writeSite(out);
    const html = new Map(
      pages.map(({ path }) => [path, Deno.readTextFileSync(join(out, path))]),
    );
    const script = await Deno.readTextFile(join(out, "search.js"));
    const [, json = ""] = /loadJSON\(("(?:[^"\\]|\\.)*")/.exec(script) ?? [];
    const pictures = new Set(
      [...Deno.readDirSync(join(out, "docs/pictures"))].map(({ name }) =>
        join("docs/pictures", name)
      ),
    );
    return { html, pictures, index: JSON.parse(json) as string };
  } finally {
    await Deno.remove(out, { recursive: true });
  }
}

const built = await site();

Deno.test("Every link between pages of the site leads to a page and a heading that are there", () => {
  const dead: string[] = [];
  let links = 0;
  for (const [path, text] of built.html) {
    for (const [, href = ""] of text.matchAll(/href="([^"]+)"/g)) {
      if (/^(https?|mailto):/.test(href)) continue;
      links++;
      const [file = "", anchor] = href.split("#");
      const target = file === "" ? path : join(dirname(path), file);
      const found = built.html.get(target);
      if (
        found === undefined ||
        (anchor !== undefined && !found.includes(`id="${anchor}"`))
      ) dead.push(`${path}: ${href}`);
    }
    for (const [, src = ""] of text.matchAll(/<img src="([^"]+)"/g)) {
      const picture = join(dirname(path), src);
      if (!built.pictures.has(picture)) dead.push(`${path}: ${src}`);
    }
  }
  assert.deepEqual(dead, []);
  assert.ok(links > 500);
});

Deno.test("Pages load nothing from outside", () => {
  for (const [path, text] of built.html) {
    assert.doesNotMatch(text, /(?:src=|url\(|@import\s)["']?https?:/, path);
  }
});

Deno.test("The search finds the heading that one would look for", () => {
  const index = MiniSearch.loadJSON(built.index, SEARCH);
  for (
    const [asked, page] of [
      ["stop-gradient", "docs/lessons/stop_gradient.html"],
      ["webdataset shards", "docs/data.html"],
      ["onnx", "docs/export.html"],
      ["tensorboard", "docs/runs.html"],
    ] as const
  ) {
    const hits = index.search(asked).slice(0, 12).map(({ id }) => String(id));
    assert.ok(
      hits.some((id) => id.startsWith(page)),
      `${asked}: ${hits.join(", ")}`,
    );
  }
});
