/**
 * @file The documentation as a site of plain files, with search: opens from
 * disk, needs no server and nothing from outside.
 */
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Marked, type Tokens } from "marked";
import MiniSearch from "minisearch";
import { escaped } from "../../lib/markup.ts";
import { frame } from "./frame.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A page of the site. */
export interface Page {
  /** Of its Markdown, below the repository: `docs/data.md`. */
  readonly source: string;
  /** Of its HTML, below the site: `docs/data.html`. */
  readonly path: string;
  readonly title: string;
  readonly text: string;
}

/** A heading and what stands below it, for the search. */
interface Section {
  readonly id: string;
  readonly title: string;
  readonly page: string;
  readonly text: string;
}

function* markdownIn(folder: string): Generator<string> {
  const entries = [...Deno.readDirSync(join(ROOT, folder))];
  for (const { name, isDirectory } of entries) {
    const path = join(folder, name);
    if (isDirectory) yield* markdownIn(path);
    else if (name.endsWith(".md")) yield path;
  }
}

/** `docs/lessons/README.md` to `docs/lessons/index.html`. */
const htmlOf = (source: string): string =>
  source.replace(/README\.md$/, "index.md").replace(/\.md$/, ".html");

/** The README, CONTRIBUTING and every page below `docs/`, by folder and title. */
export function readPages(): readonly Page[] {
  const pages = ["README.md", "CONTRIBUTING.md", ...markdownIn("docs")]
    .map((source): Page => {
      const text = Deno.readTextFileSync(join(ROOT, source));
      const title = /^# (.*)$/m.exec(text)?.[1] ?? source;
      return { source, path: htmlOf(source), title, text };
    });
  const rank = ({ source, title }: Page): string =>
    `${source === "README.md" ? "" : dirname(source)} ${
      source.endsWith("README.md") ? "" : title
    }`;
  return pages.sort((a, b) => rank(a) < rank(b) ? -1 : 1);
}

/** The anchor of a heading, as GitHub makes it. */
export const slug = (heading: string): string =>
  heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");

/** HTML of a page's Markdown; files that the site does not have are no links. */
function render(
  page: Page,
  known: ReadonlyMap<string, string>,
  files: Set<string>,
): { html: string; sections: Section[] } {
  const sections: Section[] = [];
  const seen = new Map<string, number>();
  const here = dirname(page.source);
  /** The address of something that a page names, on the site. */
  const addressOf = (href: string): string | undefined => {
    if (/^(https?:|mailto:|#)/.test(href)) return href;
    const [path = "", anchor] = href.split("#");
    const target = join(here, path);
    const html = known.get(target) ?? known.get(join(target, "README.md"));
    if (html === undefined) return undefined;
    const way = relative(dirname(page.path), html);
    return anchor === undefined ? way : `${way}#${anchor}`;
  };
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }: Tokens.Heading): string {
        const plain = text.replaceAll("`", "");
        const base = slug(plain);
        const times = seen.get(base) ?? 0;
        seen.set(base, times + 1);
        const id = times === 0 ? base : `${base}-${times}`;
        sections.push({
          id: `${page.path}#${id}`,
          title: plain,
          page: page.title,
          text: "",
        });
        const inner = this.parser.parseInline(tokens);
        return `<h${depth} id="${id}">${inner}</h${depth}>\n`;
      },
      link({ href, tokens }: Tokens.Link): string {
        const inner = this.parser.parseInline(tokens);
        const address = addressOf(href);
        return address === undefined
          ? inner
          : `<a href="${escaped(address)}">${inner}</a>`;
      },
      image({ href, text }: Tokens.Image): string {
        const source = join(here, href);
        files.add(source);
        const way = relative(dirname(page.path), source);
        return `<img src="${escaped(way)}" alt="${escaped(text)}">`;
      },
    },
  });
  const html = marked.parse(page.text, { async: false });
  // What stands below each heading of the source, in the same order.
  const parts = page.text.split(/^#{1,6} .*$/m).slice(1);
  return {
    html,
    sections: sections.map((section, i) => ({
      ...section,
      text: (parts[i] ?? "").replaceAll(/[`*|#>\[\]()-]+/g, " "),
    })),
  };
}

/** The search's own script, as its package has it for a page without modules. */
const searchScript = (): string =>
  Deno.readTextFileSync(
    new URL("../umd/index.js", import.meta.resolve("minisearch")),
  );

/** Writes the site. @returns Its pages. */
export async function writeSite(out: string): Promise<readonly Page[]> {
  const pages = readPages();
  const known = new Map(pages.map(({ source, path }) => [source, path]));
  const files = new Set<string>();
  const sections: Section[] = [];
  for (const page of pages) {
    const rendered = render(page, known, files);
    sections.push(...rendered.sections);
    const path = join(out, page.path);
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, frame(page, pages, rendered.html));
  }
  for (const file of files) {
    await Deno.mkdir(dirname(join(out, file)), { recursive: true });
    await Deno.copyFile(join(ROOT, file), join(out, file));
  }
  const index = new MiniSearch<Section>(SEARCH);
  index.addAll(sections);
  await Deno.writeTextFile(
    join(out, "search.js"),
    `${searchScript()}\nconst FOUND = MiniSearch.loadJSON(${
      JSON.stringify(JSON.stringify(index))
    }, ${JSON.stringify(SEARCH)});\n${await Deno.readTextFile(
      new URL("search_box.js", import.meta.url),
    )}`,
  );
  return pages;
}

/** What is searched, and what a hit tells. */
export const SEARCH = {
  fields: ["title", "text"],
  storeFields: ["title", "page"],
  searchOptions: { boost: { title: 3 }, prefix: true, fuzzy: 0.2 },
};
