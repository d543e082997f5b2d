/** @file The page's modules and all that they import are served. */
import assert from "@std/assert";
import { pageFile } from "../../lib/studio/page_files.ts";

const IMPORTS =
  /\b(?:import|export)\b[^"';]*?\bfrom\s*"([^"]+)"|\bimport\(\s*"([^"]+)"/g;

Deno.test("Every module that the page imports is served, from its first on", async () => {
  const seen = new Set<string>();
  const visit = async (path: string): Promise<void> => {
    if (seen.has(path)) return;
    seen.add(path);
    const text = await (await pageFile(path, "")).text();
    for (const [, from, later] of text.matchAll(IMPORTS)) {
      const { pathname } = new URL(from ?? later ?? "", `http://x${path}`);
      await visit(pathname);
    }
  };
  await visit("/lib/studio/page/main.ts");
  assert.ok([...seen].some((path) => path.startsWith("/lib/look/draw/")));
  assert.ok([...seen].some((path) => path.startsWith("/npm/")));
  assert.ok(seen.size > 30, `${seen.size} modules`);
});
