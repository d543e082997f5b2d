/** @file One page with pictures in it: each image, and those that are like it. */
import { encodePng } from "../data/libvips.ts";
import type { ImageShape } from "../data/source.ts";
import { escaped } from "../markup.ts";

/** A row of the page. */
export interface SheetRow {
  /** The image that others are compared with. */
  readonly image: number;
  readonly others: readonly {
    readonly image: number;
    readonly similarity: number;
  }[];
}

/** Where names and pictures of images come from. */
export interface Pictures extends ImageShape {
  nameOf(image: number): string;
  decode(image: number): Promise<Uint8Array | undefined>;
}

/** What stands on the page. */
export interface Sheet {
  readonly title: string;
  /** In a line each. */
  readonly about: readonly string[];
  readonly rows: readonly SheetRow[];
}

const STYLE =
  `body{font:14px system-ui,sans-serif;margin:2em;background:#fff;color:#222}`;

/** How rows of pictures are laid out. */
export const SHEET_STYLE =
  `.row{display:flex;flex-wrap:wrap;gap:12px;padding:12px 0;border-top:1px solid #ddd}
.row figure{margin:0;width:112px}.row figure:first-child{outline:2px solid #06c;outline-offset:4px}
.row img{width:112px;height:112px;object-fit:contain;image-rendering:pixelated;background:#eee}
.row figcaption{font-size:11px;overflow-wrap:anywhere}`;

/** Rows of pictures as HTML; pictures are what the encoder saw. */
export async function sheetRows(
  rows: readonly SheetRow[],
  images: Pictures,
): Promise<string> {
  const pictures = new Map<number, string>();
  const { width, height, channels } = images;
  for (const { image, others } of rows) {
    for (const one of [image, ...others.map((other) => other.image)]) {
      if (pictures.has(one)) continue;
      const pixels = await images.decode(one);
      pictures.set(
        one,
        pixels
          ? `data:image/png;base64,${
            (await encodePng(pixels, { width, height, channels })).toString(
              "base64",
            )
          }`
          : "",
      );
    }
  }
  const figure = (image: number, similarity?: number): string => {
    const name = escaped(images.nameOf(image));
    const much = similarity === undefined ? "" : `${similarity.toFixed(4)} `;
    return `<figure><img src="${
      pictures.get(image)
    }" alt="${name}"><figcaption>${much}${name}</figcaption></figure>`;
  };
  return rows.map(({ image, others }) =>
    `<div class="row">${figure(image)}${
      others.map((other) => figure(other.image, other.similarity)).join("")
    }</div>`
  ).join("\n");
}

/** A page that needs no other file. */
export async function sheetHtml(
  { title, about, rows }: Sheet,
  images: Pictures,
): Promise<string> {
  return [
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${
      escaped(title)
    }</title><style>${STYLE}\n${SHEET_STYLE}</style><h1>${escaped(title)}</h1>`,
    ...about.map((line) => `<p>${escaped(line)}</p>`),
    await sheetRows(rows, images),
    "</html>\n",
  ].join("\n");
}
