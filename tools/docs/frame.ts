/** @file What stands around the text of a page: the list of pages, and the search. */
import { dirname, relative } from "node:path";
import { escaped } from "../../lib/markup.ts";
import type { Page } from "./site.ts";

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.55 system-ui, sans-serif; }
body { display: grid; grid-template-columns: 16rem minmax(0, 52rem); gap: 2rem; margin: 1rem; }
nav a, nav b { display: block; padding: .1rem 0; text-decoration: none; }
nav [aria-current] { font-weight: bold; }
nav input { box-sizing: border-box; font: inherit; width: 100%; }
pre { background: color-mix(in srgb, currentColor 7%, transparent); overflow-x: auto; padding: .8rem; }
code { font-size: .9em; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding: .25rem .6rem; text-align: left; }
img { background: white; max-width: 100%; }
@media (max-width: 50rem) { body { grid-template-columns: minmax(0, 1fr); } }
`;

/** Names of the folders that pages lie in. */
const GROUPS: Readonly<Record<string, string>> = {
  ".": "Stopgrad",
  "docs": "Pages",
  "docs/lessons": "Lessons",
  "docs/tutorials": "Tutorials",
};

/** A whole page. */
export function frame(
  page: Page,
  pages: readonly Page[],
  html: string,
): string {
  const from = dirname(page.path);
  const to = (path: string): string => relative(from, path);
  const groups = Map.groupBy(pages, ({ source }) => dirname(source));
  const list = [...groups].map(([folder, some]) => {
    const links = some.map(({ path, title }) =>
      `<a href="${to(path)}"${
        path === page.path ? ' aria-current="page"' : ""
      }>${escaped(title)}</a>`
    );
    return `<b>${GROUPS[folder] ?? folder}</b>${links.join("")}`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(page.title)} · Stopgrad</title>
<style>${STYLE}</style>
</head>
<body>
<nav aria-label="Pages">
<input type="search" aria-label="Search" placeholder="Search" data-root="${
    to(".") || "."
  }">
<div id="hits" role="status"></div>
${list.join("\n")}
</nav>
<main>
${html}
</main>
<script src="${to("search.js")}"></script>
</body>
</html>
`;
}
