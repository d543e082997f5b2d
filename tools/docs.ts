/** @file Builds the docs site: `deno task docs --out FOLDER`. */
import { parseArgs } from "node:util";
import { join } from "node:path";
import { writeSite } from "./docs/site.ts";

const { values: { out = "site" } } = parseArgs({
  options: { out: { type: "string" } },
});
const pages = await writeSite(out);
console.log(`${pages.length} pages, written to ${join(out, "index.html")}`);
